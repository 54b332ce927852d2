"""Decisions: engine and compiled form agree on whatever policies can be read.

An input is JSON of `identity`, `boundary`, `session`, `resource` (documents)
and `requests`, each an action, a resource, a context and the owner's account.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from securecart.names.session import RoleSession
from securecart.policy import (
    Layers,
    MalformedPolicyDocument,
    Policy,
    PolicyKind,
    Request,
    decide,
    decide_key,
    parse_policy,
)
from securecart.policy.compiled import CompiledSession

_HERE = "111122223333"
_NOW = datetime(2025, 1, 1, tzinfo=UTC)
_SESSION = RoleSession(
    account=_HERE,
    role_name="R",
    role_path="/",
    role_id="AROAR",
    session_name="a",
    credential_id="ASIA",
    issued_at=_NOW,
    expires_at=_NOW,
    tags=(("Folder", "a"),),
)
_FOLDER = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3:Get*", "s3:PutObject"],
            "Resource": "arn:aws:s3:::docs/${aws:userid}/*",
        },
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::docs",
            "Condition": {"StringLike": {"s3:prefix": "${aws:userid}/*"}},
        },
        {
            "Effect": "Deny",
            "NotAction": "s3:*",
            "NotResource": "arn:aws:s3:::d?cs/${aws:PrincipalTag/x, 'y'}*",
            "Condition": {
                "ForAnyValue:StringNotEqualsIfExists": {"x:k": ["a", "${x:j}"]},
                "NumericLessThan": {"s3:max-keys": 10},
                "Null": {"x:j": "true"},
            },
        },
    ],
}
_BUCKET = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "NotPrincipal": {"AWS": [_HERE, f"arn:aws:iam::{_HERE}:role/R"]},
            "Action": "s3:Delete*",
            "Resource": "*",
            "Condition": {
                "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/R"},
                "IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "::1"]},
                "DateGreaterThan": {"aws:CurrentTime": "2024-01-01"},
            },
        },
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{_HERE}:role/R"},
            "Action": "*",
            "Resource": "arn:aws:s3:::docs/shared/*",
            "Condition": {"Bool": {"aws:SecureTransport": "true"}},
        },
    ],
}
_REQUESTS = [
    ["s3:GetObject", "arn:aws:s3:::docs/AROAR:a/x", {"x:k": ["a", "b"]}, _HERE],
    ["s3:ListBucket", "arn:aws:s3:::docs", {"s3:prefix": "AROAR:a/"}, _HERE],
    ["s3:DeleteObject", "arn:aws:s3:::docs/a", {"aws:sourceip": "10.1.1.1"}, _HERE],
    ["s3:GetObject", "arn:aws:s3:::docs/shared/a", {"s3:max-keys": "1"}, "2" * 12],
]


def _seed(**policies: Any) -> bytes:
    return json.dumps({"requests": _REQUESTS, **policies}).encode()


SEEDS = [
    _seed(identity=[_FOLDER], resource=_BUCKET),
    _seed(identity=[], boundary=_FOLDER, resource=_BUCKET),
    _seed(identity=[_FOLDER, _FOLDER], session=[_FOLDER]),
]


def one(data: bytes) -> None:
    """Read the policies, and have every request decided by both."""
    try:
        whole = json.loads(data)
    except (ValueError, RecursionError):
        return
    if not isinstance(whole, dict):
        return
    try:
        layers = _layers(whole)
    except MalformedPolicyDocument:
        return
    owner = layers.resource
    session = CompiledSession(layers, _SESSION)
    for request in _requests(whole):
        asked = (
            request.action,
            request.resource,
            request.context,
            request.resource_account,
        )
        # Twice: what was kept of the first time must not change the answer.
        for _ in range(2):
            if session.decide(*asked, owner) != decide(layers, request):
                raise AssertionError(request)
            if session.decide_key(*asked, owner) != decide_key(layers, request):
                raise AssertionError(request)


def _layers(whole: Mapping[str, Any]) -> Layers:
    session = whole.get("session")
    return Layers(
        identity=_several(whole.get("identity"), PolicyKind.IDENTITY),
        boundary=_single(whole.get("boundary"), PolicyKind.IDENTITY),
        session=None if session is None else _several(session, PolicyKind.SESSION),
        resource=_single(whole.get("resource"), PolicyKind.RESOURCE),
    )


def _several(documents: Any, kind: PolicyKind) -> tuple[Policy, ...]:
    if not isinstance(documents, list):
        return ()
    return tuple(parse_policy(json.dumps(document), kind) for document in documents)


def _single(document: Any, kind: PolicyKind) -> Policy | None:
    return None if document is None else parse_policy(json.dumps(document), kind)


def _requests(whole: Mapping[str, Any]) -> list[Request]:
    listed = whole.get("requests")
    found = []
    for each in listed if isinstance(listed, list) else ():
        match each:
            case [str(action), str(resource), dict(context), str(account)]:
                keys = {key.lower(): _values(value) for key, value in context.items()}
                found.append(Request(_SESSION, action, resource, keys, account))
            case _:
                pass
    return found


def _values(value: Any) -> str | tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else str(value)
