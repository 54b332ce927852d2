"""Every vector of the policy engine, through `securecart policy evaluate`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from click.testing import CliRunner

from securecart.cli.main import main

_VECTORS: Final = Path(__file__).parents[2] / "vectors" / "policy"
_ACCOUNT: Final = "111122223333"
_LEAST: Final = 800
"""Fewer vectors than this, and somebody has lost some."""

_ROLE: Final = f"arn:aws:iam::{_ACCOUNT}:role/Employee"
_NO_REQUESTS: Final = {"arn_shapes: and of ARNs only"}
"""Cases whose resource is no ARN: a wrong line, and so never allowed."""

_DECISIONS: Final = {
    "allowed": "ALLOW",
    "explicitDeny": "EXPLICIT_DENY",
    "implicitDeny": "IMPLICIT_DENY",
}
_PRINCIPALS: Final = json.loads((_VECTORS / "principals.json").read_text())
# What nobody can choose in a request; the vectors hold the engine to that.
_OWNED: Final = ("aws:principal", "aws:userid", "aws:username", "aws:multifactor")


def _cases() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Each case's name, its line, and what is expected of it."""
    for path in sorted(_VECTORS.glob("*.json")):
        whole = json.loads(path.read_text())
        for case in whole.get("cases", ()):
            yield f"{path.stem}: {case['says']}", _line(whole, case), case


def _line(whole: dict[str, Any], case: dict[str, Any]) -> dict[str, Any]:
    boundary = whole.get("boundary")
    of = _PRINCIPALS[case.get("principal", "ab")]
    account = of.get("account", _ACCOUNT)
    context = {
        key: value
        for key, value in case.get("context", {}).items()
        if not key.lower().startswith(_OWNED)
    }
    return {
        "principal": _name(of, account),
        "principal_account": account if of["kind"] == "service" else None,
        "principal_tags": of.get("tags"),
        "action": case["action"],
        "resource": _ROLE
        if whole.get("decides") == "trust"
        else case.get("resource", "arn:aws:s3:::docs"),
        "resource_account": _ACCOUNT,
        "context": context | _told(of, account),
        "identity_policies": whole.get("identity"),
        "resource_policy": whole.get("resource"),
        "permissions_boundaries": None if boundary is None else [boundary],
        "session_policies": whole.get("session"),
    }


def _name(of: dict[str, Any], account: str) -> str:
    named = {
        "session": f"sts::{account}:assumed-role/{of.get('role', 'Employee')}/",
        "user": f"iam::{account}:user{of.get('path', '/')}",
        "federated-user": f"sts::{account}:federated-user/",
    }
    kind = of["kind"]
    if kind in named:
        return f"arn:aws:{named[kind]}{of['name']}"
    if kind == "root":
        return f"arn:aws:iam::{account}:root"
    return str(of.get("provider") or of.get("name") or kind)


def _told(of: dict[str, Any], account: str) -> dict[str, Any]:
    """What an ARN does not say of its principal."""
    match of["kind"]:
        case "session":
            role = f"role{of.get('path', '/')}{of.get('role', 'Employee')}"
            return {
                "aws:userid": f"{of.get('id', 'AROAEMPLOYEE')}:{of['name']}",
                "aws:TokenIssueTime": "2025-03-01T12:00:00Z",
                "aws:MultiFactorAuthPresent": of.get("mfa"),
                "aws:PrincipalArn": f"arn:aws:iam::{account}:{role}",
            }
        case "user":
            return {"aws:userid": of.get("id", "AIDAEXAMPLE")}
        case _:
            return {}


def test_the_command_decides_as_every_vector_says() -> None:
    """One invocation answers all of them, in their order."""
    cases = list(_cases())
    assert len(cases) >= _LEAST
    lines = "".join(json.dumps(line) + "\n" for _, line, _ in cases)

    result = CliRunner().invoke(main, ["policy", "evaluate"], input=lines)

    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert {
        name
        for (name, _, _), answer in zip(cases, answers, strict=True)
        if "error" in answer
    } == _NO_REQUESTS
    wrong = []
    for (name, _, expected), answer in zip(cases, answers, strict=True):
        if name in _NO_REQUESTS:
            continue
        sids = [statement.get("sid") for statement in answer["statements"]]
        if answer["decision"] != _DECISIONS[expected["decision"]] or (
            "sids" in expected and sids != expected["sids"]
        ):
            wrong.append((name, answer))
    assert not wrong


def test_the_command_explains_every_vector() -> None:
    """The words come to the same decision, and name the layer that refused."""
    cases = list(_cases())
    lines = "".join(json.dumps(line) + "\n" for _, line, _ in cases)

    result = CliRunner().invoke(main, ["policy", "explain", "--json"], input=lines)

    told = [json.loads(line) for line in result.stdout.splitlines()]
    for (name, _, expected), explained in zip(cases, told, strict=True):
        if name in _NO_REQUESTS:
            continue
        verdict = explained["explanation"][-1]
        if expected["decision"] == "allowed":
            assert verdict.startswith("Allowed"), name
            assert explained["refused_by"] is None
        else:
            assert verdict.startswith("Denied"), name
            assert explained["refused_by"] == expected.get(
                "layer", explained["refused_by"]
            )
