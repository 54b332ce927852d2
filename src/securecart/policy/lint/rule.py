"""A rule: what it looks for, how grave that is, and what to do about it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from securecart.policy.lint.remark import Severity
from securecart.policy.lint.subject import Subject


class Sighting(NamedTuple):
    """The element where something was seen, and what it is in a sentence."""

    element: str
    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table.

    `identifier` is stable: people sort and silence warnings by it. `summary`
    says in general what `look` says of the case in hand.
    """

    identifier: str
    severity: Severity
    summary: str
    advice: str
    look: Callable[[Subject], Iterator[Sighting]]


def quoted(text: str) -> str:
    """A piece of the document as it may stand in a sentence: short, one line."""
    return repr(text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…")


_MOST_SHOWN = 120
