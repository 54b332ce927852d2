"""Every operation of AWS's models as a template of a request.

What is required is filled in by the model, so that an operation that is new
there is tried without anybody's doing. Words such as `KEYSPOT` stand where an
attack puts what it is aimed at.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

import botocore.serialize
import botocore.session
from botocore.model import (
    ListShape,
    MapShape,
    OperationModel,
    ServiceModel,
    Shape,
    StructureShape,
)
from tests.adversary.exchange import Request
from tests.adversary.spellings import Place, decoded, plain

from securecart.wire.xml_text import xml_text

SERVICES = ("s3", "sts", "iam", "kms")
_DEPTH = 8
_ROLE = "SecureCartEmployee"
STAMP = "x-amz-meta-stamp"
"""Who wrote it; every document that an attack would leave behind says so."""
_LATER = datetime(2040, 1, 1, tzinfo=UTC)
_SESSION_NAME = "NAMESPOT"
_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Sid": "Adversary",
            "Effect": "Deny",
            "Principal": {"AWS": "arn:aws:iam::ACCOUNTSPOT:root"},
            "Action": "s3:ListBucketMultipartUploads",
            "Resource": "arn:aws:s3:::BUCKETSPOT",
        },
    }
)
_GIVEN: Mapping[str, Any] = {
    "Bucket": "BUCKETSPOT",
    "Key": "KEYSPOT",
    "CopySource": "BUCKETSPOT/KEYSPOT",
    "RenameSource": "BUCKETSPOT/KEYSPOT",
    "UploadId": "UPLOADSPOT",
    "PartNumber": 1,
    "Policy": _POLICY,
    "ExpectedBucketOwner": "ACCOUNTSPOT",
    "Tagging": {"TagSet": [{"Key": "STAMPSPOT", "Value": "STAMPSPOT"}]},
    "Delete": {"Objects": [{"Key": "KEYSPOT"}]},
    "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": "ETAGSPOT"}]},
    "Retention": {"Mode": "GOVERNANCE", "RetainUntilDate": _LATER},
    "CORSConfiguration": {
        "CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://x.test"]}]
    },
    "VersioningConfiguration": {"Status": "Suspended"},
    "ServerSideEncryptionConfiguration": {
        "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
    },
    "PublicAccessBlockConfiguration": {"BlockPublicAcls": True},
    "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    "LifecycleConfiguration": {
        "Rules": [
            {
                "ID": "adversary",
                "Status": "Enabled",
                "Filter": {"Prefix": ""},
                "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
            }
        ]
    },
    "RoleArn": f"arn:aws:iam::ACCOUNTSPOT:role/{_ROLE}",
    "RoleSessionName": _SESSION_NAME,
    "Name": _SESSION_NAME,
    "RoleName": _ROLE,
    "PolicyName": "UseFolder",
    "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess",
    "PolicyDocument": '{"Version":"2012-10-17","Statement":{"Effect":"Allow",'
    '"Action":"*","Resource":"*"}}',
    "KeyId": "alias/BUCKETSPOT",
    "EncryptionContext": {"aws:s3:arn": "arn:aws:s3:::BUCKETSPOT/KEYSPOT"},
    "UserName": _SESSION_NAME,
}
_ENCODED = frozenset({"x-amz-copy-source", "x-amz-rename-source"})
"""Headers whose value is written as a target is."""


@dataclass(frozen=True)
class Template:
    """A request with words in it that an attack replaces.

    `open` says that its success is no harm by itself: what it answers is for
    the caller, and has to be looked at.
    """

    operation: str
    variant: str
    request: Request
    open: bool = False

    @property
    def name(self) -> str:
        return f"{self.operation} {self.variant}".strip()

    def has(self, word: str) -> bool:
        """Whether a word stands in it."""
        return word.encode() in self.request.raw

    @property
    def key_in_path(self) -> bool:
        return "KEYSPOT" in self.request.target.partition("?")[0]


@dataclass(frozen=True)
class Own:
    """What an attacker has: their folder, a document of it, an open upload."""

    folder: str
    document: str
    fresh: str
    upload: str
    upload_key: str
    stamp: str
    account: str
    name: str


def fill(template: Template, place: Place, raw: str, own: Own) -> Request:
    """Put a place, spelled as `raw`, into a template."""
    text = decoded(raw)
    words = {
        "BUCKETSPOT": place.bucket,
        "VERSIONSPOT": place.version,
        "UPLOADSPOT": place.upload,
        "ETAGSPOT": place.etag,
        "TOKENSPOT": place.token,
        "FOLDERSPOT": place.folder,
        "IDSPOT": place.folder.partition(":")[0] + ":",
        "NAMESPOT": place.folder.partition(":")[2].removesuffix("/"),
        "MYFOLDER": own.folder + "vault/",
        "MYDOCUMENT": own.document,
        "MYFRESH": own.fresh,
        "MYUPLOADKEY": own.upload_key,
        "MYUPLOADID": own.upload,
        "STAMPSPOT": own.stamp,
        "ACCOUNTSPOT": own.account,
    }
    request = template.request
    written = {**{word: plain(value) for word, value in words.items()}, "KEYSPOT": raw}
    said = {**words, "KEYSPOT": text}
    kind = request.header("content-type") or ""
    return replace(
        request,
        target=_put(request.target, written),
        headers=tuple(
            (name, _put(value, written if name in _ENCODED else words))
            for name, value in request.headers
        ),
        body=_put_in_body(request.body, said, kind),
    )


def _put(text: str, words: Mapping[str, str]) -> str:
    for word in sorted(words, key=len, reverse=True):
        if word in text:
            text = text.replace(word, words[word])
    return text


def _put_in_body(body: bytes, words: Mapping[str, str], kind: str) -> bytes:
    if b"SPOT" not in body:
        return body
    if "json" in kind:
        escaped = {word: json.dumps(value)[1:-1] for word, value in words.items()}
    elif "form-urlencoded" in kind:
        escaped = {word: quote(value, safe="") for word, value in words.items()}
    elif body.startswith(b"<"):
        escaped = {word: xml_text(value) for word, value in words.items()}
    else:
        escaped = dict(words)
    return _put(body.decode(), escaped).encode(errors="replace")


@cache
def _model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


def operation_names(service: str) -> tuple[str, ...]:
    """All that the model has."""
    return tuple(_model(service).operation_names)


@cache
def templates() -> tuple[Template, ...]:
    """Every operation of every service, each in all of its variants."""
    found: list[Template] = []
    for service in SERVICES:
        for name in operation_names(service):
            model = _model(service).operation_model(name)
            for variant, given, is_open in _variants(service, model):
                request = _serialized(service, model, given)
                found.append(Template(name, variant, request, is_open))
    found += _beside_the_model()
    return tuple(found)


_OWN_SOURCE = "BUCKETSPOT/MYDOCUMENT"


def _variants(  # noqa: C901 - one after the other, each by a member
    service: str, model: OperationModel
) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """What to fill in beside what is required."""
    members = {} if model.input_shape is None else model.input_shape.members
    copies = "CopySource" in members
    if not copies:
        yield "", {}, model.name in {"GetCallerIdentity", "DeleteObjects"}
    if service != "s3":
        return
    if copies:
        parts = "UploadId" in members
        mine = (
            {"Key": "MYUPLOADKEY", "UploadId": "MYUPLOADID"}
            if parts
            else {"Key": "MYFRESH"}
        )
        versioned = "BUCKETSPOT/KEYSPOT?versionId=VERSIONSPOT"
        yield "from theirs", mine, False
        yield "from their version", {**mine, "CopySource": versioned}, False
        yield "from theirs if match", {**mine, "CopySourceIfMatch": "ETAGSPOT"}, False
        yield "to theirs", {"CopySource": _OWN_SOURCE}, False
        by_id = "BUCKETSPOT/MYDOCUMENT?versionId=VERSIONSPOT"
        yield "own, their version", {**mine, "CopySource": by_id}, False
    if "VersionId" in members:
        yield "version", {"VersionId": "VERSIONSPOT"}, False
        own = {"Key": "MYDOCUMENT", "VersionId": "VERSIONSPOT"}
        yield "own, their version", own, False
    if "UploadId" in members:
        source = {"CopySource": _OWN_SOURCE} if copies else {}
        yield "own, their upload", {"Key": "MYDOCUMENT", **source}, False
    if "IfMatch" in members:
        source = {"CopySource": _OWN_SOURCE} if copies else {}
        yield "if match", {"IfMatch": "ETAGSPOT", **source}, False
    if "IfNoneMatch" in members:
        source = {"CopySource": _OWN_SOURCE} if copies else {}
        yield "if none match", {"IfNoneMatch": "*", **source}, False
    if "Range" in members:
        yield "a byte", {"Range": "bytes=0-0"}, False
    if model.name == "GetObject":
        yield "part", {"PartNumber": 1, "ChecksumMode": "ENABLED"}, False
    if model.name == "DeleteObjects":
        mixed = [{"Key": "MYFRESH"}, {"Key": "KEYSPOT"}]
        yield "mixed", {"Delete": {"Objects": mixed}}, True
        versions = [{"Key": "KEYSPOT", "VersionId": "VERSIONSPOT"}]
        yield "version", {"Delete": {"Objects": versions}}, True
    if "Prefix" in members and {"MaxKeys", "MaxUploads"} & members.keys():
        yield from _listings(members)


def _listings(members: Mapping[str, Shape]) -> Iterator[tuple[str, Any, bool]]:
    yield "theirs", {"Prefix": "KEYSPOT"}, False
    yield "their folder", {"Prefix": "FOLDERSPOT", "Delimiter": "/"}, False
    yield "their role", {"Prefix": "IDSPOT", "Delimiter": "/"}, False
    own = {"Prefix": "MYFOLDER"}
    yield "own, delimited by theirs", {**own, "Delimiter": "KEYSPOT"}, True
    yield "one key", {"Prefix": "FOLDERSPOT", "MaxKeys": 1, "MaxUploads": 1}, False
    yield "no keys", {"Prefix": "FOLDERSPOT", "MaxKeys": 0, "MaxUploads": 0}, False
    for name in ("Marker", "StartAfter", "KeyMarker", "ContinuationToken"):
        if name not in members:
            continue
        value = "TOKENSPOT" if name == "ContinuationToken" else "KEYSPOT"
        yield f"own, {name} theirs", {**own, name: value}, True
        yield f"{name} alone", {name: value}, False
        yield f"their folder, {name}", {"Prefix": "FOLDERSPOT", name: value}, False
    for name, word in (("VersionIdMarker", "VERSION"), ("UploadIdMarker", "UPLOAD")):
        if name in members:
            marker = {"KeyMarker": "KEYSPOT", name: f"{word}SPOT"}
            yield f"own, {name} theirs", {**own, **marker}, True
            yield f"{name} theirs", marker, False


def _beside_the_model() -> Iterator[Template]:
    """What no operation is, and is answered all the same."""
    host = (("host", ""),)
    form = (*host, ("content-type", "application/x-www-form-urlencoded"))
    preflight = (
        *host,
        ("origin", "https://x.test"),
        ("access-control-request-method", "GET"),
    )
    target = "/BUCKETSPOT/KEYSPOT"
    yield Template("OPTIONS", "", Request("OPTIONS", target, preflight))
    for method in ("TRACE", "PATCH", "POST", "PROPFIND", "MOVE", "COPY", "SEARCH"):
        yield Template(method, "", Request(method, target, host))
    body = urlencode({"Action": "GetCallerIdentity", "Version": "2011-06-15"}).encode()
    yield Template("POST", "a form to S3", Request("POST", target, form, body))
    yield Template(POST_OBJECT, "", Request("POST", "/BUCKETSPOT", host))
    tags = Request("HEAD", f"{target}?tagging", host)
    yield Template("GetObjectTagging", "by HEAD", tags)


POST_OBJECT = "POST Object"


def _serialized(service: str, model: OperationModel, given: dict[str, Any]) -> Request:
    shape = model.input_shape
    parameters: dict[str, Any] = {}
    if shape is not None:
        wanted = {*shape.required_members, *(given.keys() & shape.members.keys())}
        wanted |= {shape.serialization.get("payload", "Body")} & shape.members.keys()
        wanted.discard("CreateBucketConfiguration")  # Not of this region.
        if "Metadata" in shape.members and service == "s3":
            given = {**given, "Metadata": {"stamp": "STAMPSPOT"}}
            wanted.add("Metadata")
        if service == "kms" and "EncryptionContext" in shape.members:
            wanted.add("EncryptionContext")
        parameters = {
            name: _value(name, shape.members[name], given, 0) for name in wanted
        }
        if "Body" in shape.members:
            parameters["Body"] = b"STAMPSPOT"
    serializer = botocore.serialize.create_serializer(
        model.metadata["protocol"], include_validation=False
    )
    made = serializer.serialize_to_request(parameters, model)
    return _request(service, made)


def _request(service: str, made: dict[str, Any]) -> Request:
    target, query = made["url_path"], made["query_string"]
    if isinstance(query, dict) and query:
        pairs = [
            (name, each)
            for name, value in query.items()
            for each in (value if isinstance(value, list) else [value])
        ]
        target += ("&" if "?" in target else "?") + urlencode(pairs, quote_via=quote)
    body = made["body"]
    if isinstance(body, dict):
        body = urlencode(body).encode()
    elif isinstance(body, str):
        body = body.encode()
    body = body or b""
    headers = {name.lower(): str(value) for name, value in made["headers"].items()}
    if service == "s3" and body and "checksum" not in " ".join(headers):
        headers[_MD5] = ""
    return Request(
        made["method"], target, (("host", ""), *headers.items()), body, service
    )


_MD5 = "content-md5"


def with_digest(request: Request) -> Request:
    """Fill in the digest of a body, where there is to be one."""
    if request.header(_MD5) is None:
        return request
    digest = hashlib.md5(request.body, usedforsecurity=False).digest()
    return request.adding((_MD5, base64.b64encode(digest).decode()))


def _value(name: str, shape: Shape, given: Mapping[str, Any], depth: int) -> Any:
    """Something that the model takes for a member."""
    known = {**_GIVEN, **given} if depth == 0 else {}
    if name in known and (name in given or _fits(known[name], shape)):
        return known[name]
    if isinstance(shape, StructureShape):
        members = shape.members
        chosen = shape.required_members or list(members)[:1]
        if depth == _DEPTH:
            return {}
        return {each: _value(each, members[each], given, depth + 1) for each in chosen}
    if isinstance(shape, ListShape):
        return [_value(name, shape.member, given, depth + 1)]
    if isinstance(shape, MapShape):
        return {"name": _value(name, shape.value, given, depth + 1)}
    return _scalar(shape)


def _scalar(shape: Shape) -> Any:
    least = int(shape.metadata.get("min", 1))
    if shape.type_name == "string":
        enum = shape.metadata.get("enum")
        return enum[0] if enum else "adversary".ljust(least, "x")
    return {
        "integer": least or 1,
        "long": least or 1,
        "float": 1.0,
        "double": 1.0,
        "boolean": True,
        "timestamp": _LATER,
        "blob": b"adversary",
    }[shape.type_name]


def _fits(value: Any, shape: Shape) -> bool:
    """Whether what we have for a name is what the model means by it here."""
    if isinstance(shape, StructureShape):
        members = shape.members
        return isinstance(value, dict) and all(
            name in members and _fits(each, members[name])
            for name, each in value.items()
        )
    if isinstance(shape, ListShape):
        return isinstance(value, list) and all(
            _fits(each, shape.member) for each in value
        )
    kinds = {"map": dict, "string": str, "timestamp": datetime}
    kind = kinds.get(shape.type_name, int)
    return isinstance(value, kind)
