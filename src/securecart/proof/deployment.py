"""What stands in an account, as far as the proof of isolation needs it."""

from dataclasses import dataclass, field
from typing import Final

from securecart.policy import Policy

OWN_ID: Final = "aws:userid"
"""The attribute that the blueprint names folders after."""


@dataclass(frozen=True, slots=True)
class DeployedRole:
    """A role that a person vouched for by the provider could come to.

    `role_id` is the `AROA…` before the colon of `aws:userid`, or a stand-in
    where the policies come from files. `identity` are its inline and managed
    policies alike. `tags` are the role's own, which a session has unless it
    is given others.
    """

    name: str
    arn: str
    role_id: str
    trust: Policy
    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DeployedKey:
    """A KMS key that encrypts the bucket's objects."""

    arn: str
    policy: Policy


@dataclass(frozen=True, slots=True)
class Deployment:
    """The roles, the bucket and the keys whose policies are examined.

    `folder` is what every key of a person's folder begins with, in the syntax
    of policy variables, defaults too. `unique` are attributes, besides
    `aws:userid`, that the identity provider gives to one person only, and
    `slash_free` those that it gives no slash to (STS itself sees to it for
    `aws:userid`). Attributes are condition keys such as
    `aws:principaltag/employee`. `exempt` are names of roles that were left
    out because their people may reach every folder.
    """

    account: str
    bucket: str
    roles: tuple[DeployedRole, ...]
    bucket_policy: Policy | None = None
    keys: tuple[DeployedKey, ...] = ()
    folder: str = f"${{{OWN_ID}}}/"
    unique: frozenset[str] = field(default_factory=frozenset)
    slash_free: frozenset[str] = field(default_factory=frozenset)
    exempt: frozenset[str] = field(default_factory=frozenset)
