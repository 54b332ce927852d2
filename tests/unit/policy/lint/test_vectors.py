"""Every case of `tests/vectors/lint`, through the library and the command."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from securecart.cli.main import main
from securecart.policy import PolicyKind, parse_policy
from securecart.policy.lint import RULES, Severity, lint

_VECTORS = Path(__file__).parents[3] / "vectors" / "lint"
CASES = {
    f"{path.stem}: {case['says']}": case
    for path in sorted(_VECTORS.glob("*.json"))
    for case in json.loads(path.read_text())["cases"]
}
_SEVERITY = {rule.identifier: rule.severity for rule in RULES}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_finds_just_what_is_expected(case: dict[str, Any]) -> None:
    """Each rule at its place, and no other."""
    policy = parse_policy(json.dumps(case["document"]), PolicyKind(case["kind"]))
    found = [[r.rule, r.statement, r.element] for r in lint(policy)]
    assert sorted(found) == sorted(case["expected"])


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_command_says_the_same(case: dict[str, Any]) -> None:
    """In JSON lines; it fails for dangers, and not for notes."""
    result = CliRunner().invoke(
        main,
        ["policy", "lint", "--json", "--kind", case["kind"]],
        input=json.dumps(case["document"]),
    )
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert sorted([r["rule"], r["statement"], r["element"]] for r in found) == sorted(
        case["expected"]
    )
    dangers = {_SEVERITY[rule] for rule, *_ in case["expected"]} & {Severity.DANGER}
    assert result.exit_code == (1 if dangers else 0)


def test_every_rule_has_a_case() -> None:
    """No rule is there that nothing shows to fire."""
    shown = {rule for case in CASES.values() for rule, *_ in case["expected"]}
    assert shown == set(_SEVERITY)
