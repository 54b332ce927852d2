"""What a rule has to say about one place of a policy."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """DANGER: somebody may reach what they should not. NOTE: worth a look."""

    DANGER = "danger"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Remark:
    """One warning: which rule, where, what is the matter, what to do.

    `statement` counts from one, as the messages of `parse_policy` do;
    `element` is such as `Resource` or `Condition StringLike s3:prefix`.
    """

    rule: str
    severity: Severity
    statement: int
    sid: str | None
    element: str
    text: str
    advice: str

    @property
    def place(self) -> str:
        """The place in the words of `MalformedPolicyDocument`."""
        sid = f" ({self.sid[:80]})" if self.sid else ""
        return f"Statement {self.statement}{sid}, {self.element}"
