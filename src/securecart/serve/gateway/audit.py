"""The audit record of an S3 request.

Source: AWS CloudTrail User Guide, "CloudTrail record contents"; Amazon S3
User Guide, "Amazon S3 CloudTrail events".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from securecart.names.errors import ServiceError
from securecart.names.principal import Anonymous, Principal
from securecart.s3 import S3Request, Scope
from securecart.serve.gateway.message import Answer
from securecart.trail import Event, Resource, record
from securecart.wire.http import HttpRequest
from securecart.wire.sigv4 import SignatureKind, VerifiedSignature

UNKNOWN = "UnknownOperation"
_SOURCE = "s3.amazonaws.com"
READING = ("Get", "Head", "List")
"""How the names of operations begin that change nothing."""
_RECORDED_HEADERS = frozenset(
    {
        "range",
        "x-amz-acl",
        "x-amz-copy-source",
        "x-amz-metadata-directive",
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-aws-kms-key-id",
        "x-amz-storage-class",
    }
)
_RECORDED_ANSWER = frozenset(
    {
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-aws-kms-key-id",
        "x-amz-version-id",
    }
)
_DATA_OF_BUCKETS = frozenset(
    {
        "DeleteObjects",
        "HeadBucket",
        "ListMultipartUploads",
        "ListObjectVersions",
        "ListObjects",
        "ListObjectsV2",
    }
)
_METHODS = {
    SignatureKind.HEADER: "AuthHeader",
    SignatureKind.QUERY: "QueryString",
    SignatureKind.FORM: "HtmlForm",
}


@dataclass(slots=True)
class Facts:
    """What is known of a request; it grows while the request is understood.

    `began` is by the monotonic clock; `leave` is called once, at its end.
    """

    request: HttpRequest
    now: datetime
    began: float
    principal: Principal = field(default_factory=Anonymous)
    verified: VerifiedSignature | None = None
    s3: S3Request | None = None
    noted: Mapping[str, Any] = field(default_factory=dict)
    error: ServiceError | None = None
    explanation: tuple[str, ...] = ()
    leave: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Identifiers:
    """What names a request: to the caller, to support, to the audit."""

    request_id: str
    host_id: str
    event_id: str

    @classmethod
    def draw(cls, random: bytes) -> "Identifiers":
        """Make them of 48 random bytes, in AWS's forms."""
        return cls(
            request_id=random[:8].hex().upper(),
            host_id=random[8:32].hex(),
            event_id=_uuid(random[32:48].hex()),
        )


def _uuid(digits: str) -> str:
    """RFC 9562, 5.4: 122 of the bits are random, six say so."""
    variant = "89ab"[int(digits[16], 16) & 3]
    return (
        f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-"
        f"{variant}{digits[17:20]}-{digits[20:]}"
    )


def record_of(
    facts: Facts, ids: Identifiers, answer: Answer, *, account: str, region: str
) -> bytes:
    """Answer the record of a request and of how it was answered."""
    request, s3 = facts.request, facts.s3
    name = UNKNOWN if s3 is None else s3.operation
    return record(
        Event(
            time=facts.now,
            source=_SOURCE,
            name=name,
            region=region,
            account=account,
            source_ip=request.source_ip,
            user_agent=f"[{request.header('user-agent') or ''}]",
            principal=facts.principal,
            access_key_id=facts.verified.access_key_id if facts.verified else None,
            request_id=ids.request_id,
            event_id=ids.event_id,
            read_only=name.startswith(READING),
            data=s3 is not None and _is_data(s3),
            error_code=facts.error.code if facts.error else None,
            error_message=facts.error.message if facts.error else None,
            request_parameters=_parameters(facts),
            response_elements=_elements(answer),
            additional=_additional(facts, ids, answer),
            resources=() if s3 is None else _resources(s3, account),
        )
    )


def _is_data(s3: S3Request) -> bool:
    return s3.row.scope is Scope.OBJECT or s3.operation in _DATA_OF_BUCKETS


def _parameters(facts: Facts) -> dict[str, Any]:
    request, s3 = facts.request, facts.s3
    found: dict[str, Any] = {"Host": request.header("host")}
    if s3 is not None:
        found |= {"bucketName": s3.bucket, "key": s3.key, **dict(s3.parameters)}
    for name in request.first.keys() & _RECORDED_HEADERS:
        found[name] = request.first[name]
    found.update(facts.noted)
    return found


def _elements(answer: Answer) -> dict[str, str] | None:
    found = {name: value for name, value in answer.headers if name in _RECORDED_ANSWER}
    return found or None


def _additional(facts: Facts, ids: Identifiers, answer: Answer) -> dict[str, Any]:
    sent = len(answer.body) if isinstance(answer.body, bytes) else answer.length
    if facts.request.method == "HEAD":
        sent = 0
    received = facts.request.header("content-length") or ""
    found: dict[str, Any] = {
        "bytesTransferredIn": int(received) if received.isdecimal() else 0,
        "bytesTransferredOut": sent or 0,
        "x-amz-id-2": ids.host_id,
    }
    if facts.explanation:
        found["explanation"] = facts.explanation
    if facts.verified is not None:
        found["SignatureVersion"] = "SigV4"
        found["AuthenticationMethod"] = _METHODS[facts.verified.kind]
    return found


def _resources(s3: S3Request, account: str) -> tuple[Resource, ...]:
    if s3.bucket is None:
        return ()
    bucket = Resource("AWS::S3::Bucket", f"arn:aws:s3:::{s3.bucket}", account)
    if s3.key is None:
        return (bucket,)
    return (Resource("AWS::S3::Object", s3.resource), bucket)
