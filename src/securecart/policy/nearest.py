"""The known name that somebody most likely meant."""

from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from securecart.policy.casing import ascii_lower

_ALIKE = 0.6
"""Of all letter pairs of two names, the share that both must have."""
_LONGEST = 100
"""Letters; no action or condition key of AWS is longer."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Answer the most similar of the known names; None if none resembles it.

    Two names are as similar as the letter pairs that they share are many
    (Dice's coefficient): in time that grows with the names, not their product.
    """
    wanted = _pairs(ascii_lower(name[:_LONGEST]))
    best, most = None, _ALIKE
    for candidate in known:
        pairs = _known_pairs(candidate)
        alike = 2 * len(wanted & pairs) / (len(wanted) + len(pairs) or 1)
        if alike > most:
            best, most = candidate, alike
    return best


def _pairs(text: str) -> frozenset[str]:
    return frozenset(map("".join, pairwise(text)))


@lru_cache(maxsize=4096)
def _known_pairs(name: str) -> frozenset[str]:
    return _pairs(ascii_lower(name))
