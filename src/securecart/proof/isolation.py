"""Whether one person can ever come to another's folder."""

from dataclasses import dataclass

from securecart.proof.counterexample import Counterexample
from securecart.proof.deployment import Deployment


@dataclass(frozen=True, slots=True)
class Proof:
    """Nobody can, as long as the assumptions hold.

    `assumptions` are whole sentences, those that the proof rests on and no
    others. The counts say what was examined: `sessions` are the ways to come
    to a session, `states` those of the automata.
    """

    assumptions: tuple[str, ...]
    statements: int
    actions: int
    sessions: int
    states: int


@dataclass(frozen=True, slots=True)
class Undecided:
    """Neither proved nor shown to fail; `reasons` are whole sentences."""

    reasons: tuple[str, ...]


def prove(deployment: Deployment) -> Proof | Counterexample | Undecided:
    """Examine every two different people, whatever either may choose."""
    return Undecided((f"The policies of {deployment.bucket} were not examined.",))
