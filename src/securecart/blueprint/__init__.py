"""The desired set-up as data, and the way from what is there to it.

Floor 4, sans-IO. `Blueprint` says what is wanted; `setup_for` spells it out
as a `Setup`; an `Account` (a port) reads the `Setup` that is there. `plan`
compares the two, `apply` carries the changes out, `verify` answers what it
would do. Both targets go through the same code.
"""

from securecart.blueprint.account import Account, apply, verify
from securecart.blueprint.blueprint import (
    Blueprint,
    Decryption,
    Oidc,
    Saml,
    setup_for,
)
from securecart.blueprint.changes import Change
from securecart.blueprint.errors import (
    InvalidBlueprint,
    NotConverged,
    SetupBlocked,
    SetupFailed,
)
from securecart.blueprint.plan import plan
from securecart.blueprint.setup import Setup

__all__ = [
    "Account",
    "Blueprint",
    "Change",
    "Decryption",
    "InvalidBlueprint",
    "NotConverged",
    "Oidc",
    "Saml",
    "Setup",
    "SetupBlocked",
    "SetupFailed",
    "apply",
    "plan",
    "setup_for",
    "verify",
]
