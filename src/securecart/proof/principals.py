"""Who may ask, as far as that is known. Mirrors `policy.principals`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Protocol

from securecart.names.arn import Arn
from securecart.names.principal import Anonymous, Federated, Principal
from securecart.names.session import RoleSession
from securecart.policy import Policy, PolicyKind, parse_policy
from securecart.proof.deployment import DeployedRole
from securecart.proof.variables import (
    ABSENT,
    Alternatives,
    Attribute,
    Symbols,
    constant,
    free,
    text_of,
)

# A session name that no policy can hold: it stands for all that none names.
_UNNAMED: Final = "\0"
_MOMENT: Final = datetime(2000, 1, 1, tzinfo=UTC)
_EVERYTHING: Final = parse_policy(
    '{"Version": "2012-10-17", "Statement":'
    ' {"Effect": "Allow", "Action": "*", "Resource": "*"}}',
    PolicyKind.IDENTITY,
)
OTHER_ACCOUNT: Final = "999999999999"
"""Stands for an account that nobody here knows."""


class Asker(Protocol):
    """Somebody who can send a request.

    `principal` is whom the engine can be asked about in their place: a
    policy that names a session by its name alone does not name this one,
    unless the name is known.
    """

    @property
    def principal(self) -> Principal:
        """Whom the engine can be asked about."""

    @property
    def identity(self) -> tuple[Policy, ...]:
        """Their own policies."""

    @property
    def boundary(self) -> Policy | None:
        """Their permissions boundary."""

    @property
    def steps(self) -> int:
        """How many roles were assumed on the way."""

    def known(self, key: str) -> Alternatives | None:
        """What is known of a condition key that comes from them."""


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """A session, and how one comes to it.

    `attributes` are the condition keys of the session that policies mention.
    `parent` is who assumes the role. `person` is the attribute, and its
    value, of the one person who this is, where the session name is known.
    """

    role: DeployedRole
    account: str
    name: Symbols
    attributes: Mapping[str, Alternatives]
    action: str
    parent: "Asker"
    request_tags: Mapping[str, Alternatives] = field(default_factory=dict)
    person: tuple[str, str] | None = None

    @property
    def principal(self) -> RoleSession:
        """The session with no more about it than its ARN."""
        return role_session(self, text_of(self.name) or _UNNAMED)

    @property
    def identity(self) -> tuple[Policy, ...]:
        """The role's own policies."""
        return self.role.identity

    @property
    def boundary(self) -> Policy | None:
        """The role's permissions boundary."""
        return self.role.boundary

    @property
    def steps(self) -> int:
        """How many roles were assumed."""
        return self.parent.steps + 1

    @property
    def signature(self) -> tuple[object, ...]:
        """Two sessions of which this is equal can do the same."""
        return (self.role.arn, self.name, *sorted(self.attributes.items(), key=_first))

    def known(self, key: str) -> Alternatives | None:
        """What the session's condition keys hold."""
        return self.attributes.get(key)


def _first(item: tuple[str, Alternatives]) -> str:
    return item[0]


def role_session(session: Session, name: str) -> RoleSession:
    """A session of the same role."""
    resource = Arn.parse(session.role.arn).resource
    path, _, role_name = resource.removeprefix("role").rpartition("/")
    return RoleSession(
        account=session.account,
        role_name=role_name,
        role_path=f"{path}/",
        role_id=session.role.role_id,
        session_name=name,
        credential_id="",
        issued_at=_MOMENT,
        expires_at=_MOMENT,
    )


@dataclass(frozen=True, slots=True, eq=False)
class VouchedFor:
    """Somebody whom a provider vouches for, before a role is assumed."""

    account: str
    provider: str
    claims: Mapping[str, Alternatives]
    subject: str = ""
    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    steps: int = 0

    @property
    def principal(self) -> Federated:
        """The provider's, whoever it is."""
        return Federated(self.account, self.provider, self.subject)

    def known(self, key: str) -> Alternatives | None:
        """The provider's claims."""
        return self.claims.get(key)


@dataclass(frozen=True, slots=True, eq=False)
class Nobody:
    """Whoever sends a request without a signature."""

    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    steps: int = 0
    principal: Anonymous = field(default_factory=Anonymous)

    def known(self, key: str) -> Alternatives | None:
        """What a request without a signature has: hardly anything."""
        if key == "aws:userid":
            return constant("anonymous")
        if key == "aws:principaltype":
            return constant("Anonymous")
        if key == "aws:principalisawsservice":
            return constant("false")
        if key.startswith("aws:principal") or key in _OF_A_PERSON:
            return ABSENT
        return None


_OF_A_PERSON: Final = frozenset(
    {
        "aws:username",
        "aws:sourceidentity",
        "aws:federatedprovider",
        "aws:tokenissuetime",
        "aws:multifactorauthpresent",
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class Outsider:
    """A session of somebody's own account, in which they may do everything."""

    identity: tuple[Policy, ...] = (_EVERYTHING,)
    boundary: Policy | None = None
    steps: int = 0
    principal: RoleSession = field(
        default_factory=lambda: RoleSession(
            account=OTHER_ACCOUNT,
            role_name="Outside",
            role_path="/",
            role_id="AROAOUTSIDE",
            session_name="outsider",
            credential_id="",
            issued_at=_MOMENT,
            expires_at=_MOMENT,
        )
    )

    def known(self, key: str) -> Alternatives | None:
        """Everything is chosen by them, but that they are no service."""
        if key == "aws:principalisawsservice":
            return constant("false")
        return free(key) if key.startswith("aws:principaltag/") else None


def attribute_of(symbols: Symbols) -> Attribute | None:
    """The one attribute of a value; None if there is none or more."""
    found = [symbol for symbol in symbols if isinstance(symbol, Attribute)]
    return found[0] if len(found) == 1 else None
