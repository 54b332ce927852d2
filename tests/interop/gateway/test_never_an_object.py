"""What does not match its signature is never there, not even for a moment.

While a false upload is sent, piece by piece, observers list and read as fast
as they can. Bodies are encoded by hand, so that each can lie in its own way.
"""

import base64
import hashlib
import hmac
import http.client
import re
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

pytestmark = pytest.mark.slow

CHUNK = 65536
PAYLOAD = bytes(range(256)) * 256 * 5 + b"the end"
"""Six chunks, the last one short."""
SMALL = b"0123456789abcdef" * 1100
"""Read whole before the store hears of it; two chunks all the same."""
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = f"{SIGNED}-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
EMPTY = hashlib.sha256().hexdigest()
WRONG = "0" * 64


@dataclass(frozen=True)
class Body:
    """One body in aws-chunked; each field can be made to lie."""

    mode: str
    chunks: tuple[bytes, ...]
    length: int
    trailers: tuple[tuple[str, str], ...] = ()
    announced: str | None = None
    signatures: Mapping[int, str] = field(default_factory=dict)
    """False signatures: by the number of the chunk, the empty one's is last."""
    trailer_signature: str | None = None
    without: tuple[int, ...] = ()
    """Numbers of chunks that are not sent, though they were signed."""
    instead: Mapping[int, bytes] = field(default_factory=dict)
    """What is sent in the place of a chunk that was signed."""
    extension: str = ""
    sizes: Mapping[int, int] = field(default_factory=dict)
    ending: bytes = b"\r\n"
    cut: int = 0
    """Bytes at the end that are never sent."""

    @classmethod
    def of(cls, mode: str, payload: bytes) -> "Body":
        """Make one that tells the truth."""
        size = min(CHUNK, -(-len(payload) // 2))
        chunks = tuple(
            payload[start : start + size] for start in range(0, len(payload), size)
        )
        if mode == SIGNED:
            return cls(mode, chunks, len(payload))
        name = "x-amz-checksum-crc32"
        return cls(mode, chunks, len(payload), ((name, crc32(payload)),), name)

    def headers(self) -> dict[str, str]:
        """Answer the headers that announce it."""
        headers = {
            "x-amz-decoded-content-length": str(self.length),
            "content-encoding": "aws-chunked",
        }
        if self.announced is not None:
            headers["x-amz-trailer"] = self.announced
        return headers

    def encoded(self, request: AWSRequest, secret: str) -> list[bytes]:
        """Encode it, each chunk signed after the one before."""
        chain = _Chain(request, secret)
        pieces = []
        for number, chunk in enumerate((*self.chunks, b"")):
            sent = self.instead.get(number, chunk)
            line = f"{self.sizes.get(number, len(sent)):x}{self.extension}"
            if self.mode != UNSIGNED_TRAILER:
                true = chain.chunk(chunk)
                line += f";chunk-signature={self.signatures.get(number, true)}"
            if number not in self.without:
                ended = sent + b"\r\n" if sent else b""
                pieces.append(f"{line}\r\n".encode() + ended)
        if self.trailers:
            text = "".join(f"{name}:{value}\n" for name, value in self.trailers)
            lines = text.replace("\n", "\r\n")
            if self.mode == SIGNED_TRAILER:
                signature = self.trailer_signature
                if signature is None:
                    signature = chain.trailer(text)
                lines += f"x-amz-trailer-signature:{signature}\r\n" if signature else ""
            pieces.append(lines.encode())
        # Each line's end in a piece of its own: what follows comes later.
        pieces += re.findall(rb"\r\n|(?:(?!\r\n).)+", self.ending, re.DOTALL)
        if self.cut:
            whole = b"".join(pieces)
            return [whole[: -self.cut]]
        return pieces


class _Chain:
    """Signatures of chunks, as AWS describes them."""

    def __init__(self, request: AWSRequest, secret: str) -> None:
        scope, self.previous = re.findall(
            r"Credential=[^/]+/([^,]+), .*Signature=(\w+)",
            request.headers["authorization"],
        )[0]
        self.context = f"{request.headers['x-amz-date']}\n{scope}\n"
        self.key = ("AWS4" + secret).encode()
        for part in scope.split("/"):
            self.key = hmac.digest(self.key, part.encode(), "sha256")

    def chunk(self, data: bytes) -> str:
        return self._sign(
            "AWS4-HMAC-SHA256-PAYLOAD", f"{EMPTY}\n{hashlib.sha256(data).hexdigest()}"
        )

    def trailer(self, text: str) -> str:
        digest = hashlib.sha256(text.encode()).hexdigest()
        return self._sign("AWS4-HMAC-SHA256-TRAILER", digest)

    def _sign(self, algorithm: str, digests: str) -> str:
        text = f"{algorithm}\n{self.context}{self.previous}\n{digests}"
        signature = hmac.digest(self.key, text.encode(), "sha256").hex()
        self.previous = signature
        return signature


def crc32(payload: bytes) -> str:
    """A CRC-32 as it is sent."""
    return base64.b64encode(zlib.crc32(payload).to_bytes(4, "big")).decode()


Lie = Callable[[Body], Body]
SIGNED_LIES: dict[str, tuple[Lie, str]] = {
    "the first signature": (
        lambda body: replace(body, signatures={0: WRONG}),
        "SignatureDoesNotMatch",
    ),
    "a signature in the middle": (
        lambda body: replace(body, signatures={len(body.chunks) // 2: WRONG}),
        "SignatureDoesNotMatch",
    ),
    "the last signature": (
        lambda body: replace(body, signatures={len(body.chunks) - 1: WRONG}),
        "SignatureDoesNotMatch",
    ),
    "the end's signature": (
        lambda body: replace(body, signatures={len(body.chunks): WRONG}),
        "SignatureDoesNotMatch",
    ),
    "a chunk too few": (
        lambda body: replace(body, without=(len(body.chunks) - 2,)),
        "SignatureDoesNotMatch",
    ),
    "a byte of the first chunk": (
        lambda body: replace(body, instead={0: b"!" + body.chunks[0][1:]}),
        "SignatureDoesNotMatch",
    ),
    "a byte of the last chunk": (
        lambda body: replace(
            body, instead={len(body.chunks) - 1: body.chunks[-1][:-1] + b"!"}
        ),
        "SignatureDoesNotMatch",
    ),
    "a chunk too large to hold": (
        lambda body: replace(body, sizes={0: 17 * 1024 * 1024}, length=2**30),
        "InvalidChunkSizeError",
    ),
}
TRAILER_LIES: dict[str, tuple[Lie, str]] = {
    "no trailer": (
        lambda body: replace(body, trailers=()),
        "MalformedTrailerError",
    ),
    "another trailer": (
        lambda body: replace(
            body, trailers=(("x-amz-checksum-sha256", "A" * 43 + "="),)
        ),
        "MalformedTrailerError",
    ),
    "a trailer more": (
        lambda body: replace(body, trailers=(*body.trailers, ("x-amz-meta-a", "1"))),
        "MalformedTrailerError",
    ),
    "a trailer that was not announced": (
        lambda body: replace(body, announced=None),
        "MalformedTrailerError",
    ),
    "a trailer that is no checksum": (
        lambda body: replace(
            body, announced="x-amz-meta-a", trailers=(("x-amz-meta-a", "1"),)
        ),
        "InvalidRequest",
    ),
    "another checksum": (
        lambda body: replace(body, trailers=((body.announced or "", crc32(b"other")),)),
        "BadDigest",
    ),
    "another checksum of the store's kind": (
        lambda body: replace(
            body,
            announced="x-amz-checksum-crc32c",
            trailers=(("x-amz-checksum-crc32c", "AAAAAA=="),),
        ),
        "BadDigest",
    ),
}
SIGNED_TRAILER_LIES: dict[str, tuple[Lie, str]] = {
    "the trailer's signature": (
        lambda body: replace(body, trailer_signature=WRONG),
        "SignatureDoesNotMatch",
    ),
    "no trailer's signature": (
        lambda body: replace(body, trailer_signature=""),
        "SignatureDoesNotMatch",
    ),
}
LIES: dict[str, tuple[Lie, str]] = {
    "no last chunk": (
        lambda body: replace(
            body, without=(len(body.chunks),), trailers=(), ending=b""
        ),
        "IncompleteBody",
    ),
    "no last line": (lambda body: replace(body, ending=b""), "IncompleteBody"),
    "an end cut off": (lambda body: replace(body, cut=1), "IncompleteBody"),
    "half of it": (lambda body: replace(body, cut=5000), "IncompleteBody"),
    "too great a length": (
        lambda body: replace(body, length=body.length + 1),
        "IncompleteBody",
    ),
    "too small a length": (
        lambda body: replace(body, length=body.length - 1),
        "IncompleteBody",
    ),
    "garbage behind it": (
        lambda body: replace(body, ending=b"\r\ngarbage"),
        "IncompleteBody",
    ),
    "an extension": (lambda body: replace(body, extension=";a=b"), "IncompleteBody"),
    "a size that is too great": (
        lambda body: replace(body, sizes={len(body.chunks) - 1: CHUNK * 2}),
        "IncompleteBody",
    ),
}


def cases() -> Iterator[Any]:
    """Every lie that a mode can tell."""
    for mode in (SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER):
        lies = dict(LIES)
        if mode != UNSIGNED_TRAILER:
            lies |= SIGNED_LIES
        if mode != SIGNED:
            lies |= TRAILER_LIES
        if mode == SIGNED_TRAILER:
            lies |= SIGNED_TRAILER_LIES
        for name, (lie, code) in lies.items():
            yield pytest.param(mode, lie, code, id=f"{mode}: {name}")


class Observed:
    """Looks at a key and its folder until told to stop; keeps what it saw."""

    def __init__(self, client: Any, bucket: str, key: str, upload: str | None) -> None:
        named = {"Bucket": bucket, "Key": key}
        within = {"Bucket": bucket, "Prefix": key}
        asked = [
            ("a version", b"<Version>", "list_object_versions", within),
            ("a key", b"<Contents>", "list_objects_v2", within),
            ("an object", b"", "get_object", named),
        ]
        if upload is not None:
            parts = {**named, "UploadId": upload}
            asked.append(("a part", b"<Part>", "list_parts", parts))
        # Signed once, so that looking again costs next to nothing.
        self._asked = [
            (what, sign, urlsplit(client.generate_presigned_url(name, Params=given)))
            for what, sign, name, given in asked
        ]
        self._over = threading.Event()
        self.looks = 0
        self.seen: list[str] = []

    def look(self, connection: http.client.HTTPConnection) -> None:
        """Look in every way once."""
        for what, sign, url in self._asked:
            connection.request("GET", f"{url.path}?{url.query}")
            answer = connection.getresponse()
            if sign in answer.read() and answer.status == 200:
                self.seen.append(what)
        self.looks += 1

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._asked[0][2].netloc, timeout=20)

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Look as often as possible while the block lasts, and once more."""

        def run() -> None:
            with closing(self._connect()) as connection:
                while not self._over.is_set():
                    self.look(connection)

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()
        with closing(self._connect()) as connection:
            self.look(connection)


class _Claiming(S3SigV4Auth):
    """Signs for the payload hash that is claimed, whatever the body is."""

    def payload(self, request: Any) -> str:
        return str(request.context["claimed"])


@dataclass
class Sender:
    """Sends uploads of one person's session, piece by piece."""

    landscape: Any
    credentials: Any

    def signed(
        self,
        target: str,
        claimed: str,
        headers: Mapping[str, str],
        *,
        admin: bool = False,
    ) -> AWSRequest:
        """Sign the head of an upload, for the payload hash that is claimed."""
        request = AWSRequest("PUT", f"{self.landscape.url}{target}", dict(headers))
        request.context["claimed"] = claimed
        keys = BotocoreCredentials(
            self.credentials.access_key_id,
            self.credentials.secret_access_key,
            self.credentials.session_token,
        )
        if admin:
            keys = BotocoreCredentials("ADMINKEY", "admin-secret")
        _Claiming(keys, "s3", "us-east-1").add_auth(request)
        request.headers["host"] = f"127.0.0.1:{self.landscape.port}"
        request.headers["connection"] = "close"
        return request

    def head(self, request: AWSRequest) -> bytes:
        """Write it as it is sent."""
        target = str(request.url).removeprefix(self.landscape.url)
        lines = "".join(
            f"{name}: {value}\r\n" for name, value in request.headers.items()
        )
        return f"PUT {target} HTTP/1.1\r\n{lines}\r\n".encode()

    def send(
        self,
        target: str,
        claimed: str,
        headers: Mapping[str, str],
        encode: Callable[[AWSRequest], list[bytes]],
    ) -> str:
        """Answer the error's code, or the status of a success."""
        request = self.signed(target, claimed, headers)
        pieces = encode(request)
        request.headers["content-length"] = str(sum(map(len, pieces)))
        with socket.create_connection(("127.0.0.1", self.landscape.port), 10) as peer:
            with suppress(ConnectionError):
                peer.sendall(self.head(request))
                for piece in pieces:
                    peer.sendall(piece)
                    time.sleep(0.01)
            answer = b""
            with suppress(ConnectionError):
                while piece := peer.recv(65536):
                    answer += piece
        code = re.search(rb"<Code>(\w+)</Code>", answer)
        return (code[1] if code else answer[9:12]).decode()

    def send_chunked(self, target: str, body: Body) -> str:
        """Send a body in aws-chunked."""
        secret = self.credentials.secret_access_key
        return self.send(
            target,
            body.mode,
            body.headers(),
            lambda request: body.encoded(request, secret),
        )


@pytest.fixture
def sender(landscape: Any) -> Sender:
    """Alice's session: the secret is in its token alone."""
    return Sender(landscape, landscape.session("alice"))


@pytest.fixture
def target(
    admin: Any, bucket: str, folder: str, request: pytest.FixtureRequest
) -> Iterator[tuple[str, str, str | None]]:
    """A place that an upload goes to: its target, its key, its upload's id."""
    name = hashlib.sha256(request.node.name.encode()).hexdigest()[:16]
    key = f"{folder}never/{name}"
    path = f"/{bucket}/{key.replace(':', '%3A')}"
    if request.param == "object":
        yield path, key, None
        return
    upload = admin.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    yield f"{path}?partNumber=1&uploadId={upload}", key, upload
    admin.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)


as_object_and_part = pytest.mark.parametrize(
    "target", ["object", "part"], indirect=True
)
of_two_sizes = pytest.mark.parametrize(
    "payload", [SMALL, PAYLOAD], ids=["small", "large"]
)


@as_object_and_part
@of_two_sizes
@pytest.mark.parametrize(("mode", "lie", "code"), list(cases()))
def test_a_false_body_is_never_there(
    sender: Sender,
    admin: Any,
    bucket: str,
    target: tuple[str, str, str | None],
    mode: str,
    lie: Lie,
    code: str,
    payload: bytes,
) -> None:
    """Whatever is false about it, and wherever it is."""
    path, key, upload = target
    observed = Observed(admin, bucket, key, upload)
    body = Body.of(mode, payload)
    with observed.looking():
        answered = sender.send_chunked(path, lie(body))
    assert answered == code
    assert observed.seen == []
    assert observed.looks >= 2


@as_object_and_part
@of_two_sizes
@pytest.mark.parametrize("mode", [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER])
def test_a_true_one_is(
    sender: Sender,
    admin: Any,
    bucket: str,
    target: tuple[str, str, str | None],
    mode: str,
    payload: bytes,
) -> None:
    """The observers see what is there, so their seeing nothing means something."""
    path, key, upload = target
    observed = Observed(admin, bucket, key, upload)
    with observed.looking():
        assert sender.send_chunked(path, Body.of(mode, payload)) == "200"
    assert observed.seen
    if upload is None:
        got = admin.get_object(Bucket=bucket, Key=key)
        assert got["Body"].read() == payload
        assert "ContentEncoding" not in got
        admin.delete_object(Bucket=bucket, Key=key, VersionId=got["VersionId"])


@pytest.mark.parametrize("missing", [len(PAYLOAD), len(PAYLOAD) - 1, 1])
@as_object_and_part
def test_an_upload_that_breaks_off_takes_no_place(
    sender: Sender,
    admin: Any,
    fresh: str,
    target: tuple[str, str, str | None],
    missing: int,
) -> None:
    """Before its first byte, the store itself would keep an empty object of it."""
    path, key, upload = target
    if upload is None:
        # Without versions and encryption, where nothing else stands in the way.
        path = f"/{fresh}/kept"
        admin.put_object(Bucket=fresh, Key="kept", Body=b"before")
    whole = sender.signed(path, "UNSIGNED-PAYLOAD", {}, admin=upload is None)
    whole.headers["content-length"] = str(len(PAYLOAD))
    body = PAYLOAD[: len(PAYLOAD) - missing]
    sender.landscape.raw(sender.head(whole) + body, seconds=0.5)
    time.sleep(0.3)
    if upload is None:
        assert admin.get_object(Bucket=fresh, Key="kept")["Body"].read() == b"before"
    else:
        bucket = path.split("/")[1]
        parts = admin.list_parts(Bucket=bucket, Key=key, UploadId=upload)
        assert "Parts" not in parts


@as_object_and_part
@of_two_sizes
@pytest.mark.parametrize(
    ("claimed", "headers", "code"),
    [
        (hashlib.sha256(b"other").hexdigest(), {}, "XAmzContentSHA256Mismatch"),
        (EMPTY, {}, "XAmzContentSHA256Mismatch"),
        (None, {"content-md5": "AAAAAAAAAAAAAAAAAAAAAA=="}, "BadDigest"),
        (None, {"x-amz-checksum-crc32": "AAAAAA=="}, "BadDigest"),
        (None, {"x-amz-checksum-crc32c": "AAAAAA=="}, "BadDigest"),
        (None, {"x-amz-checksum-sha256": "A" * 43 + "="}, "BadDigest"),
    ],
    ids=["sha256", "empty", "md5", "crc32", "crc32c", "checksum-sha256"],
)
def test_a_body_of_another_digest_is_never_there(
    sender: Sender,
    admin: Any,
    bucket: str,
    target: tuple[str, str, str | None],
    claimed: str | None,
    headers: dict[str, str],
    code: str,
    payload: bytes,
) -> None:
    """Signed, or sent beside it."""
    path, key, upload = target
    observed = Observed(admin, bucket, key, upload)
    pieces = [payload[start : start + CHUNK] for start in range(0, len(payload), CHUNK)]
    true = hashlib.sha256(payload).hexdigest()
    with observed.looking():
        answered = sender.send(path, claimed or true, headers, lambda _: pieces)
    assert answered == code
    assert observed.seen == []
