"""Customer managed policies and their versions.

Source: AWS IAM API Reference; each function is the action of its name. There
are no policies of AWS's own here: whatever grants something stands in the
account where it can be read.
"""

from dataclasses import replace

from securecart.iam.call import Call, Change, Result
from securecart.iam.entities import (
    Group,
    ManagedPolicy,
    PolicyVersion,
    Role,
    User,
)
from securecart.iam.errors import (
    DeleteConflict,
    EntityAlreadyExists,
    LimitExceeded,
    NoSuchEntity,
)
from securecart.iam.find import policy_in
from securecart.iam.ids import unique_id
from securecart.iam.paging import page, under
from securecart.iam.rules import (
    MAX_POLICY_NAME,
    checked_description,
    checked_managed_policy,
    checked_name,
    checked_path,
    tags_from,
)
from securecart.iam.shapes import (
    policy_shape,
    version_shape,
    whole_policy_shape,
)
from securecart.names.entities import EntityReader

_MAX_VERSIONS = 5  # IAM User Guide, "Versioning IAM policies".


def create_policy(change: Change) -> Result:
    """Create a managed policy with its first version."""
    name = checked_name(change.text("PolicyName"), "policyName", MAX_POLICY_NAME)
    now = change.now.replace(microsecond=0)
    document = checked_managed_policy(change.text("PolicyDocument"))
    policy = ManagedPolicy(
        account=change.account,
        name=name,
        path=checked_path(change.optional("Path", "/")),
        policy_id=unique_id("ANPA", change.random),
        created=now,
        updated=now,
        versions=(PolicyVersion("v1", document, now),),
        default_version_id="v1",
        next_version=2,
        description=checked_description(change.optional("Description")),
        tags=tags_from(change.parameters.get("Tags", ())),
    )
    if change.store.get(ManagedPolicy, policy.key) is not None:
        raise EntityAlreadyExists(
            f"A policy called {name} already exists. Duplicate names are not allowed."
        )
    change.store.put(policy)
    return {"Policy": policy_shape(policy, attachments=0, boundaries=0)}


def get_policy(call: Call) -> Result:
    """Answer one managed policy, without its document."""
    policy = policy_in(call)
    uses = Uses(call.store)
    return {
        "Policy": whole_policy_shape(
            policy,
            attachments=uses.attached.count(policy.arn),
            boundaries=uses.bounding.count(policy.arn),
        )
    }


def list_policies(call: Call) -> Result:
    """Answer the managed policies under a path."""
    uses = Uses(call.store)
    usage = call.optional("PolicyUsageFilter", "PermissionsPolicy")
    used = uses.bounding if usage == "PermissionsBoundary" else uses.attached
    policies: list[ManagedPolicy] = under(call, call.store.list(ManagedPolicy))
    if call.optional("Scope", "All") == "AWS":
        policies = []
    if call.parameters.get("OnlyAttached") or "PolicyUsageFilter" in call.parameters:
        policies = [policy for policy in policies if policy.arn in used]
    return page(
        call,
        "Policies",
        {
            policy.key: policy_shape(
                policy,
                attachments=uses.attached.count(policy.arn),
                boundaries=uses.bounding.count(policy.arn),
            )
            for policy in policies
        },
    )


def delete_policy(change: Change) -> Result:
    """Delete a managed policy that nothing uses, with its only version."""
    policy = policy_in(change)
    uses = Uses(change.store)
    if policy.arn in uses.attached or policy.arn in uses.bounding:
        raise DeleteConflict("Cannot delete a policy attached to entities.")
    if len(policy.versions) > 1:
        raise DeleteConflict(
            "This policy has more than one version. Before you delete a policy, you"
            " must delete the policy's versions. The default version is deleted with"
            " the policy."
        )
    change.store.delete(ManagedPolicy, policy.key)
    return {}


def create_policy_version(change: Change) -> Result:
    """Add a version, and put it in force where `SetAsDefault` says so."""
    policy = policy_in(change)
    document = checked_managed_policy(change.text("PolicyDocument"))
    if len(policy.versions) >= _MAX_VERSIONS:
        raise LimitExceeded(
            f"A managed policy can have up to {_MAX_VERSIONS} versions. Before you"
            " create a new version, you must delete an existing version."
        )
    now = change.now.replace(microsecond=0)
    version = PolicyVersion(f"v{policy.next_version}", document, now)
    in_force = change.parameters.get("SetAsDefault", False)
    policy = replace(
        policy,
        versions=(*policy.versions, version),
        next_version=policy.next_version + 1,
        updated=now,
        default_version_id=version.version_id
        if in_force
        else policy.default_version_id,
    )
    change.store.put(policy)
    return {"PolicyVersion": version_shape(policy, version)}


def get_policy_version(call: Call) -> Result:
    """Answer one version with its document."""
    policy = policy_in(call)
    version = _version_in(call, policy)
    document = {"Document": version.document}
    return {"PolicyVersion": version_shape(policy, version) | document}


def list_policy_versions(call: Call) -> Result:
    """Answer a policy's versions, without their documents."""
    policy = policy_in(call)
    shapes = {v.version_id: version_shape(policy, v) for v in policy.versions}
    return page(call, "Versions", shapes)


def set_default_policy_version(change: Change) -> Result:
    """Put another version in force."""
    policy = policy_in(change)
    version = _version_in(change, policy)
    now = change.now.replace(microsecond=0)
    change.store.put(
        replace(policy, default_version_id=version.version_id, updated=now)
    )
    return {}


def delete_policy_version(change: Change) -> Result:
    """Delete a version that is not in force."""
    policy = policy_in(change)
    gone = _version_in(change, policy)
    if gone.version_id == policy.default_version_id:
        raise DeleteConflict("Cannot delete the default version of a policy.")
    kept = tuple(version for version in policy.versions if version != gone)
    change.store.put(replace(policy, versions=kept))
    return {}


def _version_in(call: Call, policy: ManagedPolicy) -> PolicyVersion:
    name = call.text("VersionId")
    for version in policy.versions:
        if version.version_id == name:
            return version
    raise NoSuchEntity(
        f"Policy {policy.arn} version {name} does not exist or is not attachable."
    )


class Uses:
    """The ARNs of policies in use, one for each use: `attached` and `bounding`."""

    def __init__(self, store: EntityReader) -> None:
        bounded: list[Role | User] = [*store.list(Role), *store.list(User)]
        owners = [*bounded, *store.list(Group)]
        self.attached = [arn for owner in owners for arn in owner.attached_policies]
        self.bounding = [owner.boundary for owner in bounded if owner.boundary]
