"""Principals and vectors that the tests of this room share."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from securecart.names.principal import (
    Anonymous,
    Federated,
    FederatedUser,
    IamUser,
    Principal,
    Root,
    Service,
)
from securecart.names.session import RoleSession
from securecart.policy import (
    Answer,
    Layers,
    PolicyKind,
    Request,
    decide,
    decide_key,
    decide_trust,
    parse_policy,
)

VECTORS = Path(__file__).parents[2] / "vectors" / "policy"
FILES = sorted(
    path
    for path in VECTORS.glob("*.json")
    if path.stem not in {"principals", "denials"}
)
ACCOUNT = "111122223333"
ISSUED = datetime(2025, 3, 1, 12, tzinfo=UTC)


def session(name: str, **changes: Any) -> RoleSession:
    """A session of the role Employee."""
    fields: dict[str, Any] = {
        "account": ACCOUNT,
        "role_name": "Employee",
        "role_path": "/",
        "role_id": "AROAEMPLOYEE",
        "session_name": name,
        "credential_id": "ASIAEXAMPLE",
        "issued_at": ISSUED,
        "expires_at": ISSUED + timedelta(hours=1),
    }
    return RoleSession(**(fields | changes))


_BY_NAME: dict[str, type[Service] | type[FederatedUser]] = {
    "service": Service,
    "federated-user": FederatedUser,
}


def _principal(of: dict[str, Any]) -> Principal:
    account = of.get("account", ACCOUNT)
    match of["kind"]:
        case "session":
            tags = tuple(of.get("tags", {}).items())
            return session(
                of["name"],
                account=account,
                role_name=of.get("role", "Employee"),
                role_path=of.get("path", "/"),
                role_id=of.get("id", "AROAEMPLOYEE"),
                tags=tags,
                mfa_authenticated=of.get("mfa"),
            )
        case "user":
            path = of.get("path", "/")
            return IamUser(account, of["name"], of.get("id", "AIDAEXAMPLE"), path)
        case "root":
            return Root(account)
        case "federated":
            return Federated(account, of["provider"], "ab")
        case "anonymous":
            return Anonymous()
        case kind:
            return _BY_NAME[kind](account, of["name"])


PRINCIPALS = {
    name: _principal(of)
    for name, of in json.loads((VECTORS / "principals.json").read_text()).items()
}


@dataclass(frozen=True)
class Vector:
    """One case of one file, ready to be decided."""

    decides: str
    layers: Layers
    request: Request
    expected: dict[str, Any]

    @property
    def says(self) -> str:
        """The behaviour that the case is about."""
        return str(self.expected["says"])

    def answer(self) -> Answer:
        """Ask the engine."""
        if self.decides == "trust":
            trust = self.layers.resource
            assert trust is not None
            return decide_trust(trust, self.request, self.layers)
        return (decide_key if self.decides == "key" else decide)(
            self.layers, self.request
        )


@pytest.fixture
def principals() -> dict[str, Principal]:
    """The principals of `tests/vectors/policy/principals.json`, by name."""
    return PRINCIPALS


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for a `vector` once for each, or once for a file."""
    if "vector" in metafunc.fixturenames:
        cases = [
            pytest.param(vector, id=f"{path.stem}: {vector.says}")
            for path in FILES
            for vector in vectors_of(path)
        ]
        metafunc.parametrize("vector", cases)
    if "vector_file" in metafunc.fixturenames:
        files = [pytest.param(vectors_of(path), id=path.stem) for path in FILES]
        metafunc.parametrize("vector_file", files)


def vectors_of(path: Path) -> tuple[Vector, ...]:
    """Every case of a file."""
    whole = json.loads(path.read_text())
    layers = _layers(whole)
    return tuple(
        Vector(
            whole.get("decides", ""),
            layers,
            Request(
                PRINCIPALS[case.get("principal", "ab")],
                case["action"],
                case.get("resource", "arn:aws:s3:::docs"),
                {
                    key: tuple(value) if isinstance(value, list) else value
                    for key, value in case.get("context", {}).items()
                },
                ACCOUNT,
            ),
            case,
        )
        for case in whole["cases"]
    )


def _layers(whole: dict[str, Any]) -> Layers:
    owner = PolicyKind.TRUST if whole.get("decides") == "trust" else PolicyKind.RESOURCE
    boundary, session_policies = whole.get("boundary"), whole.get("session")
    return Layers(
        identity=tuple(
            parse_policy(json.dumps(document), PolicyKind.IDENTITY)
            for document in whole.get("identity", ())
        ),
        boundary=(
            parse_policy(json.dumps(boundary), PolicyKind.IDENTITY)
            if boundary
            else None
        ),
        session=(
            tuple(
                parse_policy(json.dumps(document), PolicyKind.SESSION)
                for document in session_policies
            )
            if session_policies is not None
            else None
        ),
        resource=(
            parse_policy(json.dumps(whole["resource"]), owner)
            if "resource" in whole
            else None
        ),
    )
