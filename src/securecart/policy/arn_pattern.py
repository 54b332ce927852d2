"""Matching ARNs: five confined segments, and a sixth that is free.

In `arn:aws:s3:::bucket/*` no wildcard of the first five segments reaches
across a colon; the sixth takes everything that follows the fifth colon.
"""

from securecart.policy.errors import NotUnderstood
from securecart.policy.pattern import Pattern
from securecart.policy.variables import Context

_HEAD = 5
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

        Variables may stand in the sixth segment only, as in AWS.

        Raises:
            NotUnderstood: if this is no ARN, or a variable is misplaced.
        """
        self.text = text
        self.everything = text == "*"
        *head, tail = ("*",) if self.everything else segments_of(text)
        if not self.everything and (len(head) != _HEAD or head[0] != "arn"):
            raise NotUnderstood('neither an ARN nor "*"')
        if variables and any("${" in segment for segment in head):
            raise NotUnderstood("a variable before the fifth colon of an ARN")
        self.head = tuple(Pattern(segment, variables=False) for segment in head)
        self.tail = Pattern(tail, variables=variables)

    @property
    def has_variables(self) -> bool:
        """Whether what this matches depends on the request."""
        return self.tail.has_variables

    def matches(self, arn: Segments, context: Context) -> bool | None:
        """Whether the ARN matches; None if a variable has no value."""
        if self.everything:
            return True
        tail = self.tail.matches(arn[-1], context)
        if tail is None:
            return None
        return (
            tail
            and len(arn) == _HEAD + 1
            and all(
                pattern.matches(segment, context)
                for pattern, segment in zip(self.head, arn, strict=False)
            )
        )
