"""`securecart prove`: can one person ever come to another's folder?"""

import json
import sys
import time
from dataclasses import dataclass, replace
from typing import Any, assert_never

import click

from securecart.cli.counterexample import as_data, told
from securecart.names.errors import SecureCartError
from securecart.policy.casing import ascii_lower
from securecart.policy.variables import read_pieces
from securecart.proof.counterexample import Counterexample
from securecart.proof.deployment import Deployment
from securecart.proof.isolation import Proof, Undecided, prove

_PROVED = "Proved: nobody can come to another person's folder in {}."
_UNDECIDED = (
    "Not proved: no way into another person's folder was found, but not every way "
    "was ruled out."
)
_EXIT = {Proof: 0, Counterexample: 1, Undecided: 2}
"""By the verdict; an error of any other kind is 1 as well, on standard error."""


class NotIsolated(SecureCartError):
    """The policies that stand are not proved to keep people apart."""


class UnclearFolder(SecureCartError):
    """What a folder is called is not written as in a policy."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """What the command line says of the people, beside the policies."""

    folder: str | None = None
    unique: frozenset[str] = frozenset()
    slash_free: frozenset[str] = frozenset()

    def of(self, deployment: Deployment) -> Deployment:
        """The deployment, its people as described.

        Raises:
            UnclearFolder: if the folder is not named as policies name one.
        """
        folder = deployment.folder if self.folder is None else self.folder
        try:
            read_pieces(folder, variables=True, wild=False)
        except ValueError as error:
            raise UnclearFolder(f"the folder {folder!r}: {error}") from None
        return replace(
            deployment,
            folder=folder,
            unique=deployment.unique | set(map(ascii_lower, self.unique)),
            slash_free=deployment.slash_free | set(map(ascii_lower, self.slash_free)),
        )


def require_isolation(deployment: Deployment) -> str:
    """Prove that the policies keep people apart; answer a line that says so.

    Raises:
        NotIsolated: if they do not, or it cannot be shown.
    """
    verdict = prove(deployment)
    match verdict:
        case Proof():
            return "Isolation: proved for any two people. See `securecart prove`."
        case Counterexample():
            raise NotIsolated(
                f"NOT ISOLATED: somebody {verdict.harm}. Run `securecart prove`, which "
                "shows how, and take back what allows it."
            )
        case Undecided():
            raise NotIsolated(
                "isolation is not proved. Run `securecart prove`, which says why."
            )
        case _:
            assert_never(verdict)


def show_proof(deployment: Deployment, assumed: Assumed, *, as_json: bool) -> None:
    """Examine the policies, say what came of it, and exit by the verdict.

    Raises:
        UnclearFolder: if the folder is not named as policies name one.
    """
    deployment = assumed.of(deployment)
    began = time.perf_counter()
    verdict = prove(deployment)
    seconds = time.perf_counter() - began
    if as_json:
        document = _data(verdict, deployment) | {"seconds": round(seconds, 4)}
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        click.echo(f"{_words(verdict, deployment)}\n\nTook {seconds * 1000:.0f} ms.")
    sys.exit(_EXIT[type(verdict)])


def _words(verdict: Proof | Counterexample | Undecided, deployment: Deployment) -> str:
    match verdict:
        case Proof():
            return "\n".join(
                [
                    _PROVED.format(deployment.bucket),
                    "\nAs long as this holds:",
                    *(f"  - {assumption}" for assumption in verdict.assumptions),
                    f"\nExamined: {_examined(verdict, deployment)}.",
                ]
            )
        case Counterexample():
            return told(verdict, deployment)
        case Undecided():
            return "\n".join(
                [
                    _UNDECIDED,
                    "\nBecause:",
                    *(f"  - {reason}" for reason in verdict.reasons),
                ]
            )
        case _:
            assert_never(verdict)


def _examined(proof: Proof, deployment: Deployment) -> str:
    return ", ".join(
        (
            _count(len(deployment.roles), "role"),
            _count(proof.statements, "statement"),
            _count(proof.actions, "action"),
            f"{_count(proof.sessions, 'way')} to a session",
            _count(proof.states, "automaton state"),
        )
    )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _data(
    verdict: Proof | Counterexample | Undecided, deployment: Deployment
) -> dict[str, Any]:
    match verdict:
        case Proof():
            return {
                "verdict": "proved",
                "assumptions": verdict.assumptions,
                "examined": {
                    "roles": len(deployment.roles),
                    "statements": verdict.statements,
                    "actions": verdict.actions,
                    "sessions": verdict.sessions,
                    "states": verdict.states,
                },
            }
        case Counterexample():
            return {"verdict": "counterexample", **as_data(verdict)}
        case Undecided():
            return {"verdict": "undecided", "reasons": verdict.reasons}
        case _:
            assert_never(verdict)
