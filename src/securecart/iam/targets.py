"""What a call is authorised against: a resource, and its condition keys.

Source: AWS Service Authorization Reference, "Actions, resources, and
condition keys for AWS Identity and Access Management (IAM)".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from securecart.iam.call import Call
from securecart.iam.entities import ManagedPolicy, Role, Tags, User
from securecart.iam.find import find_policy, find_role, find_user, user_name_in
from securecart.policy.casing import ascii_lower

Conditions = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Target:
    """The ARN that an action is done to, and what is there already, if any."""

    arn: str
    entity: Role | User | ManagedPolicy | None = None


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
    return Target(call.text("SAMLProviderArn"))


def new_saml_provider(call: Call) -> Target:
    """The provider that `Name` will name."""
    return Target(_arn(call, f"saml-provider/{call.text('Name')}"))


def oidc_provider(call: Call) -> Target:
    """The provider that `OpenIDConnectProviderArn` names."""
    return Target(call.text("OpenIDConnectProviderArn"))


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
