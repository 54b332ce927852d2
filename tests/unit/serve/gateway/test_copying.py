"""Copies: what the store is asked for, and what becomes of its refusals."""

import base64
import hashlib
from collections.abc import Callable, Coroutine, Iterable, Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from securecart.names.clock import Clock
from securecart.names.credentials import Credentials
from securecart.names.errors import ServiceError
from securecart.names.principal import Root
from securecart.s3 import Bucket, Required, resolve
from securecart.serve.gateway.call import Backend, Call, at_once
from securecart.serve.gateway.copying import copy_object, upload_part_copy
from securecart.serve.gateway.generations import Generations
from securecart.serve.gateway.store import Store
from securecart.wire.http import HttpRequest, HttpResponse

Run = Callable[[Coroutine[Any, Any, None]], None]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
GIB = 1024**3
RESULT = (
    b"<CopyObjectResult><ETag>1</ETag>"
    b"<LastModified>2026-11-23T12:00:00Z</LastModified></CopyObjectResult>"
)
TAG = '"0123"'
ENCRYPTED = ("x-amz-server-side-encryption", "AES256")


def real_time() -> datetime:
    """The store's clock."""
    return NOW


class Exchange:
    """One request to the store: an answer by its method."""

    answered = False

    def __init__(self, request: HttpRequest, head: HttpResponse, body: bytes) -> None:
        self.request = request
        self.sent = request.body
        self.closed = False
        self._head = head
        self._pieces = [body[start : start + 4] for start in range(0, len(body), 4)]

    async def send(self, data: bytes) -> None:
        self.sent += data

    async def end(self) -> None:
        self.sent += b""

    async def head(self) -> HttpResponse:
        return self._head

    async def read(self) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""

    def close(self) -> None:
        self.closed = True


class Upstream:
    """A store with one object of ten bytes."""

    def __init__(
        self,
        *,
        size: int = 10,
        put: int = 200,
        got: bytes = b"",
        kept: tuple[tuple[str, str], ...] = (),
        written: tuple[tuple[str, str], ...] = (ENCRYPTED,),
    ) -> None:
        self.exchanges: list[Exchange] = []
        found = (
            ("etag", TAG),
            ("last-modified", "Mon, 23 Nov 2026 11:00:00 GMT"),
            ("content-length", str(size)),
            *kept,
        )
        self._answers = {
            "HEAD": (HttpResponse(200, found), b""),
            "GET": (HttpResponse(200, found), got or b"x" * min(size, 10)),
            "PUT": (HttpResponse(put, (("etag", '"new"'), *written)), RESULT),
            "DELETE": (HttpResponse(204), b""),
        }

    async def open(
        self,
        request: HttpRequest,
        *,
        length: int | None = None,  # noqa: ARG002 - the port's signature
        chunked: bool = False,  # noqa: ARG002
    ) -> Exchange:
        self.exchanges.append(Exchange(request, *self._answers[request.method]))
        return self.exchanges[-1]

    @property
    def asked(self) -> list[tuple[str, Mapping[str, str]]]:
        """Methods and headers, in their order."""
        return [
            (each.request.method, dict(each.request.headers)) for each in self.exchanges
        ]


def scene(upstream: Upstream, target: str, **headers: str) -> tuple[Backend, Call]:
    """A copy to be carried out by somebody who may do everything."""
    request = HttpRequest(
        "PUT",
        target,
        tuple((name.replace("_", "-"), value) for name, value in headers.items()),
        secure=True,
    )
    clock: Clock = real_time
    store = Store(
        cast("Any", upstream),
        Credentials("STORE", "secret"),
        region="us-east-1",
        clock=clock,
        lane=Generations.private().lane(),
    )
    guard = SimpleNamespace(require=lambda *_: None)
    parts = {"store": store, "guard": guard, "keys": None, "settled": at_once}
    backend = cast("Backend", SimpleNamespace(**parts))
    call = Call(
        s3=resolve(request),
        body=cast("Any", None),
        principal=Root("111122223333"),
        verified=None,
        context={},
        now=NOW,
        bucket=Bucket("docs", "111122223333", "us-east-1", NOW),
    )
    return backend, call


SOURCE = {"x_amz_copy_source": "/docs/source"}


def test_the_store_copies_what_was_looked_at_or_nothing(run: Run) -> None:
    """Its source is pinned: another object could need another key."""

    async def act() -> None:
        upstream = Upstream()
        await copy_object(*scene(upstream, "/docs/copy", **SOURCE))
        (head, _), (put, headers) = upstream.asked
        assert (head, put) == ("HEAD", "PUT")
        assert headers["x-amz-copy-source-if-match"] == TAG
        assert headers["x-amz-server-side-encryption"] == "AES256"
        assert all(each.closed for each in upstream.exchanges)

    run(act())


def test_a_source_that_changes_meanwhile_aborts_the_copy(run: Run) -> None:
    """What failed was our condition, unless the caller had one."""

    async def act() -> None:
        for headers, code in (
            (SOURCE, "OperationAborted"),
            (SOURCE | {"if_none_match": "*"}, "PreconditionFailed"),
            (SOURCE | {"x_amz_checksum_algorithm": "SHA1"}, "OperationAborted"),
        ):
            with pytest.raises(ServiceError) as refused:
                await copy_object(*scene(Upstream(put=412), "/docs/copy", **headers))
            assert refused.value.code == code

    run(act())


def test_what_is_large_is_not_left_to_the_store(run: Run) -> None:
    """It would be silent for longer than anybody waits; 5 GiB is the most."""

    async def act() -> None:
        upstream = Upstream(size=GIB + 1, got=b"short")
        with pytest.raises(ConnectionError):
            await copy_object(*scene(upstream, "/docs/copy", **SOURCE))
        assert [method for method, _ in upstream.asked] == ["HEAD", "GET", "PUT"]
        upstream = Upstream(size=5 * GIB + 1)
        with pytest.raises(ServiceError) as refused:
            await copy_object(*scene(upstream, "/docs/copy", **SOURCE))
        assert refused.value.code == "InvalidRequest"
        assert [method for method, _ in upstream.asked] == ["HEAD"]

    run(act())


@pytest.mark.parametrize("got", [b"x" * 9, b"x" * 11])
def test_a_source_of_another_size_than_it_said_is_not_copied(
    run: Run, got: bytes
) -> None:
    """Neither cut off nor with more behind it: nothing of it is let go."""

    async def act() -> None:
        upstream = Upstream(got=got)
        target = "/docs/copy?partNumber=1&uploadId=u"
        with pytest.raises(ConnectionError):
            await upload_part_copy(*scene(upstream, target, **SOURCE))
        assert [method for method, _ in upstream.asked] == ["HEAD", "GET"]
        assert all(each.closed for each in upstream.exchanges)

    run(act())


def test_a_part_is_read_pinned_and_in_its_range(run: Run) -> None:
    """And written with no header of the source's."""

    async def act() -> None:
        upstream = Upstream(got=b"34567")
        target = "/docs/copy?partNumber=1&uploadId=u"
        headers = SOURCE | {"x_amz_copy_source_range": "bytes=3-7"}
        await upload_part_copy(*scene(upstream, target, **headers))
        _, (_, asking), (_, putting) = upstream.asked
        assert asking["range"] == "bytes=3-7"
        assert asking["if-match"] == TAG
        assert upstream.exchanges[-1].sent == b"34567"
        assert not {"x-amz-copy-source", "etag", "range"} & putting.keys()

    run(act())


def customers(key: bytes) -> tuple[dict[str, str], str]:
    """Answer the headers that open a source with this key, and its MD5."""
    md5 = base64.b64encode(hashlib.md5(key, usedforsecurity=False).digest()).decode()
    begin = "x_amz_copy_source_server_side_encryption_customer"
    headers = {
        f"{begin}_algorithm": "AES256",
        f"{begin}_key": base64.b64encode(key).decode(),
        f"{begin}_key_md5": md5,
    }
    return headers, md5


@pytest.mark.parametrize("target", ["/docs/copy", "/docs/copy?partNumber=1&uploadId=u"])
def test_a_source_is_opened_by_the_key_that_closed_it(run: Run, target: str) -> None:
    """The store would open it with any, and copy the noise."""
    copy = copy_object if "?" not in target else upload_part_copy
    right, md5 = customers(bytes(32))
    wrong, _ = customers(bytes(range(32)))
    kept = (("x-amz-server-side-encryption-customer-key-md5", md5),)

    async def act() -> None:
        for opening, code in ((wrong, "AccessDenied"), ({}, "InvalidRequest")):
            upstream = Upstream(kept=kept)
            with pytest.raises(ServiceError) as refused:
                await copy(*scene(upstream, target, **SOURCE, **opening))
            assert refused.value.code == code
            assert [method for method, _ in upstream.asked] == ["HEAD"]
        upstream = Upstream()
        with pytest.raises(ServiceError) as refused:
            await copy(*scene(upstream, target, **SOURCE, **right))
        assert refused.value.code == "InvalidRequest"
        await copy(*scene(Upstream(kept=kept), target, **SOURCE, **right))

    run(act())


def test_an_upload_that_takes_plain_text_is_ended(run: Run) -> None:
    """It was begun with a customer's key, and named by the store's own id."""

    async def act() -> None:
        upstream = Upstream(written=())
        target = "/docs/copy?partNumber=1&uploadId=u"
        with pytest.raises(ServiceError) as refused:
            await upload_part_copy(*scene(upstream, target, **SOURCE))
        assert refused.value.code == "InvalidRequest"
        ended = upstream.exchanges[-1].request
        assert (ended.method, ended.target) == ("DELETE", "/docs/copy?uploadId=u")

    run(act())


def test_tags_come_along_for_who_may_read_and_write_them(run: Run) -> None:
    """They are asked for by what the source has, not by what is sent."""

    async def act() -> None:
        needed: list[str] = []

        def require(_: object, requirements: Iterable[Required], __: object) -> None:
            needed.extend(each.action for each in requirements)

        for count, actions in (
            ("2", ["s3:GetObjectTagging", "s3:PutObjectTagging"]),
            ("0", []),
        ):
            upstream = Upstream(kept=(("x-amz-tagging-count", count),))
            backend, call = scene(upstream, "/docs/copy", **SOURCE)
            needed.clear()
            cast("Any", backend.guard).require = require
            await copy_object(backend, call)
            assert needed == actions

    run(act())
