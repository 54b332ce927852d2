"""What a specialisation is made for."""

from dataclasses import dataclass

from securecart.policy.arn_pattern import Segments, segments_of
from securecart.policy.casing import ascii_lower

_SEGMENTS = 6


@dataclass(frozen=True, slots=True)
class Target:
    """An action on one resource, or on every resource that begins with a head.

    `head` is the one resource where `whole`; otherwise it ends with the first
    slash of the resources.
    """

    action: str
    head: str
    whole: bool

    @property
    def folded_action(self) -> str:
        """The action in lower case, as policies are matched."""
        return ascii_lower(self.action)

    @property
    def segments(self) -> Segments:
        """The head's segments; where not `whole`, the last of them goes on."""
        return segments_of(self.head)

    @property
    def has_every_segment(self) -> bool:
        """Whether only the sixth segment is left open."""
        return len(self.segments) == _SEGMENTS
