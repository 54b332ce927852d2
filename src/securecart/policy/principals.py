"""The elements `Principal` and `NotPrincipal`.

Source: AWS IAM User Guide, "AWS JSON policy elements: Principal" and "AWS
JSON policy elements: NotPrincipal".
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

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
from securecart.policy.errors import NotUnderstood

_ACCOUNT = re.compile(r"[0-9]{12}")
_ROOT_ARN = re.compile(r"arn:aws:iam::([0-9]{12}):root")
# An account is its owner's in one partition alone, so that the root of
# another is kept as an ARN: one that nobody here has.
_AWS_ARN = re.compile(
    r"arn:aws(?:-[a-z]+)*:(?:iam::[0-9]{12}:(?:root|(?:user|role)/[^*?$\s]+)|sts::"
    r"[0-9]{12}:(?:assumed-role/[^*?$/\s]+/[^*?$/\s]+|federated-user/[^*?$/\s]+))"
)
_UNIQUE_ID = re.compile(r"A(?:ID|RO)A[A-Z0-9]{1,124}")
_CANONICAL_USER = re.compile(r"[0-9a-f]{64}")
_SERVICE = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?")
_PROVIDER = re.compile(
    r"arn:aws(?:-[a-z]+)*:iam::[0-9]{12}:(?:saml|oidc)-provider/[^*?$\s]+"
)
# Those that every account knows without making a provider for them.
_PUBLIC_PROVIDERS = frozenset(
    {
        "accounts.google.com",
        "cognito-identity.amazonaws.com",
        "graph.facebook.com",
        "www.amazon.com",
    }
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
    """The principals that one statement lists.

    `ids` are unique ids of users and roles, which outlive a name, and
    `canonical_users` S3's own names for accounts.
    """

    everyone: bool = False
    accounts: frozenset[str] = frozenset()
    arns: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    providers: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    canonical_users: frozenset[str] = frozenset()

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
            direct = self.everyone or self._names_account(principal.account)
        else:
            direct = self.everyone or self._names(principal)
        if direct:
            return Grant.DIRECT
        if isinstance(principal, RoleSession) and self._names_role(principal):
            return Grant.ROLE
        if isinstance(principal, IamUser | RoleSession | FederatedUser):
            named = self._names_account(principal.account)
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
        """Whether an Allow with this `NotPrincipal` leaves the principal out.

        As with `*`, somebody whom only an identity provider knows is not meant.
        """
        return (
            self.everyone
            or isinstance(principal, Federated)
            or any(self._listed(principal))
        )

    def _listed(self, principal: Principal) -> tuple[bool, ...]:
        """For each name that the principal has: is it in the list?"""
        if isinstance(principal, Anonymous):
            return (False,)
        if isinstance(principal, Federated):
            return (principal.provider in self.providers,)
        if isinstance(principal, Service):
            return (principal.name in self.services,)
        account = self._names_account(principal.account)
        if isinstance(principal, Root):
            return (account,)
        if isinstance(principal, RoleSession):
            return (account, self._names_role(principal), self._names(principal))
        return (account, self._names(principal))

    def _names(
        self, principal: IamUser | RoleSession | FederatedUser | Anonymous
    ) -> bool:
        """Whether the very user or session is listed."""
        by_id = isinstance(principal, IamUser) and principal.user_id in self.ids
        return by_id or principal.arn in self.arns

    def _names_role(self, session: RoleSession) -> bool:
        return session.role_arn in self.arns or session.role_id in self.ids

    def _names_account(self, account: str) -> bool:
        return account in self.accounts or (
            bool(self.canonical_users)
            and canonical_user_id(account) in self.canonical_users
        )


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
        "ids": set(),
        "canonical_users": set(),
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
        if _UNIQUE_ID.fullmatch(name):
            return "ids", name
    elif kind == "Service" and _SERVICE.fullmatch(name):
        return "services", name
    elif kind == "Federated" and (
        name in _PUBLIC_PROVIDERS or _PROVIDER.fullmatch(name)
    ):
        return "providers", name
    elif kind == "CanonicalUser" and _CANONICAL_USER.fullmatch(name):
        return "canonical_users", name
    raise NotUnderstood(f"not a principal that is understood: {kind} {name[:80]!r}")
