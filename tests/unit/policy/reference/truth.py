"""Truth with a third value: None is what cannot be decided.

AWS does not say what an undecidable condition does. Here it counts against
the request, so it has to be carried up to the statement, where the effect
tells which way that is.
"""

from collections.abc import Iterable

Truth = bool | None


def every(truths: Iterable[Truth]) -> Truth:
    """False if one is; else undecided if one is; else True."""
    found = list(truths)
    if False in found:
        return False
    return None if None in found else True


def some(truths: Iterable[Truth]) -> Truth:
    """True if one is; else undecided if one is; else False."""
    found = list(truths)
    if True in found:
        return True
    return None if None in found else False


def opposite(truth: Truth) -> Truth:
    """The contrary of what is decided."""
    return None if truth is None else not truth
