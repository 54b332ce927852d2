"""`securecart policy evaluate`: decide the requests of JSON lines."""

import sys
from typing import Any, BinaryIO

import orjson

from securecart.cli.policy_lines import answer_lines
from securecart.policy import StatementRef
from securecart.policy.simulation import Simulation


def evaluate_lines(file: BinaryIO) -> None:
    """Answer each line of a file with one line; exit with 1 if one was wrong."""
    if not answer_lines(file, _decided, _refused):
        sys.exit(1)


def _decided(_number: int, simulation: Simulation) -> bytes:
    answer = simulation.answer()
    return _line(
        {
            "decision": answer.decision.name,
            "statements": [place(ref) for ref in answer.statements],
        }
    )


def _refused(number: int, problem: str) -> bytes:
    return _line({"error": f"line {number}: {problem}"})


def place(ref: StatementRef) -> dict[str, Any]:
    """Where a statement stands; policy and statement count from zero."""
    sid = {} if ref.sid is None else {"sid": ref.sid}
    return {
        "layer": ref.layer.value,
        "policy": ref.policy,
        "statement": ref.statement,
        **sid,
    }


def _line(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
