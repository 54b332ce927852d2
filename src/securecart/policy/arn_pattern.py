"""Matching ARNs: five confined segments, and a sixth that is free.

In `arn:aws:s3:::bucket/*` no wildcard of the first five segments reaches
across a colon; the sixth takes everything that follows the fifth colon. Where
segments are left out behind a closing `*`, as in `arn:aws:s3:*`, that star
stands for them too.

Source: AWS IAM User Guide, "IAM JSON policy elements: Resource", using
wildcards in resource ARNs.
"""

import re

from securecart.policy.errors import NotUnderstood
from securecart.policy.pattern import Pattern
from securecart.policy.variables import Context

_HEAD = 5
# Up to the next colon; those of a variable's name are not the ARN's.
_SEGMENT = re.compile(r"(?:\$\{[^}]*+\}|[^:])*")
Segments = tuple[str, ...]
"""The six segments of an ARN, or one element for what is no ARN."""


def segments_of(arn: str) -> Segments:
    """Cut at the first five colons."""
    return tuple(arn.split(":", _HEAD))


class ArnPattern:
    """An ARN with wildcards and variables, or `*` for every resource.

    `head` are the patterns of the first five segments, `tail` that of the
    sixth; for `*` there is no head.
    """

    __slots__ = ("everything", "head", "tail", "text")

    def __init__(self, text: str, *, variables: bool) -> None:
        """Compile.

        Raises:
            NotUnderstood: if this is no ARN, or a variable is malformed.
        """
        self.text = text
        self.everything = text == "*"
        *head, tail = (text,) if self.everything else _cut(text, variables=variables)
        if not self.everything and (len(head) != _HEAD or head[0] != "arn"):
            raise NotUnderstood('neither an ARN nor "*"')
        self.head = tuple(Pattern(segment, variables=variables) for segment in head)
        self.tail = Pattern(tail, variables=variables)

    @property
    def has_variables(self) -> bool:
        """Whether what this matches depends on the request."""
        return any(pattern.has_variables for pattern in (*self.head, self.tail))

    def matches(self, arn: Segments, context: Context) -> bool | None:
        """Whether the ARN matches; None if a variable has no value."""
        if self.everything:
            return True
        found = [
            pattern.matches(segment, context)
            for pattern, segment in zip(self.head, arn, strict=False)
        ]
        found.append(self.tail.matches(arn[-1], context))
        if None in found:
            return None
        return len(arn) == _HEAD + 1 and all(found)


def _cut(text: str, *, variables: bool) -> list[str]:
    """Cut a pattern into segments; a closing `*` stands for those left out."""
    segments, start = list[str](), 0
    while len(segments) < _HEAD:
        end = _end_of_segment(text, start, variables=variables)
        if end == len(text):
            break
        segments.append(text[start:end])
        start = end + 1
    segments.append(text[start:])
    if text.endswith("*") and len(segments) > 1:
        segments += ["*"] * (_HEAD + 1 - len(segments))
    return segments


def _end_of_segment(text: str, start: int, *, variables: bool) -> int:
    if not variables:
        end = text.find(":", start)
        return len(text) if end < 0 else end
    found = _SEGMENT.match(text, start)
    return found.end() if found else start
