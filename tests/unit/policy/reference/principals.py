"""Who asks: the names that policies know them by, and the keys they bring.

Sources: AWS IAM User Guide, "AWS JSON policy elements: Principal", "AWS JSON
policy elements: NotPrincipal" and "AWS global condition context keys".
"""

from enum import IntEnum
from typing import Any

from tests.unit.policy.reference.conditions import listed
from tests.unit.policy.reference.text import Context, lower

from securecart.names.canonical_user import canonical_user_id
from securecart.names.principal import (
    Anonymous,
    Federated,
    FederatedUser,
    IamUser,
    Principal,
    Root,
    Service,
)
from securecart.names.session import RoleSession


class Grant(IntEnum):
    """What a resource policy's Allow is worth to whoever asks."""

    NONE = 0
    """Somebody else is meant."""
    ACCOUNT = 1
    """The account is meant: its identity policies have the next word."""
    ROLE = 2
    """The role is meant: what cuts the session cuts this too."""
    DIRECT = 3
    """Whoever asks is meant, or everybody."""


def own_names(principal: Principal) -> dict[tuple[str, str], Grant]:
    """Every name that a policy can list somebody under."""
    if isinstance(principal, Service):
        return {("Service", principal.name): Grant.DIRECT}
    if isinstance(principal, Federated):
        return {("Federated", principal.provider): Grant.DIRECT}
    if isinstance(principal, Anonymous):
        return {}
    account = ("AWS", principal.account)
    if isinstance(principal, Root):
        return {account: Grant.DIRECT}
    names = {account: Grant.ACCOUNT, ("AWS", principal.arn): Grant.DIRECT}
    if isinstance(principal, RoleSession):
        names["AWS", principal.role_arn] = Grant.ROLE
    return names


def meant(
    statement: dict[str, Any], principal: Principal, *, has_boundary: bool
) -> Grant:
    """How a statement of a resource policy means whoever asks."""
    denies = statement["Effect"] == "Deny"
    own = own_names(principal)
    if "NotPrincipal" in statement:
        others = _names(statement["NotPrincipal"], principal)
        everybody = ("AWS", "*") in others
        if denies:
            # Only who is listed under all names is spared, and nobody who
            # has a permissions boundary ever is.
            bounded = has_boundary and isinstance(
                principal, IamUser | RoleSession | FederatedUser
            )
            spared = everybody or (bool(own) and own.keys() <= others)
            return Grant.DIRECT if bounded or not spared else Grant.NONE
        if everybody or own.keys() & others or isinstance(principal, Federated):
            return Grant.NONE
        return Grant.DIRECT
    names = _names(statement["Principal"], principal)
    # Whom a provider vouches for is let in by the provider's name only.
    if ("AWS", "*") in names and (denies or not isinstance(principal, Federated)):
        return Grant.DIRECT
    return max((own[name] for name in own.keys() & names), default=Grant.NONE)


def _names(element: Any, principal: Principal) -> set[tuple[str, str]]:
    if element == "*":
        return {("AWS", "*")}
    other = _other_names(principal)
    names = {
        (kind, _account(name))
        for kind, names in element.items()
        for name in listed(names)
    }
    return {other.get(name, name) for name in names}


def _other_names(principal: Principal) -> dict[tuple[str, str], tuple[str, str]]:
    """What else AWS knows somebody by, and what it stands for."""
    canonical = ("CanonicalUser", canonical_user_id(principal.account))
    other = {canonical: ("AWS", principal.account)}
    if isinstance(principal, IamUser):
        other["AWS", principal.user_id] = ("AWS", principal.arn)
    if isinstance(principal, RoleSession):
        other["AWS", principal.role_id] = ("AWS", principal.role_arn)
    return other


def _account(name: str) -> str:
    """`arn:aws:iam::<account>:root` is another way to write the account."""
    root = name.startswith("arn:aws:") and name.endswith(":root")
    return name.split(":")[4] if root else name


_ABOUT_THE_PRINCIPAL = {
    "aws:federatedprovider",
    "aws:multifactorauthpresent",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalservicename",
    "aws:principaltype",
    "aws:resourceaccount",
    "aws:sourceidentity",
    "aws:tokenissuetime",
    "aws:userid",
    "aws:username",
}


def full_context(
    principal: Principal, request: Context, resource_account: str, asserted: Context
) -> Context:
    """The request's keys, without what it has no say in, and the principal's."""
    context = {
        key: value
        for key, value in request.items()
        if key not in _ABOUT_THE_PRINCIPAL and not key.startswith("aws:principaltag/")
    }
    return {
        **context,
        **_brought(principal),
        "aws:resourceaccount": resource_account,
        **asserted,
    }


def _brought(principal: Principal) -> dict[str, str | tuple[str, ...]]:
    keys: dict[str, str | tuple[str, ...]] = {
        "aws:principalisawsservice": str(isinstance(principal, Service)).lower(),
    }
    match principal:
        case Service():
            keys["aws:principalservicename"] = principal.name
        case Federated():
            pass
        case Anonymous():
            keys["aws:principaltype"] = "Anonymous"
            keys["aws:principalaccount"] = "anonymous"
            keys["aws:userid"] = principal.userid
        case _:
            keys["aws:userid"] = principal.userid
            keys["aws:principalaccount"] = principal.account
            keys["aws:principalarn"] = principal.arn
    match principal:
        case Root():
            keys["aws:principaltype"] = "Account"
        case FederatedUser():
            keys["aws:principaltype"] = "FederatedUser"
        case IamUser():
            keys["aws:principaltype"] = "User"
            keys["aws:username"] = principal.name
            keys |= _tags(principal.tags)
        case RoleSession():
            keys |= _tags(principal.tags)
            keys |= _of_session(principal)
    return keys


def _of_session(session: RoleSession) -> dict[str, str | tuple[str, ...]]:
    keys: dict[str, str | tuple[str, ...]] = {
        **dict(session.context),
        "aws:principaltype": "AssumedRole",
        # The role's ARN, not the session's.
        "aws:principalarn": session.role_arn,
        "aws:tokenissuetime": session.issued_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if session.source_identity is not None:
        keys["aws:sourceidentity"] = session.source_identity
    if session.federated_provider is not None:
        keys["aws:federatedprovider"] = session.federated_provider
    if session.mfa_authenticated is not None:
        keys["aws:multifactorauthpresent"] = str(session.mfa_authenticated).lower()
    return keys


def _tags(tags: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return {f"aws:principaltag/{lower(key)}": value for key, value in tags}
