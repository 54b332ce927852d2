"""What is left of an element, asked of every request."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from securecart.policy.conditions.condition import Condition
from securecart.policy.variables import Context

Check = Callable[[str, Context], bool]
"""Takes the whole resource and the request's own context, unfiltered.

A check looks up only keys that nothing settled before, so that what a
request says of its principal is never seen.
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is left of a statement; it matches where all of this holds.

    Each of the `conditions` depends on its own key's value and on nothing
    else, so that what it says of a value can be kept. `weight` is the memory
    that both take, in units of 64 bytes.
    """

    conditions: tuple[Condition, ...]
    checks: tuple[Check, ...]
    weight: int


def weight_of(texts: Iterable[str]) -> int:
    """What patterns, bound and compiled, and the closures around them weigh."""
    return sum(32 + len(text) // 64 for text in texts)
