"""Finding what a request names, or saying that it is not there.

Names are unique in whatever case, but found only as they were written: a
policy's resources tell case apart, and so must whatever they guard.
"""

from securecart.iam.call import Call
from securecart.iam.entities import (
    Group,
    ManagedPolicy,
    OidcProvider,
    Role,
    SamlProvider,
    User,
)
from securecart.iam.errors import NoSuchEntity
from securecart.names.arn import Arn, MalformedArn
from securecart.names.entities import EntityReader
from securecart.names.errors import ValidationError
from securecart.names.principal import IamUser


def find_role(store: EntityReader, name: str) -> Role | None:
    """Answer the role with this name, or None."""
    role = store.get(Role, name.lower())
    return role if role is not None and role.name == name else None


def find_role_by_arn(store: EntityReader, arn: str) -> Role | None:
    """Answer the role with this ARN, path included, or None."""
    role = store.get(Role, _last_part(arn).lower())
    return role if role is not None and role.arn == arn else None


def find_user(store: EntityReader, name: str) -> User | None:
    """Answer the user with this name, or None."""
    user = store.get(User, name.lower())
    return user if user is not None and user.name == name else None


def find_group(store: EntityReader, name: str) -> Group | None:
    """Answer the group with this name, or None."""
    group = store.get(Group, name.lower())
    return group if group is not None and group.name == name else None


def find_policy(store: EntityReader, arn: str) -> ManagedPolicy | None:
    """Answer the managed policy with this ARN, or None."""
    policy = store.get(ManagedPolicy, _last_part(arn).lower())
    return policy if policy is not None and policy.arn == arn else None


def find_saml_provider(store: EntityReader, arn: str) -> SamlProvider | None:
    """Answer the SAML provider with this ARN, or None."""
    provider = store.get(SamlProvider, _last_part(arn).lower())
    return provider if provider is not None and provider.arn == arn else None


def find_oidc_provider(store: EntityReader, arn: str) -> OidcProvider | None:
    """Answer the OpenID provider with this ARN, or None."""
    provider = store.get(OidcProvider, arn.partition(":oidc-provider/")[2])
    return provider if provider is not None and provider.arn == arn else None


def find_oidc_provider_by_issuer(store: EntityReader, url: str) -> OidcProvider | None:
    """Answer the OpenID provider whose URL, scheme included, this is, or None."""
    provider = store.get(OidcProvider, url.partition("://")[2])
    return provider if provider is not None and provider.url == url else None


def _last_part(arn: str) -> str:
    return arn.rpartition("/")[2]


def role_in(call: Call) -> Role:
    """Answer the role that `RoleName` names.

    Raises:
        NoSuchEntity: if there is none.
    """
    name = call.text("RoleName")
    role = find_role(call.store, name)
    if role is None:
        raise NoSuchEntity(f"The role with name {name} cannot be found.")
    return role


def user_name_in(call: Call) -> str:
    """Answer `UserName`, or the caller's own where it was not sent."""
    name = call.parameters.get("UserName")
    if name is not None:
        return str(name)
    if isinstance(call.caller, IamUser):
        return call.caller.name
    raise ValidationError(
        "Must specify userName when calling with non-User credentials"
    )


def user_in(call: Call) -> User:
    """Answer the user that `UserName` names.

    Raises:
        NoSuchEntity: if there is none.
    """
    name = user_name_in(call)
    user = find_user(call.store, name)
    if user is None:
        raise NoSuchEntity(f"The user with name {name} cannot be found.")
    return user


def group_in(call: Call) -> Group:
    """Answer the group that `GroupName` names.

    Raises:
        NoSuchEntity: if there is none.
    """
    name = call.text("GroupName")
    group = find_group(call.store, name)
    if group is None:
        raise NoSuchEntity(f"The group with name {name} cannot be found.")
    return group


def policy_in(call: Call, parameter: str = "PolicyArn") -> ManagedPolicy:
    """Answer the managed policy that a parameter names by its ARN.

    Raises:
        NoSuchEntity: if there is none.
        ValidationError: if the parameter is no ARN.
    """
    arn = call.text(parameter)
    try:
        Arn.parse(arn)
    except MalformedArn:
        raise ValidationError(f"ARN {arn[:200]} is not valid.") from None
    policy = find_policy(call.store, arn)
    if policy is None:
        raise NoSuchEntity(f"Policy {arn} does not exist or is not attachable.")
    return policy


def saml_provider_in(call: Call) -> SamlProvider:
    """Answer the provider that `SAMLProviderArn` names.

    Raises:
        NoSuchEntity: if there is none.
    """
    arn = call.text("SAMLProviderArn")
    provider = find_saml_provider(call.store, arn)
    if provider is None:
        raise NoSuchEntity(f"Manifest not found for arn {arn}")
    return provider


def oidc_provider_in(call: Call) -> OidcProvider:
    """Answer the provider that `OpenIDConnectProviderArn` names.

    Raises:
        NoSuchEntity: if there is none.
    """
    arn = call.text("OpenIDConnectProviderArn")
    provider = find_oidc_provider(call.store, arn)
    if provider is None:
        raise NoSuchEntity(f"OpenIDConnect Provider not found for arn {arn}")
    return provider
