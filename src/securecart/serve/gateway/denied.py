"""A refusal by policy, and the reason that only administrators are shown."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from securecart.names.errors import AccessDenied
from securecart.policy import Explanation, sentences

_MOST_SENTENCES: Final = 20
"""Statements that came near: more do not help whoever looks for the reason."""

_LONGEST: Final = 1024
"""Characters of one sentence, as CloudTrail cuts an errorMessage."""


@dataclass(frozen=True, slots=True)
class Reason:
    """The requirement that was refused; the last sentence is the verdict."""

    action: str
    resource: str
    sentences: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """Which layer refused, and what would have to change."""
        return self.sentences[-1]


class DeniedByPolicy(AccessDenied):
    """What a statement denies, or none allows.

    The message is AWS's, for the caller. The reason is worked out only for
    the record of a request, as many a refusal never becomes its answer.
    """

    def __init__(self, message: str, explain: Callable[[], Explanation]) -> None:
        super().__init__(message)
        self._explain = explain

    def reason(self) -> Reason:
        """Say what was asked for, and why it is refused."""
        explanation = self._explain()
        *layers, verdict = sentences(explanation)
        told = [*layers[: _MOST_SENTENCES - 1], verdict]
        request = explanation.request
        return Reason(
            request.action, request.resource, tuple(text[:_LONGEST] for text in told)
        )
