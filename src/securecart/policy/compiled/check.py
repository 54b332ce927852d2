"""What is left of an element, asked of every request."""

from collections.abc import Callable
from dataclasses import dataclass

from securecart.policy.variables import Context

Check = Callable[[str, Context], bool]
"""Takes the whole resource and the request's own context, unfiltered.

A check looks up only keys that nothing settled before, so that what a
request says of its principal is never seen.
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """Something that depends on the request.

    `present` is a condition key without which it cannot hold, if there is
    one, nor with one of the values in `harmless`: both are cheaper to look
    for than a check is to call.
    """

    check: Check
    present: str | None = None
    harmless: frozenset[str] = frozenset()
