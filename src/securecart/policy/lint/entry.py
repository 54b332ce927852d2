"""The texts that say how far a statement reaches, cut into their pieces."""

from collections.abc import Iterator
from dataclasses import dataclass

from securecart.policy.arn_pattern import segments_of
from securecart.policy.conditions.condition import Comparison, Condition
from securecart.policy.document import Effect, Statement
from securecart.policy.variables import Piece, Variable, read_pieces
from securecart.policy.wildcard import Wild

_FOLDER_KEYS = ("kms:encryptioncontext:", "s3:existingobjecttag/")


@dataclass(frozen=True, slots=True)
class Entry:
    """One pattern of `Resource`, or one text that a condition compares with.

    `pieces` are those of the sixth segment where the text is an ARN, and
    `service` is the third. `opens` says that the more this matches, the more
    may be done: in an Allow, and in what a Deny leaves out. `exact` says that
    `*` and `?` are no wildcards in it.
    """

    element: str
    key: str | None
    text: str
    pieces: tuple[Piece, ...]
    service: str
    opens: bool
    exact: bool

    @property
    def names_folder(self) -> bool:
        """Whether it says which documents are meant, and not who may."""
        return (
            self.key is None
            or self.key in {"s3:prefix", "s3:x-amz-copy-source"}
            or self.key.startswith(_FOLDER_KEYS)
        )

    @property
    def variables(self) -> Iterator[Variable]:
        """The variables in it."""
        return (piece for piece in self.pieces if isinstance(piece, Variable))

    @property
    def has_wildcards(self) -> bool:
        """Whether it matches more than one text for each request."""
        return any(isinstance(piece, Wild) for piece in self.pieces)

    @property
    def first_text(self) -> str:
        """The plain text that it begins with."""
        first = self.pieces[0] if self.pieces else ""
        return first if isinstance(first, str) else ""


def entries_of(statement: Statement) -> Iterator[Entry]:
    """Every pattern of the resources, every text of the conditions."""
    allows = statement.effect is Effect.ALLOW
    if statement.resources is not None:
        excluded = statement.resources.excluded
        for pattern in statement.resources.patterns:
            yield Entry(
                "NotResource" if excluded else "Resource",
                None,
                pattern.text,
                pattern.tail.pieces,
                "" if pattern.everything else pattern.head[2].text,
                opens=allows is not excluded,
                exact=False,
            )
    for condition in statement.conditions:
        if isinstance(condition, Comparison) and operator_of(condition) in _TEXT:
            for value in condition.values:
                yield Entry(
                    element_of(condition),
                    condition.key,
                    value,
                    _pieces(condition, value),
                    "",
                    opens=allows is not condition.negated,
                    exact=not is_pattern(condition),
                )


def operator_of(comparison: Comparison) -> str:
    """The operator without its quantifier and `IfExists`: `StringLike`."""
    return comparison.name.rpartition(":")[2].removesuffix("IfExists")


def element_of(condition: Condition) -> str:
    """The place of a condition, as explanations name it."""
    return f"Condition {condition.name} {condition.key}"


def is_pattern(comparison: Comparison) -> bool:
    """Whether `*` and `?` are wildcards in its values."""
    operator = operator_of(comparison)
    return operator.startswith("Arn") or operator.endswith("Like")


def _pieces(comparison: Comparison, value: str) -> tuple[Piece, ...]:
    text = value
    if value.startswith("arn:") and is_pattern(comparison):
        text = segments_of(value)[-1]
    return read_pieces(
        text, variables=comparison.variables, wild=is_pattern(comparison)
    )


_TEXT = frozenset(
    f"{family}{comparison}"
    for family, comparisons in {
        "String": ("Equals", "EqualsIgnoreCase", "Like"),
        "StringNot": ("Equals", "EqualsIgnoreCase", "Like"),
        "Arn": ("Equals", "Like"),
        "ArnNot": ("Equals", "Like"),
    }.items()
    for comparison in comparisons
)
