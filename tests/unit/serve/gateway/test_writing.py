"""Which way a small object is written: decided when its body is there."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from securecart.names.principal import Root
from securecart.s3 import Bucket, InMemoryBuckets, Versioning, resolve
from securecart.serve.gateway.call import Call
from securecart.serve.gateway.writing import store_object
from securecart.wire.http import HttpRequest, HttpResponse

Run = Callable[[Coroutine[Any, Any, Any]], Any]

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BUCKET = Bucket("docs", "111122223333", "us-east-1", NOW, versioning=Versioning.NEVER)


class Slow:
    """A body; something happens before it is whole."""

    length = 5
    trailer_name: str | None = None
    trailers: dict[str, str]

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self.trailers = {}
        self._meanwhile = meanwhile
        self._pieces = [b"he", b"llo"]

    async def read(self) -> bytes:
        self._meanwhile()
        return self._pieces.pop(0) if self._pieces else b""


class Store:
    """Notes what is written, and whether that is said to be plain."""

    def __init__(self) -> None:
        self.put_plainly: list[bool] = []

    async def put(
        self,
        target: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        *,
        plain: bool,
    ) -> HttpResponse:
        assert (target, body) == ("/docs/report", b"hello")
        assert ("if-none-match", '"d41d8cd98f00b204e9800998ecf8427e"') in headers
        self.put_plainly.append(plain)
        return HttpResponse(200, (("etag", '"1"'),))


def deleted(buckets: InMemoryBuckets) -> None:
    """By somebody else."""
    if "docs" in {each.name for each in buckets.list(BUCKET.account)}:
        buckets.delete("docs")


def versioned(buckets: InMemoryBuckets) -> None:
    """From now on."""
    buckets.update("docs", lambda each: replace(each, versioning=Versioning.ENABLED))


def nothing(_: InMemoryBuckets) -> None:
    """All stays as it was."""


@pytest.mark.parametrize(
    ("meanwhile", "plain"), [(nothing, True), (deleted, False), (versioned, False)]
)
def test_a_bucket_is_what_it_is_when_the_body_is_there(
    run: Run, meanwhile: Callable[[InMemoryBuckets], None], *, plain: bool
) -> None:
    """S3 itself knows one that is gone, or keeps versions; the way round does not."""
    buckets, store = InMemoryBuckets(), Store()
    buckets.create(BUCKET)
    request = HttpRequest("PUT", "/docs/report", (("content-length", "5"),))
    call = Call(
        s3=resolve(request),
        body=cast("Any", None),
        principal=Root(BUCKET.account),
        verified=None,
        context={},
        now=NOW,
        bucket=BUCKET,
    )
    backend = SimpleNamespace(store=store, buckets=buckets)

    async def act() -> None:
        slow = Slow(lambda: meanwhile(buckets))
        await store_object(cast("Any", backend), call, slow)
        assert store.put_plainly == [plain]

    run(act())
