"""What a specialisation is made for."""

from dataclasses import dataclass

from securecart.policy.arn_pattern import Segments, segments_of
from securecart.policy.casing import ascii_lower

_SEGMENTS = 6


@dataclass(frozen=True, slots=True)
class Target:
    """An action on one resource, or on every resource that begins with a head.

    The action is in lower case, as policies are matched. `segments` are those
    of the one resource where `whole`; otherwise the last of them goes on after
    its slash.
    """

    action: str
    segments: Segments
    whole: bool

    @classmethod
    def of(cls, action: str, head: str, *, whole: bool) -> "Target":
        """Read an action, and a resource or its head, as a request has them."""
        return cls(ascii_lower(action), segments_of(head), whole)

    @property
    def has_every_segment(self) -> bool:
        """Whether only the sixth segment is left open."""
        return len(self.segments) == _SEGMENTS
