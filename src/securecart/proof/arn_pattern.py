"""ARNs of which some segments are open. Mirrors `policy.arn_pattern`."""

from collections.abc import Iterator
from dataclasses import dataclass

from securecart.policy.arn_pattern import ArnPattern, segments_of
from securecart.proof.conditions import Truth, certain
from securecart.proof.variables import Known, Symbols, spell
from securecart.proof.wildcard import Language, Search, Within

Head = tuple[str | None, ...]
"""The first five segments of an ARN; None: any text."""


@dataclass(frozen=True, slots=True)
class Resource:
    """What a request names: an ARN's head and the shape of its sixth segment.

    `*`, which stands for no resource, has no head and is its own tail.
    """

    head: Head
    tail: Symbols

    @classmethod
    def literal(cls, arn: str) -> "Resource":
        """One resource and no other."""
        *head, tail = segments_of(arn)
        return cls(tuple(head), (tail,))


def head_truth(pattern: ArnPattern, head: Head) -> Truth:
    """Whether the first five segments match."""
    if pattern.everything:
        return Truth.ALWAYS
    if len(pattern.head) != len(head):
        return Truth.NEVER
    found = Truth.ALWAYS
    for own, segment in zip(pattern.head, head, strict=True):
        if segment is None:
            if own.text != "*":
                found = Truth.PERHAPS
        elif not own.matches(segment, {}):
            return Truth.NEVER
    return found


def tails(
    patterns: tuple[ArnPattern, ...], head: Head, known: Known
) -> Iterator[Symbols]:
    """Every shape of the sixth segment that some pattern could match."""
    for pattern in patterns:
        if head_truth(pattern, head) is not Truth.NEVER:
            yield from spell(pattern.tail.pieces, known)


def certain_tails(
    patterns: tuple[ArnPattern, ...], head: Head, known: Known
) -> Iterator[Symbols]:
    """Those that a pattern matches whoever asks."""
    for pattern in patterns:
        if head_truth(pattern, head) is Truth.ALWAYS:
            found = certain(pattern.tail.pieces, known)
            if found is not None:
                yield found


def covers(
    patterns: tuple[ArnPattern, ...], resource: Resource, known: Known, search: Search
) -> Truth:
    """Whether one of the patterns matches a resource, whose tail is constant."""
    language = Language(resource.tail)
    surely = tuple(certain_tails(patterns, resource.head, known))
    if surely and search.find(language, (Within(surely),)) is not None:
        return Truth.ALWAYS
    perhaps = tuple(tails(patterns, resource.head, known))
    found = search.find(language, (Within(perhaps),))
    return Truth.NEVER if found is None else Truth.PERHAPS
