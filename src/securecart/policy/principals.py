"""The elements `Principal` and `NotPrincipal`.

Source: AWS IAM User Guide, "AWS JSON policy elements: Principal" and "AWS
JSON policy elements: NotPrincipal".
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

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
from securecart.policy.errors import NotUnderstood

_ACCOUNT = re.compile(r"[0-9]{12}")
_AWS_ARN = re.compile(
    r"arn:[a-z-]+:(?:iam::[0-9]{12}:(?:user|role)/[^*?$]+"
    r"|sts::[0-9]{12}:(?:assumed-role/[^*?$/]+/[^*?$/]+|federated-user/[^*?$/]+))"
)
_ROOT_ARN = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}):root")
_SERVICE = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?")
_PROVIDER = re.compile(
    r"arn:[a-z-]+:iam::[0-9]{12}:(?:saml-provider|oidc-provider)/[^*?$\s]+"
    r"|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
)


class Grant(IntEnum):
    """How directly a statement speaks of somebody; stronger is greater.

    What is granted to an account is for its administrators to pass on. What
    is granted to a role still passes the boundary and the session policies.
    What is granted to the very user, session or service, or to everyone, is
    cut by an explicit deny only.
    """

    NONE = 0
    ACCOUNT = 1
    ROLE = 2
    DIRECT = 3


@dataclass(frozen=True, slots=True)
class PrincipalSet:
    """The principals that one statement lists."""

    everyone: bool = False
    accounts: frozenset[str] = frozenset()
    arns: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    providers: frozenset[str] = frozenset()

    def grant_to(self, principal: Principal) -> Grant:
        """How an Allow with this `Principal` speaks of the principal.

        `*` does not reach somebody whom only an identity provider knows: a
        trust policy must name the provider.
        """
        if isinstance(principal, Federated):
            direct = principal.provider in self.providers
        elif isinstance(principal, Service):
            direct = self.everyone or principal.name in self.services
        elif isinstance(principal, Root):
            direct = self.everyone or principal.account in self.accounts
        else:
            direct = self.everyone or principal.arn in self.arns
        if direct:
            return Grant.DIRECT
        if isinstance(principal, RoleSession) and principal.role_arn in self.arns:
            return Grant.ROLE
        if isinstance(principal, IamUser | RoleSession | FederatedUser):
            named = principal.account in self.accounts
            return Grant.ACCOUNT if named else Grant.NONE
        return Grant.NONE

    def denies(self, principal: Principal) -> bool:
        """Whether a Deny with this `Principal` reaches the principal."""
        return self.everyone or self.grant_to(principal) is not Grant.NONE

    def spares_from_deny(self, principal: Principal) -> bool:
        """Whether a Deny with this `NotPrincipal` leaves the principal alone.

        AWS wants every name of the principal listed: account, role, session.
        """
        return self.everyone or all(self._listed(principal))

    def spares_from_allow(self, principal: Principal) -> bool:
        """Whether an Allow with this `NotPrincipal` leaves the principal out."""
        return self.everyone or any(self._listed(principal))

    def _listed(self, principal: Principal) -> tuple[bool, ...]:
        """For each name that the principal has: is it in the list?"""
        if isinstance(principal, Anonymous):
            return (False,)
        if isinstance(principal, Federated):
            return (principal.provider in self.providers,)
        if isinstance(principal, Service):
            return (principal.name in self.services,)
        account = principal.account in self.accounts
        if isinstance(principal, Root):
            return (account,)
        if isinstance(principal, RoleSession):
            return (
                account,
                principal.role_arn in self.arns,
                principal.arn in self.arns,
            )
        return (account, principal.arn in self.arns)


def read_principals(element: Any) -> PrincipalSet:
    """Read the JSON value of `Principal` or `NotPrincipal`.

    Raises:
        NotUnderstood: if anything in it is not understood.
    """
    if element == "*":
        return PrincipalSet(everyone=True)
    if not isinstance(element, dict) or not element:
        raise NotUnderstood('neither "*" nor an object of principal types')
    everyone = False
    found: dict[str, set[str]] = {
        "accounts": set(),
        "arns": set(),
        "services": set(),
        "providers": set(),
    }
    for kind, names in element.items():
        for name in _names(kind, names):
            if kind == "AWS" and name == "*":
                everyone = True
            else:
                group, value = _classify(kind, name)
                found[group].add(value)
    return PrincipalSet(
        everyone, **{group: frozenset(values) for group, values in found.items()}
    )


def _names(kind: str, names: Any) -> list[str]:
    listed = names if isinstance(names, list) else [names]
    if not listed or not all(type(name) is str for name in listed):
        raise NotUnderstood(f"{kind} wants a text or a list of texts")
    return listed


def _classify(kind: str, name: str) -> tuple[str, str]:
    if kind == "AWS":
        root = _ROOT_ARN.fullmatch(name)
        if root or _ACCOUNT.fullmatch(name):
            return "accounts", root[1] if root else name
        if _AWS_ARN.fullmatch(name):
            return "arns", name
    elif kind == "Service" and _SERVICE.fullmatch(name):
        return "services", name
    elif kind == "Federated" and _PROVIDER.fullmatch(name):
        return "providers", name
    raise NotUnderstood(f"not a principal that is understood: {kind} {name[:80]!r}")
