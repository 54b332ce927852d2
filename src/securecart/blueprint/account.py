"""The port to an account, and the three things done through it."""

from collections.abc import Callable
from typing import Protocol

from securecart.blueprint.blueprint import Blueprint
from securecart.blueprint.changes import Change, CreateKey
from securecart.blueprint.errors import NotConverged
from securecart.blueprint.plan import plan
from securecart.blueprint.setup import Setup

_ROUNDS = 3
"""One makes the key, the next whatever names it, the last finds nothing."""


class Account(Protocol):
    """An AWS account, or the local target's.

    Both methods raise `SetupFailed` with a message that says what to do.
    """

    def read(self, blueprint: Blueprint) -> Setup:
        """What is there of the things that the blueprint names."""
        ...

    def carry_out(self, change: Change) -> None:
        """Make one change. Making it again changes nothing more."""
        ...


def _silence(_change: Change) -> None:
    pass


def apply(
    blueprint: Blueprint,
    account: Account,
    announce: Callable[[Change], None] = _silence,
) -> tuple[Change, ...]:
    """Change the account until nothing differs; answer what was done.

    `announce` is called before each change. If it is interrupted, or fails,
    the next call goes on from what it finds.

    Raises:
        SetupFailed: if a change cannot be made, or a person must decide.
        NotConverged: if the account still differs afterwards.
    """
    done: list[Change] = []
    for _ in range(_ROUNDS):
        changes = plan(blueprint, account.read(blueprint))
        if not changes:
            return tuple(done)
        for change in changes:
            announce(change)
            account.carry_out(change)
            done.append(change)
            if isinstance(change, CreateKey):
                break
    left = verify(blueprint, account)
    if left:
        raise NotConverged(
            "these were carried out, and are still not so: "
            + "; ".join(map(str, left))
            + ": somebody else changes the account, or it ignores the change"
        )
    return tuple(done)


def verify(blueprint: Blueprint, account: Account) -> tuple[Change, ...]:
    """What `apply` would do: nothing, if the account is as the blueprint says.

    Where a key is still to come, the changes say so in place of its ARN.

    Raises:
        SetupFailed: if the account cannot be read, or a person must decide.
    """
    return plan(blueprint, account.read(blueprint))
