"""`securecart policy explain`: say in words why requests are decided so."""

import sys
from typing import Any, BinaryIO

import orjson

from securecart.cli.policy_evaluate import place
from securecart.cli.policy_lines import answer_lines
from securecart.policy import sentences
from securecart.policy.explain.bound import Bound
from securecart.policy.explain.finding import (
    ConditionFinding,
    Finding,
    LayerFinding,
    ResourceFinding,
    StatementFinding,
)
from securecart.policy.explain.phrase import caller, plain
from securecart.policy.simulation import Simulation


def explain_lines(file: BinaryIO, *, as_json: bool) -> None:
    """Explain each line of a file; exit with 1 if one was wrong."""
    if as_json:
        right = answer_lines(file, _explained, _refused)
    else:
        right = answer_lines(file, _told, _refused_in_words)
    if not right:
        sys.exit(1)


def _told(number: int, simulation: Simulation) -> bytes:
    explanation = simulation.explanation()
    request = explanation.request
    title = (
        f"Line {number}: {request.action} on {plain(request.resource)} "
        f"by {caller(request.principal)}: {explanation.answer.decision.name}"
    )
    *layers, verdict = sentences(explanation)
    lines = [title, *(f"  {line}" for line in layers), f"  {verdict}"]
    return ("\n".join(lines) + "\n").encode()


def _refused_in_words(number: int, problem: str) -> bytes:
    return f"Line {number}: {plain(problem)}\n".encode()


def _explained(_number: int, simulation: Simulation) -> bytes:
    explanation = simulation.explanation()
    answer = explanation.answer
    return _line(
        {
            "decision": answer.decision.name,
            "statements": [place(ref) for ref in answer.statements],
            "refused_by": answer.layer,
            "layers": [_layer(found) for found in explanation.layers],
            "explanation": sentences(explanation),
        }
    )


def _refused(number: int, problem: str) -> bytes:
    return _line({"error": f"line {number}: {problem}"})


def _layer(found: LayerFinding) -> dict[str, Any]:
    return {
        "layer": found.layer,
        "policies": found.policies,
        "near": [_statement(statement) for statement in found.near],
        "other_statements": found.others,
    }


def _statement(found: StatementFinding) -> dict[str, Any]:
    return {
        **place(found.ref),
        "effect": found.effect.value,
        "matches": found.matches,
        "unmet": [_finding(one) for one in found.unmet],
        "conditions": [_finding(one) for one in found.conditions],
    }


def _finding(found: Finding) -> dict[str, Any]:
    if isinstance(found, ConditionFinding):
        return {
            "element": "Condition",
            "operator": found.operator,
            "key": found.key,
            "wanted": [_bound(bound) for bound in found.wanted],
            "actual": found.actual,
            "held": found.held,
        }
    if isinstance(found, ResourceFinding):
        wanted = [_bound(bound) for bound in found.wanted]
        return {"element": found.element, "wanted": wanted}
    return {"element": found.element, "listed": found.listed}


def _bound(bound: Bound) -> dict[str, Any]:
    return {"text": bound.text, "value": bound.value, "missing": bound.missing}


def _line(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
