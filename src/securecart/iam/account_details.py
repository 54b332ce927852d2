"""The account told as a whole: its alias, its numbers, all that is in it.

Source: AWS IAM API Reference; each function is the action of its name.
"""

import re
from typing import Any

from securecart.iam.access_keys import MAX_ACCESS_KEYS
from securecart.iam.attachments import MAX_ATTACHED
from securecart.iam.call import Call, Change, Result
from securecart.iam.entities import (
    AccessKey,
    AccountAlias,
    Group,
    ManagedPolicy,
    OidcProvider,
    Role,
    SamlProvider,
    User,
)
from securecart.iam.errors import NoSuchEntity
from securecart.iam.find import policy_in
from securecart.iam.groups import MAX_GROUPS, MAX_GROUPS_OF_USER
from securecart.iam.managed_policies import Uses
from securecart.iam.paging import page
from securecart.iam.rules import (
    MAX_GROUP_INLINE,
    MAX_MANAGED_POLICY,
    MAX_ROLE_INLINE,
    MAX_TRUST_POLICY,
    MAX_USER_INLINE,
    broken,
)
from securecart.iam.shapes import (
    group_shape,
    version_shape,
    whole_policy_shape,
    whole_role_shape,
    whole_user_shape,
)

_ALIAS = re.compile(r"(?=.{3,63}\Z)[a-z0-9]+(?:-[a-z0-9]+)*")


def create_account_alias(change: Change) -> Result:
    """Name the account; a name that it had before is gone."""
    change.store.put(AccountAlias(_alias_in(change)))
    return {}


def delete_account_alias(change: Change) -> Result:
    """Take the account's name away."""
    alias = _alias_in(change)
    if [found.alias for found in change.store.list(AccountAlias)] != [alias]:
        raise NoSuchEntity(f"The account alias {alias} cannot be found.")
    change.store.delete(AccountAlias, AccountAlias(alias).key)
    return {}


def list_account_aliases(call: Call) -> Result:
    """Answer the account's name, if it has one."""
    aliases = {found.alias: found.alias for found in call.store.list(AccountAlias)}
    return page(call, "AccountAliases", aliases)


def _alias_in(call: Call) -> str:
    alias = call.text("AccountAlias")
    if not _ALIAS.fullmatch(alias):
        pattern = "satisfy regular expression pattern: [a-z0-9](([a-z0-9]|-(?!-))*"
        raise broken(alias, "accountAlias", pattern + "[a-z0-9])?")
    return alias


def get_account_summary(call: Call) -> Result:
    """Answer how many there are of each kind, and quotas; what cannot be is 0."""
    store = call.store
    policies = store.list(ManagedPolicy)
    return {
        "SummaryMap": {
            "Users": len(store.list(User)),
            "Groups": len(store.list(Group)),
            "GroupsQuota": MAX_GROUPS,
            "GroupsPerUserQuota": MAX_GROUPS_OF_USER,
            "Roles": len(store.list(Role)),
            "Policies": len(policies),
            "PolicyVersionsInUse": sum(len(policy.versions) for policy in policies),
            "PolicySizeQuota": MAX_MANAGED_POLICY,
            "Providers": len(store.list(SamlProvider)) + len(store.list(OidcProvider)),
            "AccessKeysPerUserQuota": MAX_ACCESS_KEYS,
            "AttachedPoliciesPerUserQuota": MAX_ATTACHED,
            "AttachedPoliciesPerRoleQuota": MAX_ATTACHED,
            "AttachedPoliciesPerGroupQuota": MAX_ATTACHED,
            "UserPolicySizeQuota": MAX_USER_INLINE,
            "RolePolicySizeQuota": MAX_ROLE_INLINE,
            "GroupPolicySizeQuota": MAX_GROUP_INLINE,
            "AssumeRolePolicySizeQuota": MAX_TRUST_POLICY,
            "InstanceProfiles": 0,
            "ServerCertificates": 0,
            "MFADevices": 0,
            "MFADevicesInUse": 0,
            "AccountMFAEnabled": 0,
            "AccountAccessKeysPresent": 0,
            "AccountSigningCertificatesPresent": 0,
        }
    }


def get_account_authorization_details(call: Call) -> Result:
    """Answer users, groups, roles and policies with all that hangs on them."""
    kinds = set(call.parameters.get("Filter") or _MEMBERS)
    store, uses = call.store, Uses(call.store)
    items: dict[str, User | Group | Role | ManagedPolicy] = {}
    for kind, entity in _ENTITIES.items():
        if kind in kinds:
            items |= {f"{kind}/{found.key}": found for found in store.list(entity)}
    shown = page(call, "items", {key: (key, item) for key, item in items.items()})
    result: dict[str, Any] = {member: [] for member in _MEMBERS.values()}
    for key, item in shown["items"]:
        member = _MEMBERS[key.partition("/")[0]]
        result[member].append(_detail(call, item, uses))
    return result | {name: shown[name] for name in shown if name != "items"}


_ENTITIES: dict[str, Any] = {
    "User": User,
    "Group": Group,
    "Role": Role,
    "LocalManagedPolicy": ManagedPolicy,
}
_MEMBERS = {
    "User": "UserDetailList",
    "Group": "GroupDetailList",
    "Role": "RoleDetailList",
    "LocalManagedPolicy": "Policies",
}


def _detail(
    call: Call, item: User | Group | Role | ManagedPolicy, uses: Uses
) -> dict[str, Any]:
    if isinstance(item, ManagedPolicy):
        versions = [
            version_shape(item, each) | {"Document": each.document}
            for each in item.versions
        ]
        shape = whole_policy_shape(
            item,
            attachments=uses.attached.count(item.arn),
            boundaries=uses.bounding.count(item.arn),
        )
        shape.pop("Tags", None)
        return shape | {"PolicyVersionList": versions}
    inline = [
        {"PolicyName": name, "PolicyDocument": document}
        for name, document in item.inline_policies.items()
    ]
    attached = [
        {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn}
        for arn in item.attached_policies
    ]
    hanging: dict[str, Any] = {"AttachedManagedPolicies": attached}
    if isinstance(item, Group):
        return group_shape(item) | hanging | {"GroupPolicyList": inline}
    if isinstance(item, User):
        found = (call.store.get(Group, key) for key in item.groups)
        hanging["GroupList"] = [group.name for group in found if group]
        return whole_user_shape(item) | hanging | {"UserPolicyList": inline}
    hanging |= {"RolePolicyList": inline, "InstanceProfileList": [], "RoleLastUsed": {}}
    shape = whole_role_shape(item) | hanging
    del shape["MaxSessionDuration"]
    shape.pop("Description", None)
    return shape


def get_access_key_last_used(call: Call) -> Result:
    """Answer whose key it is; when it was last used only the trail knows.

    AWS answers `N/A` where it has no record either. Keeping one here would
    write to the store with each request.
    """
    key_id = call.text("AccessKeyId")
    key = call.store.get(AccessKey, key_id)
    if key is None:
        raise NoSuchEntity(f"The Access Key with id {key_id} cannot be found.")
    unknown = {"ServiceName": "N/A", "Region": "N/A"}
    return {"UserName": key.user_name, "AccessKeyLastUsed": unknown}


def list_entities_for_policy(call: Call) -> Result:
    """Answer the users, groups and roles that a policy is attached to."""
    arn = policy_in(call).arn
    prefix = call.optional("PathPrefix", "/")
    only = call.optional("EntityFilter") or "User Group Role"
    bounds = call.optional("PolicyUsageFilter") == "PermissionsBoundary"
    items: dict[str, tuple[str, dict[str, str]]] = {}
    for kind in ("Group", "Role", "User"):
        for found in call.store.list(_ENTITIES[kind]) if kind in only else ():
            bounding = not isinstance(found, Group) and found.boundary == arn
            used = bounding if bounds else arn in found.attached_policies
            if "PolicyUsageFilter" not in call.parameters:
                used = used or bounding
            if used and found.path.startswith(prefix):
                unique_id = getattr(found, f"{kind.lower()}_id")
                shape = {f"{kind}Name": found.name, f"{kind}Id": unique_id}
                items[f"{kind}/{found.key}"] = (f"Policy{kind}s", shape)
    shown = page(call, "items", items)
    result: dict[str, Any] = {"PolicyGroups": [], "PolicyUsers": [], "PolicyRoles": []}
    for member, shape in shown["items"]:
        result[member].append(shape)
    return result | {name: shown[name] for name in shown if name != "items"}
