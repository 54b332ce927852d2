"""What strangers send, to every server they can reach, over the wire.

Each line of the tables is one request and the answer that it must get: of
the right kind, soon, with nothing in it about how we are built; and the
servers are as well afterwards as before.
"""

import hashlib
import re
import socket
import time
import zlib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

pytestmark = pytest.mark.slow

_SOON = 4.0
"""Seconds. Answers come within milliseconds; the machine may be busy."""

_FORM = {"content-type": "application/x-www-form-urlencoded"}
_BOMB = (
    '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">'
    + "".join(f'<!ENTITY b{n} "{"&b%s;" % (n - 1 or "") * 10}">' for n in range(1, 9))
    + "]>"
)
_OUTSIDE = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
_BYTES = bytes(range(256))


@dataclass(frozen=True)
class Bad:
    """One request, and what may be answered.

    `code` is the error code in the answer's body, where the server has any;
    `signed` the service that an administrator signs the request for.
    """

    target: str
    statuses: tuple[int, ...]
    code: str = ""
    method: str = "GET"
    signed: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def to_bytes(self, host: str) -> bytes:
        headers = {"host": host, "connection": "close", **self.headers}
        if self.body or self.method == "POST":
            headers.setdefault("content-length", str(len(self.body)))
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"{self.method} {self.target} HTTP/1.1\r\n{lines}\r\n"
        return head.encode("latin-1") + self.body


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    head: str
    body: str


def _exchange(address: str, sent: bytes) -> Answer:
    """Send bytes and read until the server closes, soon."""
    parts = urlsplit(address)
    began = time.monotonic()
    with socket.create_connection((parts.hostname, parts.port), _SOON) as wire:
        received = b""
        try:
            wire.sendall(sent)
            while block := wire.recv(65536):
                received += block
        except ConnectionError:
            pass  # Refused before all was sent; the answer may be there still.
    assert time.monotonic() - began < _SOON
    head, _, body = received.decode("utf-8", "replace").partition("\r\n\r\n")
    status = re.match(r"HTTP/1\.1 (\d{3}) ", head)
    assert status, f"no answer: {received[:200]!r}"
    return Answer(int(status[1]), head, body)


def _check(answer: Answer, bad: Bad) -> None:
    told = f"{answer.head}\n\n{answer.body[:600]}"
    assert answer.status in bad.statuses, told
    for mark in ("Traceback", 'File "', "site-packages", "securecart/", "root:x"):
        assert mark not in answer.body, told
    if bad.code:
        named = rf"<Code>{bad.code}</Code>|\"(error|__type)\": ?\"[^\"]*{bad.code}\""
        assert re.search(named, answer.body), told


def _post(target: str, body: bytes | str, *statuses: int, **more: Any) -> Bad:
    body = body if isinstance(body, bytes) else body.encode()
    return Bad(target, statuses, method="POST", body=body, **more)


def _form(
    target: str, fields: Mapping[str, str | bytes], *statuses: int, **more: Any
) -> Bad:
    headers = _FORM | more.pop("headers", {})
    return _post(target, urlencode(fields), *statuses, headers=headers, **more)


def _deflated(text: str | bytes) -> str:
    data = text if isinstance(text, bytes) else text.encode()
    return b64encode(zlib.compress(data)[2:-4]).decode()


_REQUEST = '<AuthnRequest xmlns="urn:oasis:names:tc:SAML:2.0:protocol"/>'

_PORTAL: dict[str, Bad] = {
    "no form": _post(
        "/saml/acs", b"{}", 400, 415, headers={"content-type": "application/json"}
    ),
    "no content type": _post("/saml/acs", b"a=b", 400, 415),
    "multipart": _post(
        "/saml/acs",
        b"--x\r\n",
        400,
        415,
        headers={"content-type": "multipart/form-data; boundary=x"},
    ),
    "an empty form": _form("/saml/acs", {}, 400),
    "not Base64": _form(
        "/saml/acs", {"SAMLResponse": "%%%", "RelayState": "x" * 43}, 400, 403
    ),
    "not XML": _form("/saml/acs", {"SAMLResponse": b64encode(_BYTES)}, 400, 403),
    "an XML bomb": _form(
        "/saml/acs",
        {"SAMLResponse": b64encode(f"{_BOMB}<a>&b8;</a>".encode())},
        400,
        403,
    ),
    "an entity from a file": _form(
        "/saml/acs",
        {"SAMLResponse": b64encode(f"{_OUTSIDE}<a>&b;</a>".encode())},
        400,
        403,
    ),
    "bytes for a form": _post("/saml/acs", _BYTES, 400, headers=_FORM),
    "a thousand fields": _post(
        "/saml/acs", "&".join("a=b" for _ in range(10_000)), 400, 413, headers=_FORM
    ),
    "too large a form": _post(
        "/saml/acs", b"SAMLResponse=" + b"A" * 400_000, 413, headers=_FORM
    ),
    "too large an announcement": _post(
        "/saml/acs",
        b"",
        413,
        headers=_FORM | {"content-length": "99999999999999999999"},
    ),
    "a length that is none": _post(
        "/saml/acs", b"", 400, headers=_FORM | {"content-length": "-1"}
    ),
    "GET where POST belongs": Bad("/saml/acs", (404, 405)),
    "POST where GET belongs": _form("/login/saml", {}, 405),
    "an unknown method": Bad("/", (400, 405), method="BREW"),
    "a method too long": Bad("/", (400, 405), method="X" * 5000),
    "no state": Bad("/oidc/callback", (400,)),
    "a state of nobody's": Bad("/oidc/callback?state=x&code=y", (400,)),
    "a state of bytes": Bad("/oidc/callback?state=%00%ff%fe&code=%F0%28%8C%28", (400,)),
    "states twice": Bad("/oidc/callback?state=a&state=b&code=c&code=d", (400,)),
    "an error of the provider's": Bad(
        "/oidc/callback?error=%3Cscript%3E&state=x", (400,)
    ),
    "a query too long": Bad(f"/oidc/callback?code={'x' * 9000}", (413, 414)),
    "an unknown part": Bad("/api/no/such", (404,)),
    "an unknown file": Bad("/no/such.file", (404,)),
    # Where no file is, the application is shown: paths are its own to read.
    "a step upwards": Bad("/../../etc/passwd", (200, 400, 404)),
    "an encoded step upwards": Bad(
        "/assets/%2e%2e%2f%2e%2e%2fetc%2fpasswd", (200, 400, 404)
    ),
    "an encoded NUL": Bad("/assets/%00", (200, 400, 404)),
    "bad escapes": Bad("/%zz%", (200, 400, 404)),
    "an absolute target": Bad("http://other.example/", (400, 404, 421)),
    "another host": Bad("/", (421,), headers={"host": "other.example"}),
    "a host of bytes": Bad("/", (400, 421), headers={"host": "\xff\x01"}),
    "a session of nobody's": Bad(
        "/api/session",
        (401, 403),
        headers={"cookie": "securecart=" + "A" * 43, "sec-fetch-site": "same-origin"},
    ),
    "cookies of bytes": Bad(
        "/api/session",
        (400, 401, 403),
        headers={
            "cookie": "\xff=\xfe; securecart=\xff; ;;;=",
            "sec-fetch-site": "same-origin",
        },
    ),
    "cookies too large": Bad(
        "/api/session", (400, 413, 431), headers={"cookie": "a=" + "b" * 40_000}
    ),
    "a renewal from elsewhere": _post(
        "/api/session/renew", b"", 403, headers={"origin": "https://evil.example"}
    ),
    "a renewal of nobody's": _post(
        "/api/session/renew", b"", 401, 403, headers={"x-csrf-token": "\xff"}
    ),
    "a sign-out from elsewhere": _form(
        "/logout",
        {"csrf_token": "x"},
        303,
        400,
        401,
        403,
        headers={"origin": "https://evil.example"},
    ),
    "a return to elsewhere": Bad("/login/saml?return_to=//evil.example/%5C", (400,)),
    "a passive sign-in of nobody's": Bad("/login/saml?passive=1", (200, 400, 401, 403)),
    "too many headers": Bad(
        "/", (400, 431), headers={f"x-{n}": "y" * 100 for n in range(20_000)}
    ),
    "both lengths": _post(
        "/saml/acs", b"0\r\n\r\n", 400, headers=_FORM | {"transfer-encoding": "chunked"}
    ),
}

_IDP: dict[str, Bad] = {
    "no request": Bad("/saml/sso", (400,)),
    "not Base64": Bad("/saml/sso?SAMLRequest=%25%25", (400,)),
    "not deflated": Bad(f"/saml/sso?SAMLRequest={quote(b64encode(_BYTES))}", (400,)),
    "unsigned": Bad(f"/saml/sso?SAMLRequest={quote(_deflated(_REQUEST))}", (400,)),
    "a deflate bomb": Bad(
        f"/saml/sso?SAMLRequest={quote(_deflated(b' ' * 10_000_000))}", (400,)
    ),
    "an XML bomb": Bad(
        f"/saml/sso?SAMLRequest={quote(_deflated(_BOMB + '<a>&b8;</a>'))}", (400,)
    ),
    "a false signature": Bad(
        f"/saml/sso?SAMLRequest={quote(_deflated(_REQUEST))}&SigAlg=http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23rsa-sha256&Signature=AAAA",
        (400,),
    ),
    "no form": _post(
        "/saml/sso", b"{}", 400, headers={"content-type": "application/json"}
    ),
    "an entity from a file": _form(
        "/saml/sso", {"SAMLRequest": b64encode(f"{_OUTSIDE}<a>&b;</a>".encode())}, 400
    ),
    "a form too large": _post(
        "/saml/sso", b"SAMLRequest=" + b"A" * 400_000, 413, headers=_FORM
    ),
    "an authorization of nothing": Bad("/oidc/authorize", (400,)),
    "an unknown client": Bad("/oidc/authorize?client_id=x&response_type=code", (400,)),
    "a return to elsewhere": Bad(
        "/oidc/authorize?client_id=securecart-portal&response_type=code&scope=openid&redirect_uri=https%3A%2F%2Fevil.example",
        (400,),
    ),
    "parameters twice": Bad("/oidc/authorize?client_id=a&client_id=b", (400,)),
    "parameters of bytes": Bad("/oidc/authorize?client_id=%ff%00", (400,)),
    "an address too long": Bad(
        f"/oidc/authorize?state={'x' * 40_000}", (400, 414, 431)
    ),
    "a token for nothing": _form("/oidc/token", {}, 400, 401),
    "an unknown grant": _form("/oidc/token", {"grant_type": "password"}, 400, 401),
    "a client that is not": _form(
        "/oidc/token",
        {"grant_type": "authorization_code", "code": "x"},
        401,
        headers={"authorization": "Basic " + b64encode(b"x:y").decode()},
    ),
    "a client of bytes": _form(
        "/oidc/token",
        {"grant_type": "refresh_token"},
        400,
        401,
        headers={"authorization": "Basic " + b64encode(_BYTES).decode()},
    ),
    "a client not in Base64": _form(
        "/oidc/token",
        {"grant_type": "refresh_token"},
        400,
        401,
        headers={"authorization": "Basic \xff%%"},
    ),
    "a token by JSON": _post(
        "/oidc/token", b"{}", 400, headers={"content-type": "application/json"}
    ),
    "userinfo of nobody's": Bad("/oidc/userinfo", (401,)),
    "userinfo by garbage": Bad(
        "/oidc/userinfo", (400, 401), headers={"authorization": "Bearer \xff"}
    ),
    "a hint that is no token": Bad("/oidc/end-session?id_token_hint=a.b.c", (200, 400)),
    "a hint without algorithm": Bad(
        "/oidc/end-session?id_token_hint=eyJhbGciOiJub25lIn0.e30.", (200, 400)
    ),
    "a login from elsewhere": _form(
        "/login",
        {"username": "a", "password": "b"},
        400,
        403,
        headers={"origin": "https://evil.example"},
    ),
    "a login of bytes": _post("/login", _BYTES, 400, 403, headers=_FORM),
    "a code without a login": _form("/login/code", {"code": "000000"}, 400, 403),
    "an errand that is none": Bad("/login?errand=AAAA", (200, 303, 400)),
    "an unknown page": Bad("/no/such/page", (404,)),
    "a step upwards": Bad("/static/..%2f..%2fapp.py", (400, 404)),
    "a NUL": Bad("/static/%00", (400, 404)),
    "an unknown method": Bad("/login", (400, 405), method="BREW"),
    "both lengths": _post(
        "/login",
        b"0\r\n\r\n",
        400,
        403,
        headers=_FORM | {"transfer-encoding": "chunked"},
    ),
    "too many headers": Bad(
        "/", (400, 431), headers={f"x-{n}": "y" * 100 for n in range(20_000)}
    ),
}


_SOME_ACCOUNT = b"123456789012"
"""In the tables; the running one is as long."""
_TOKEN = "x-amz-security-token"
_SESSION = {_TOKEN: "A" * 400}
_STREAMING = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
_TRAILING = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
_KEY = "/securecart-user-docs/bad/input"
_DELETE = "/securecart-user-docs?delete"


def _authorization(value: str) -> Bad:
    return Bad(_KEY, (400, 403), headers={"authorization": value})


def _presigned(**changed: str) -> Bad:
    """A presigned address as it should be, but for what is changed."""
    query = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"AKIAX/{_now():%Y%m%d}/us-east-1/s3/aws4_request",
        "X-Amz-Date": f"{_now():%Y%m%dT%H%M%SZ}",
        "X-Amz-Expires": "60",
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Signature": "0" * 64,
    }
    query |= {f"X-Amz-{name}": value for name, value in changed.items()}
    return Bad(f"{_KEY}?{urlencode(query)}", (400, 403))


def _now() -> datetime:
    return datetime.now(UTC)


def _sts(statuses: tuple[int, ...], code: str, **fields: str) -> Bad:
    fields = {"Version": "2011-06-15", **fields}
    return _form("/", fields, *statuses, code=code)


def _saml(assertion: bytes | str) -> Bad:
    return _sts(
        (400, 403),
        "InvalidIdentityToken",
        Action="AssumeRoleWithSAML",
        RoleArn="arn:aws:iam::123456789012:role/SecureCartEmployee",
        PrincipalArn="arn:aws:iam::123456789012:saml-provider/SecureCart",
        SAMLAssertion=b64encode(
            assertion if isinstance(assertion, bytes) else assertion.encode()
        ).decode(),
    )


def _web_identity(token: str, code: str = "InvalidIdentityToken") -> Bad:
    return _sts(
        (400, 403),
        code,
        Action="AssumeRoleWithWebIdentity",
        RoleArn="arn:aws:iam::123456789012:role/SecureCartEmployee",
        RoleSessionName="somebody",
        WebIdentityToken=token,
    )


def _xml(target: str, body: bytes | str, code: str = "MalformedXML") -> Bad:
    method = "POST" if target == _DELETE else "PUT"
    body = body if isinstance(body, bytes) else body.encode()
    return Bad(target, (400,), code, method, "s3", body=body)


def _kms(body: bytes | str, code: str, operation: str = "DescribeKey") -> Bad:
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": f"TrentService.{operation}",
    }
    return _post("/", body, 400, code=code, signed="kms", headers=headers)


def _iam(code: str, **fields: str) -> Bad:
    fields = {"Version": "2010-05-08", **fields}
    return _form("/", fields, 400, 404, code=code, signed="iam")


def _chunked(kind: str, body: bytes, length: str = "5", *codes: str) -> Bad:
    headers = {
        "x-amz-content-sha256": kind,
        "x-amz-decoded-content-length": length,
        "content-encoding": "aws-chunked",
    }
    return Bad(_KEY, (400, 403), "|".join(codes), "PUT", "s3", headers, body)


_AWS: dict[str, Bad] = {
    "an action of nobody's": _sts((400, 403), "", Action="Nonsense"),
    "no action": _sts((400, 403), ""),
    "actions twice": _post(
        "/",
        "Action=GetCallerIdentity&Action=AssumeRoleWithSAML",
        400,
        403,
        headers=_FORM,
    ),
    "bytes for a form": _post("/", _BYTES, 400, 403, 405, headers=_FORM),
    "a form too large": _post(
        "/",
        b"Action=AssumeRoleWithSAML&SAMLAssertion=" + b"A" * 3_000_000,
        400,
        413,
        headers=_FORM,
    ),
    "no assertion": _sts((400,), "", Action="AssumeRoleWithSAML"),
    "an assertion of bytes": _saml(_BYTES),
    "an assertion without a signature": _saml(
        '<Response xmlns="urn:oasis:names:tc:SAML:2.0:protocol"/>'
    ),
    "an XML bomb for an assertion": _saml(f"{_BOMB}<a>&b8;</a>"),
    "an entity from a file": _saml(f"{_OUTSIDE}<a>&b;</a>"),
    "an assertion without an end": _saml("<a>" * 20_000),
    "a token that is none": _web_identity("x", "ValidationError"),
    "a token of dots": _web_identity("...."),
    "a token without algorithm": _web_identity("eyJhbGciOiJub25lIn0.e30."),
    "a token too long": _web_identity("a" * 30_000, "ValidationError"),
    "a signature of nothing": _authorization("AWS4-HMAC-SHA256"),
    "a signature with half its parts": _authorization("AWS4-HMAC-SHA256 Credential=x"),
    "a signature of the second version": _authorization("AWS AKIA:c2ln"),
    "a bearer": _authorization("Bearer x"),
    "a signature of bytes": _authorization("AWS4-HMAC-SHA256 \xff\xfe=\xfd"),
    "a scope of slashes": _authorization(
        "AWS4-HMAC-SHA256 Credential=////, SignedHeaders=;;, Signature=zz"
    ),
    "a presigned address of nobody's": _presigned(),
    "a presigned address for ever": _presigned(Expires="9" * 30),
    "a presigned address before its time": _presigned(Expires="-1"),
    "a presigned address on no day": _presigned(Date="20260230T000000Z"),
    "a presigned address with another's algorithm": _presigned(
        Algorithm="AWS4-ECDSA-P256-SHA256"
    ),
    "a presigned address with a token of nobody's": _presigned(
        **{"Security-Token": "A" * 400}
    ),
    "a presigned address with half its parts": Bad(
        f"{_KEY}?X-Amz-Signature=0", (400, 403)
    ),
    "a session token of nobody's": Bad(
        _KEY,
        (400, 403),
        "InvalidToken|InvalidAccessKeyId",
        signed="s3",
        headers=_SESSION,
    ),
    "bad escapes": Bad("/securecart-user-docs/%zz", (400, 403)),
    "half an escape": Bad("/securecart-user-docs/%", (400, 403)),
    "a key that is no UTF-8": Bad(
        "/securecart-user-docs/%C0%AF", (400, 403), signed="s3"
    ),
    "a key with a NUL": Bad(
        "/securecart-user-docs/a%00b", (400, 403, 404), signed="s3"
    ),
    "a key with steps upwards": Bad(
        "/securecart-user-docs/..%2F..%2Fetc%2Fpasswd", (400, 403, 404), signed="s3"
    ),
    "a key too long": Bad(
        f"/securecart-user-docs/{'k' * 1025}", (400,), "KeyTooLongError", signed="s3"
    ),
    "a bucket of no such name": Bad("/A_B!/k", (400, 403, 404), signed="s3"),
    "a target too long": Bad(f"/securecart-user-docs/{'k' * 20_000}", (400, 414, 431)),
    "a listing of no size": Bad(
        "/securecart-user-docs?list-type=2&max-keys=x",
        (400,),
        "InvalidArgument",
        signed="s3",
    ),
    "a listing of a negative size": Bad(
        "/securecart-user-docs?list-type=2&max-keys=-1",
        (400,),
        "InvalidArgument",
        signed="s3",
    ),
    "a listing from a false place": Bad(
        "/securecart-user-docs?list-type=2&continuation-token=%FF",
        (400,),
        "InvalidArgument",
        signed="s3",
    ),
    "a range of garbage": Bad(
        _KEY, (400, 404, 416), signed="s3", headers={"range": "bytes=z-a,,,"}
    ),
    "a part of no number": Bad(
        f"{_KEY}?partNumber=x&uploadId=y", (400, 404), method="PUT", signed="s3"
    ),
    "an unknown subresource": Bad(
        "/securecart-user-docs?torrent", (400, 405, 501), signed="s3"
    ),
    "an unknown method": Bad(_KEY, (400, 403, 405), method="BREW"),
    "a method too long": Bad(_KEY, (400, 403, 405), method="X" * 5000),
    "a copy from nowhere": Bad(
        _KEY,
        (400, 404),
        method="PUT",
        signed="s3",
        headers={"x-amz-copy-source": "%zz"},
    ),
    "a copy from a NUL": Bad(
        _KEY,
        (400, 404),
        method="PUT",
        signed="s3",
        headers={"x-amz-copy-source": "/%00/%ff"},
    ),
    "an encryption of nobody's": Bad(
        _KEY,
        (400, 403),
        method="PUT",
        signed="s3",
        headers={"x-amz-server-side-encryption": "rot13"},
    ),
    "another checksum than the body's": Bad(
        _KEY,
        (400,),
        "BadDigest",
        "PUT",
        "s3",
        {"x-amz-checksum-crc32": "AAAAAA=="},
        b"x",
    ),
    "a checksum that is none": Bad(
        _KEY,
        (400,),
        "BadDigest|InvalidRequest",
        "PUT",
        "s3",
        {"x-amz-checksum-crc32": "%%"},
        b"x",
    ),
    "deleting garbage": _xml(_DELETE, _BYTES),
    "deleting nothing": _xml(_DELETE, b""),
    "deleting by JSON": _xml(_DELETE, b"{}"),
    "deleting by an XML bomb": _xml(
        _DELETE, f"{_BOMB}<Delete><Object><Key>&b8;</Key></Object></Delete>"
    ),
    "deleting by an entity": _xml(
        _DELETE, f"{_OUTSIDE}<Delete><Object><Key>&b;</Key></Object></Delete>"
    ),
    "deleting without an end": _xml(_DELETE, "<Delete>" * 50_000),
    "deleting too many": _xml(
        _DELETE, f"<Delete>{'<Object><Key>a</Key></Object>' * 1001}</Delete>"
    ),
    "a bucket by an XML bomb": _xml(
        "/another-bucket",
        f"{_BOMB}<CreateBucketConfiguration>&b8;</CreateBucketConfiguration>",
    ),
    "origins by an entity": _xml(
        "/securecart-user-docs?cors",
        f"{_OUTSIDE}<CORSConfiguration>&b;</CORSConfiguration>",
    ),
    "origins of garbage": _xml(
        "/securecart-user-docs?cors",
        "<CORSConfiguration><CORSRule/></CORSConfiguration>",
    ),
    "versions by an XML bomb": _xml(
        "/securecart-user-docs?versioning",
        f"{_BOMB}<VersioningConfiguration>&b8;</VersioningConfiguration>",
    ),
    "a policy that is none": _xml(
        "/securecart-user-docs?policy", b"{", "MalformedPolicy"
    ),
    "a policy too deep": _xml(
        "/securecart-user-docs?policy", "[" * 50_000, "MalformedPolicy"
    ),
    "parts of garbage": Bad(
        f"{_KEY}?uploadId=x",
        (400, 404),
        "MalformedXML|NoSuchUpload",
        "POST",
        "s3",
        body=_BYTES,
    ),
    "chunks of garbage": _chunked(_STREAMING, _BYTES),
    "chunks signed by nobody": _chunked(
        _STREAMING,
        b"5;chunk-signature="
        + b"0" * 64
        + b"\r\nhello\r\n0;chunk-signature="
        + b"0" * 64
        + b"\r\n\r\n",
        "5",
        "SignatureDoesNotMatch",
    ),
    "a chunk without a size": _chunked(
        _STREAMING, b";chunk-signature=" + b"0" * 64 + b"\r\n"
    ),
    "chunks of garbage with a trailer": _chunked(_TRAILING, _BYTES),
    "chunks longer than they say": _chunked(_TRAILING, b"5\r\nhello\r\n0\r\n\r\n", "4"),
    "chunks shorter than they say": _chunked(
        _TRAILING, b"5\r\nhello\r\n0\r\n\r\n", "6"
    ),
    "chunks of no length": replace(
        _chunked(_TRAILING, b"5\r\nhello\r\n0\r\n\r\n", "x"), statuses=(400, 411)
    ),
    "a trailer that does not fit": _chunked(
        _TRAILING, b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"
    ),
    "JSON that is none": _kms(b"{", "SerializationException"),
    "JSON of bytes": _kms(_BYTES, "SerializationException"),
    "JSON that is a list": _kms(b"[]", "SerializationException"),
    "JSON too deep": _kms("[" * 100_000, "SerializationException"),
    "JSON of another type": _kms(
        b'{"KeyId": 7}', "SerializationException|ValidationException"
    ),
    "JSON without what is needed": _kms(b"{}", "ValidationException"),
    "an operation of nobody's": _kms(b"{}", "UnknownOperationException", "Nonsense"),
    "a ciphertext of bytes": _kms(
        b'{"CiphertextBlob": "AAAA"}', "InvalidCiphertextException", "Decrypt"
    ),
    "a ciphertext not in Base64": _kms(
        b'{"CiphertextBlob": "%%%"}', "SerializationException", "Decrypt"
    ),
    "a policy of garbage": _iam(
        "MalformedPolicyDocument",
        Action="CreateRole",
        RoleName="r",
        AssumeRolePolicyDocument="{",
    ),
    "a name with a slash": _iam(
        "ValidationError",
        Action="CreateRole",
        RoleName="a/b",
        AssumeRolePolicyDocument="{}",
    ),
    "a list of false numbers": _iam(
        "",
        Action="CreateOpenIDConnectProvider",
        Url="https://a.example",
        **{"ClientIDList.member.99999999": "a"},
    ),
    "names too deep": _iam("", Action="CreateRole", **{".".join("a" * 500): "b"}),
    "metadata by an XML bomb": _iam(
        "InvalidInput",
        Action="CreateSAMLProvider",
        Name="x",
        SAMLMetadataDocument=f"{_BOMB}<a>{'&b8;' * 400}</a>",
    ),
    "an issuer that is none": _iam(
        "InvalidInput|ValidationError",
        Action="CreateOpenIDConnectProvider",
        Url="file:///etc/passwd",
    ),
    "both lengths": _post(
        _KEY,
        b"0\r\n\r\n",
        400,
        code="BadRequest",
        headers={"transfer-encoding": "chunked"},
    ),
    "another coding": _post(
        _KEY,
        b"",
        400,
        501,
        headers={"transfer-encoding": "gzip", "content-length": "0"},
    ),
    "a length of words": _post(_KEY, b"", 400, headers={"content-length": "five"}),
    "a length beyond all": Bad(
        _KEY, (400, 403), method="PUT", headers={"content-length": "9" * 16}
    ),
    "too many headers": Bad(
        _KEY,
        (400,),
        "RequestHeaderSectionTooLarge",
        headers={f"x-{n}": "y" for n in range(2_000)},
    ),
    "a header too large": Bad(
        _KEY, (400,), "RequestHeaderSectionTooLarge", headers={"x": "y" * 60_000}
    ),
    "an absolute target": Bad("http://other.example/", (400,)),
    "a fragment": Bad("/securecart-user-docs/a#b", (400,)),
}

_RAW: dict[str, bytes] = {
    "nothing of HTTP": _BYTES + b"\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
    "two lengths": b"POST /login HTTP/1.1\r\nhost: a\r\n"
    b"content-length: 0\r\ncontent-length: 40\r\n\r\n",
    "a space before the colon": b"GET / HTTP/1.1\r\nhost : a\r\n\r\n",
    "a NUL in a header": b"GET / HTTP/1.1\r\nhost: a\r\nx: a\x00b\r\n\r\n",
    "codings behind a tab": b"POST /login HTTP/1.1\r\nhost: a\r\n"
    b"transfer-encoding:\tchunked, identity\r\n\r\n",
    "a chunk of no size": b"POST /login HTTP/1.1\r\nhost: a\r\n"
    b"transfer-encoding: chunked\r\n\r\nzz\r\n",
}
"""No server takes these. One that takes the head asks who calls, and refuses."""


@pytest.mark.parametrize("name", _PORTAL)
def test_the_portal_refuses(running: Any, name: str) -> None:
    """A page or JSON that says no, whatever comes."""
    bad = _PORTAL[name]
    host = urlsplit(running.portal).netloc
    _check(_exchange(running.portal, bad.to_bytes(host)), bad)


@pytest.mark.parametrize("name", _IDP)
def test_the_identity_provider_refuses(running: Any, name: str) -> None:
    """Also what never came from the portal."""
    idp = running.ready["idp"]
    bad = _IDP[name]
    _check(_exchange(idp, bad.to_bytes(urlsplit(idp).netloc)), bad)


@pytest.mark.parametrize("name", _AWS)
def test_the_aws_endpoint_refuses(running: Any, name: str) -> None:
    """With AWS's code, in the protocol of the service that was asked."""
    bad, aws = _AWS[name], running.ready["aws"]
    answer = _exchange(aws, _sent(running, bad, urlsplit(aws).netloc))
    _check(answer, bad)
    assert re.search(r"<Code>\w+</Code>|\"__type\"", answer.body), answer.body


@pytest.mark.parametrize("name", _RAW)
@pytest.mark.parametrize("server", ["portal", "idp", "aws"])
def test_bytes_with_two_readings_are_refused_and_end_the_connection(
    running: Any, server: str, name: str
) -> None:
    """A second request behind them is never seen."""
    smuggled = b"GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
    answer = _exchange(running.ready[server], _RAW[name] + smuggled)
    assert 400 <= answer.status < 500, answer
    assert not re.search(r"HTTP/1\.1 [^4]", answer.body), answer
    assert "Traceback" not in answer.body


def _sent(running: Any, bad: Bad, host: str) -> bytes:
    if not bad.signed:
        account = str(running.ready["account"]).encode()
        return bad.to_bytes(host).replace(_SOME_ACCOUNT, account)
    keys = running.ready["admin"]
    credentials = Credentials(
        keys["access_key_id"],
        keys["secret_access_key"],
        bad.headers.get(_TOKEN),
    )
    request = AWSRequest(
        bad.method,
        f"http://{host}{bad.target}",
        {name: value for name, value in bad.headers.items() if name != _TOKEN},
        bad.body,
    )
    own = hashlib.sha256(bad.body).hexdigest()
    request.context["claimed"] = bad.headers.get("x-amz-content-sha256", own)
    kind = _Signing if bad.signed == "s3" else SigV4Auth
    kind(credentials, bad.signed, running.ready["region"]).add_auth(request)
    signed = replace(bad, headers=dict(request.headers.items()))
    return signed.to_bytes(host)


class _Signing(S3SigV4Auth):
    """Leaves the kind of payload as the request has it."""

    def payload(self, request: Any) -> str:
        return str(request.context["claimed"])


def test_afterwards_everything_is_well(running: Any) -> None:
    """All servers answer, nothing was stored, and no log holds a traceback."""
    bucket = running.ready["bucket"]
    kept = running.client("s3").list_object_versions(Bucket=bucket, Prefix="bad/")
    assert kept.get("Versions", []) == []
    for server in ("portal", "idp", "aws"):
        answer = httpx.get(f"{running.ready[server]}/healthz", trust_env=False)
        assert answer.status_code == 200
    for log in (running.data / "logs").glob("*.log"):
        text = log.read_text(errors="replace")
        found = text.find("Traceback")
        assert found < 0, f"{log.name}: {text[max(0, found - 500) : found + 3000]}"
