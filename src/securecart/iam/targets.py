"""What a call is authorised against: a resource, and its condition keys.

Source: AWS Service Authorization Reference, "Actions, resources, and
condition keys for AWS Identity and Access Management (IAM)".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from securecart.iam.call import Call
from securecart.iam.entities import (
    AccessKey,
    ManagedPolicy,
    OidcProvider,
    Role,
    SamlProvider,
    Tags,
    User,
)
from securecart.iam.find import (
    find_group,
    find_oidc_provider,
    find_policy,
    find_role,
    find_saml_provider,
    find_user,
    user_name_in,
)
from securecart.policy.casing import ascii_lower

Conditions = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Target:
    """The ARN that an action is done to, and what is there already, if any."""

    arn: str
    entity: Role | User | ManagedPolicy | SamlProvider | OidcProvider | None = None
    becomes: str | None = None
    """The ARN that it will have: a new name needs leave for both."""


TargetOf = Callable[[Call], Target]


def _arn(call: Call, resource: str) -> str:
    return f"arn:aws:iam::{call.account}:{resource}"


def role(call: Call) -> Target:
    """The role that `RoleName` names, whether it exists or not."""
    name = call.text("RoleName")
    found = find_role(call.store, name)
    if found is not None:
        return Target(found.arn, found)
    return Target(_arn(call, f"role{call.optional('Path', '/')}{name}"))


def user(call: Call) -> Target:
    """The user that `UserName` names, whether it exists or not."""
    name = user_name_in(call)
    found = find_user(call.store, name)
    if found is not None:
        return Target(found.arn, found)
    return Target(_arn(call, f"user{call.optional('Path', '/')}{name}"))


def renamed_user(call: Call) -> Target:
    """The user that `UserName` names, and the ARN that it will have."""
    found = user(call)
    old = found.entity if isinstance(found.entity, User) else None
    path = call.optional("NewPath", old.path if old else "/")
    name = call.optional("NewUserName", user_name_in(call))
    return replace(found, becomes=_arn(call, f"user{path}{name}"))


def group(call: Call) -> Target:
    """The group that `GroupName` names, whether it exists or not."""
    name = call.text("GroupName")
    found = find_group(call.store, name)
    if found is not None:
        return Target(found.arn)
    return Target(_arn(call, f"group{call.optional('Path', '/')}{name}"))


def renamed_group(call: Call) -> Target:
    """The group that `GroupName` names, and the ARN that it will have."""
    old = call.text("GroupName")
    found = find_group(call.store, old)
    path = call.optional("NewPath", found.path if found else "/")
    name = call.optional("NewGroupName", old)
    return replace(group(call), becomes=_arn(call, f"group{path}{name}"))


def owner_of_key(call: Call) -> Target:
    """The user whose key `AccessKeyId` is; any user where there is none."""
    key = call.store.get(AccessKey, call.text("AccessKeyId"))
    owner = None if key is None else find_user(call.store, key.user_name)
    return Target(_arn(call, "user/*")) if owner is None else Target(owner.arn, owner)


def named_by(parameter: str) -> TargetOf:
    """The user, group or role whose ARN a parameter is."""

    def target(call: Call) -> Target:
        arn = call.text(parameter)
        name = arn.rpartition("/")[2]
        for found in (find_user(call.store, name), find_role(call.store, name)):
            if found is not None and found.arn == arn:
                return Target(arn, found)
        return Target(arn)

    return target


def named(kind: str, parameter: str) -> TargetOf:
    """A thing of a kind that a parameter names."""
    return lambda call: Target(_arn(call, f"{kind}/{call.text(parameter)}"))


def anything(_: Call) -> Target:
    """The account as a whole."""
    return Target("*")


def policy(call: Call) -> Target:
    """The policy that `PolicyArn` names, whether it exists or not."""
    arn = call.text("PolicyArn")
    return Target(arn, find_policy(call.store, arn))


def new_policy(call: Call) -> Target:
    """The policy that `PolicyName` and `Path` will name."""
    path, name = call.optional("Path", "/"), call.text("PolicyName")
    return Target(_arn(call, f"policy{path}{name}"))


def saml_provider(call: Call) -> Target:
    """The provider that `SAMLProviderArn` names."""
    arn = call.text("SAMLProviderArn")
    return Target(arn, find_saml_provider(call.store, arn))


def new_saml_provider(call: Call) -> Target:
    """The provider that `Name` will name."""
    return Target(_arn(call, f"saml-provider/{call.text('Name')}"))


def oidc_provider(call: Call) -> Target:
    """The provider that `OpenIDConnectProviderArn` names."""
    arn = call.text("OpenIDConnectProviderArn")
    return Target(arn, find_oidc_provider(call.store, arn))


def new_oidc_provider(call: Call) -> Target:
    """The provider that `Url` will name."""
    issuer = call.text("Url").partition("://")[2]
    return Target(_arn(call, f"oidc-provider/{issuer}"))


def all_of(kind: str) -> TargetOf:
    """Every resource of a kind, as AWS names it for a list: `role/`."""
    return lambda call: Target(_arn(call, f"{kind}/"))


def conditions(call: Call, target: Target) -> Conditions:
    """Answer the condition keys of IAM's own that this call has.

    `iam:PermissionsBoundary` is the boundary that is asked for, else the one
    that the role or user has: so a delegate may be held to keep it.
    """
    keys: dict[str, str | tuple[str, ...]] = {}
    if "PolicyArn" in call.parameters:
        keys["iam:policyarn"] = call.text("PolicyArn")
    boundary = call.parameters.get("PermissionsBoundary")
    if boundary is None and isinstance(target.entity, Role | User):
        boundary = target.entity.boundary
    if boundary is not None:
        keys["iam:permissionsboundary"] = str(boundary)
    if target.entity is not None:
        for service in ("aws", "iam"):
            keys |= _by_key(f"{service}:resourcetag", target.entity.tags)
    asked = call.parameters.get("Tags", ())
    keys |= _by_key("aws:requesttag", tuple((t["Key"], t["Value"]) for t in asked))
    tag_keys = (*(tag["Key"] for tag in asked), *call.parameters.get("TagKeys", ()))
    if tag_keys:
        keys["aws:tagkeys"] = tag_keys
    return keys


def _by_key(prefix: str, tags: Tags) -> Conditions:
    return {f"{prefix}/{ascii_lower(key)}": value for key, value in tags}
