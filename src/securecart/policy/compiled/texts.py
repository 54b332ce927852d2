"""Whether a text is one of several patterns, by the cheapest test there is."""

from collections.abc import Iterable
from dataclasses import dataclass

from securecart.policy.wildcard import Glob, Wild

Pieces = tuple[str | Wild, ...]


@dataclass(frozen=True, slots=True)
class Texts:
    """Patterns by how they are tested: as they are, by their beginning, or else.

    Most policies need beginnings alone; a closure that does without the others
    saves a call.
    """

    exact: frozenset[str]
    beginnings: tuple[str, ...]
    others: tuple[Glob, ...]

    @classmethod
    def of(cls, patterns: Iterable[Pieces]) -> "Texts":
        """Sort patterns whose neighbouring literal texts are joined."""
        exact = set[str]()
        beginnings = list[str]()
        others = list[Glob]()
        for pieces in patterns:
            match pieces:
                case ():
                    exact.add("")
                case (str(text),):
                    exact.add(text)
                case (str(text), Wild.ANY):
                    beginnings.append(text)
                case _:
                    others.append(Glob(pieces))
        return cls(frozenset(exact), tuple(beginnings), tuple(others))

    @property
    def only_beginnings(self) -> bool:
        """Whether `str.startswith` tests them all."""
        return not (self.exact or self.others)

    def matches(self, text: str) -> bool:
        """Test whatever there is."""
        return (
            text in self.exact
            or text.startswith(self.beginnings)
            or any(glob.matches(text) for glob in self.others)
        )
