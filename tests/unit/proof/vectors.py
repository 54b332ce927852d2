"""Reads the deployments of `tests/vectors/proof`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from securecart.policy import Policy, PolicyKind, parse_policy
from securecart.proof.deployment import DeployedKey, DeployedRole, Deployment

VECTORS = Path(__file__).parents[2] / "vectors" / "proof"
ACCOUNT = "111122223333"
BUCKET = "docs"
_2012 = "2012-10-17"


@dataclass(frozen=True)
class Vector:
    """One deployment, and what is to be found out about it."""

    name: str
    deployment: Deployment
    expected: str
    request: dict[str, Any]


def vectors() -> Iterator[Vector]:
    """Every case of every file."""
    for path in sorted(VECTORS.glob("*.json")):
        whole = json.loads(path.read_text())
        for case in whole["cases"]:
            yield Vector(
                f"{path.stem}: {case['says']}",
                _Reader(whole["statements"]).deployment(case),
                case["expected"],
                case.get("request", {}),
            )


@dataclass(frozen=True)
class _Reader:
    """Reads one file; a text in place of a statement is the name of one."""

    named: dict[str, Any]

    def deployment(self, case: dict[str, Any]) -> Deployment:
        given: dict[str, Any] = {
            name: frozenset(case[name])
            for name in ("unique", "slash_free")
            if name in case
        }
        if "folder" in case:
            given["folder"] = case["folder"]
        return Deployment(
            ACCOUNT,
            BUCKET,
            tuple(self._role(name, of) for name, of in case["roles"].items()),
            self._policy(case.get("bucket_policy"), PolicyKind.RESOURCE),
            tuple(
                DeployedKey(key["arn"], policy)
                for key in case.get("keys", ())
                if (policy := self._policy(key["policy"], PolicyKind.RESOURCE))
            ),
            **given,
        )

    def _role(self, name: str, of: dict[str, Any]) -> DeployedRole:
        trust = self._policy(
            of["trust"], PolicyKind.TRUST, of.get("trust_version", _2012)
        )
        identity = self._policy(
            of["identity"], PolicyKind.IDENTITY, of.get("identity_version", _2012)
        )
        assert trust is not None
        return DeployedRole(
            name,
            f"arn:aws:iam::{ACCOUNT}:role/{name}",
            f"AROA{name.upper()}",
            trust,
            (identity,) if identity else (),
            self._policy(of.get("boundary"), PolicyKind.IDENTITY),
            tuple(of.get("tags", {}).items()),
        )

    def _policy(
        self, statements: list[Any] | None, kind: PolicyKind, version: str = _2012
    ) -> Policy | None:
        if not statements:
            return None
        document = {
            "Version": version,
            "Statement": [
                self.named[each] if isinstance(each, str) else each
                for each in statements
            ],
        }
        return parse_policy(json.dumps(document), kind)
