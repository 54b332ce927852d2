"""The vectors of the policy engine that a real request can ask, over S3.

The whole gateway but its sockets and its store: signed requests of sessions,
policies out of the stores of IAM and of the buckets, the answer's status.
"""

import asyncio
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import orjson
import pytest

from securecart.iam.authorizer import Authorizer
from securecart.iam.entities import ManagedPolicy, PolicyVersion, Role
from securecart.kms import KeyAuthorizer
from securecart.names.credentials import Credentials
from securecart.names.entities import InMemoryEntities
from securecart.names.session import RoleSession
from securecart.policy import PolicyKind, parse_policy
from securecart.s3 import Bucket, InMemoryBuckets
from securecart.sealing import Keyring, SealingKey
from securecart.serve.gateway.gateway import build_gateway
from securecart.serve.gateway.message import Incoming
from securecart.sts import Authenticator, AuthorizationMessages, Issuer
from securecart.trail import InMemoryJournal
from securecart.wire.http import HttpRequest, HttpResponse
from securecart.wire.sigv4 import sign

_VECTORS: Final = Path(__file__).parents[3] / "vectors" / "policy"
_PRINCIPALS: Final = json.loads((_VECTORS / "principals.json").read_text())
_ACCOUNT, _REGION = "111122223333", "us-east-1"
_NOW: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
_BOUNDARY: Final = f"arn:aws:iam::{_ACCOUNT}:policy/boundary"
_LEAST: Final = 40
"""Fewer vectors than this, and somebody has lost some."""

# By action: method and sub-resource of the request that needs it alone.
_REQUESTS: Final = {
    "s3:GetObject": ("GET", {}),
    "s3:PutObject": ("PUT", {}),
    "s3:DeleteObject": ("DELETE", {}),
    "s3:GetObjectAcl": ("GET", {"acl": ""}),
    "s3:ListBucket": ("GET", {"list-type": "2"}),
    "s3:GetBucketPolicy": ("GET", {"policy": ""}),
}
_PARAMETERS: Final = {
    "s3:prefix": "prefix",
    "s3:delimiter": "delimiter",
    "s3:max-keys": "max-keys",
}
_ON_BUCKETS: Final = {"s3:ListBucket", "s3:GetBucketPolicy"}
# Names that the gateway takes from nobody are refused before any policy.
_REFUSALS: Final = {"AccessDenied", "InvalidArgument", "InvalidBucketName"}
_HEADERS: Final = {"aws:useragent": "user-agent", "aws:referer": "referer"}
_TRANSPORT: Final = "aws:securetransport"


def _cases() -> Iterator[Any]:
    """Each case that some signed request of a session of ours stands for."""
    for path in sorted(_VECTORS.glob("*.json")):
        whole = json.loads(path.read_text())
        for case in whole.get("cases", ()):
            if not whole.get("decides") and _can_be_asked(case):
                yield pytest.param(whole, case, id=f"{path.stem}: {case['says']}")


def _can_be_asked(case: dict[str, Any]) -> bool:
    of = _PRINCIPALS[case.get("principal", "ab")]
    resource = case.get("resource", "arn:aws:s3:::docs")
    return (
        of["kind"] == "session"
        and "account" not in of
        and case["action"] in _REQUESTS
        and resource.startswith("arn:aws:s3:::")
        and resource.isprintable()  # The gateway takes no other keys.
        and ("/" not in resource) is (case["action"] in _ON_BUCKETS)
        and all(map(_can_be_sent, case.get("context", {})))
    )


def _can_be_sent(key: str) -> bool:
    return (
        key in _PARAMETERS
        or key in _HEADERS
        or key == _TRANSPORT
        or key.startswith("s3:x-amz-")
    )


_CASES: Final = list(_cases())


def test_enough_vectors_are_asked() -> None:
    """The others need a principal or a key that no request of S3 has."""
    assert len(_CASES) >= _LEAST


@pytest.mark.parametrize(("whole", "case"), _CASES)
def test_the_gateway_answers_as_the_vector_says(
    loop: asyncio.AbstractEventLoop, whole: dict[str, Any], case: dict[str, Any]
) -> None:
    """Refused where the vector denies, and nowhere else."""
    with ThreadPoolExecutor(1) as executor:
        record = loop.run_until_complete(_asked(whole, case, executor))
    refused = record.get("errorCode") in _REFUSALS
    assert refused is (case["decision"] != "allowed"), (record.get("errorCode"), case)


async def _asked(
    whole: dict[str, Any], case: dict[str, Any], executor: ThreadPoolExecutor
) -> dict[str, Any]:
    """Put the policies where they belong, ask, and answer the audit record."""
    of = _PRINCIPALS[case.get("principal", "ab")]
    resource = case.get("resource", "arn:aws:s3:::docs")
    bucket = resource.removeprefix("arn:aws:s3:::").partition("/")[0]
    entities, buckets = _entities(whole, of), InMemoryBuckets()
    buckets.create(
        Bucket(
            bucket,
            _ACCOUNT,
            _REGION,
            _NOW,
            policy=(
                parse_policy(json.dumps(whole["resource"]), PolicyKind.RESOURCE)
                if "resource" in whole
                else None
            ),
        )
    )
    issuer, journal = (
        Issuer(lambda: Keyring(SealingKey(bytes(32)))),
        InMemoryJournal(),
    )
    authorizer = Authorizer(entities)
    server = build_gateway(
        account=_ACCOUNT,
        region=_REGION,
        entities=entities,
        authenticator=Authenticator(issuer, _NoKeys()),
        authorizer=authorizer,
        key_authorizer=KeyAuthorizer(
            entities, authorizer.session_for, account=_ACCOUNT, region=_REGION
        ),
        buckets=buckets,
        upstream=_NoStore(),
        store_credentials=Credentials("STORE", "store-secret"),
        journal=journal,
        authorization_messages=AuthorizationMessages(Keyring(SealingKey(bytes(32)))),
        api=lambda _: HttpResponse(404, ()),
        executor=executor,
        clock=lambda: _NOW,
        random=os.urandom,
    )
    credentials, _ = issuer.issue(_session(whole, of), random=os.urandom)
    request = sign(
        _request(case, resource),
        credentials,
        region=_REGION,
        service="s3",
        now=_NOW,
        payload_hash="UNSIGNED-PAYLOAD",
    )
    await server.application.answer(Incoming(request, _NoBody()))
    found: dict[str, Any] = orjson.loads(journal.records[-1])
    return found


def _entities(whole: dict[str, Any], of: dict[str, Any]) -> InMemoryEntities:
    entities = InMemoryEntities()
    boundary = whole.get("boundary")
    with entities.writing() as store:
        store.put(
            Role(
                _ACCOUNT,
                of.get("role", "Employee"),
                of.get("path", "/"),
                of.get("id", "AROAEMPLOYEE"),
                _NOW,
                trust_policy="{}",
                inline_policies={
                    str(number): json.dumps(document)
                    for number, document in enumerate(whole.get("identity", ()))
                },
                boundary=_BOUNDARY if boundary else None,
            )
        )
        if boundary:
            store.put(_managed(json.dumps(boundary)))
    return entities


def _session(whole: dict[str, Any], of: dict[str, Any]) -> RoleSession:
    return RoleSession(
        account=_ACCOUNT,
        role_name=of.get("role", "Employee"),
        role_path=of.get("path", "/"),
        role_id=of.get("id", "AROAEMPLOYEE"),
        session_name=of["name"],
        credential_id="",
        issued_at=_NOW,
        expires_at=_NOW + timedelta(hours=1),
        tags=tuple(of.get("tags", {}).items()),
        mfa_authenticated=of.get("mfa"),
        session_policies=tuple(json.dumps(one) for one in whole.get("session") or ()),
    )


def _request(case: dict[str, Any], resource: str) -> HttpRequest:
    method, parameters = _REQUESTS[case["action"]]
    context = case.get("context", {})
    query = urlencode(
        parameters
        | {_PARAMETERS[key]: context[key] for key in context.keys() & _PARAMETERS},
        quote_via=quote,
    )
    headers = tuple(
        (_HEADERS.get(key, key.removeprefix("s3:")), value)
        for key, value in context.items()
        if key in _HEADERS or key.startswith("s3:x-amz-")
    )
    path = quote("/" + resource.removeprefix("arn:aws:s3:::"), safe="/~")
    return HttpRequest(
        method,
        f"{path}?{query}" if query else path,
        (("host", "localhost"), *headers),
        secure=context.get(_TRANSPORT, "true") == "true",
    )


def _managed(document: str) -> ManagedPolicy:
    return ManagedPolicy(
        account=_ACCOUNT,
        name="boundary",
        path="/",
        policy_id="ANPABOUNDARY",
        created=_NOW,
        updated=_NOW,
        versions=(PolicyVersion("v1", document, _NOW),),
        default_version_id="v1",
        next_version=2,
    )


class _NoKeys:
    """There are sessions only."""

    def find(self, _access_key_id: str) -> None:
        return None


class _NoBody:
    """Nothing is sent."""

    length: int | None = 0

    async def read(self) -> bytes:
        return b""


class _NoStore:
    """What is allowed reaches this, and fails with another code."""

    busy = idle = waiting = answered = 0

    def abandon(self) -> None:
        pass

    async def open(self, *_args: Any, **_options: Any) -> Any:
        raise ConnectionError
