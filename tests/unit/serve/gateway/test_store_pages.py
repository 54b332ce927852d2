"""The store's documents: what of them is answered as it is, and what is not."""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

import pytest

from securecart.names.credentials import Credentials
from securecart.names.errors import ServiceError
from securecart.s3.listing import Listing
from securecart.serve.gateway.generations import Generations
from securecart.serve.gateway.store import Store
from securecart.serve.gateway.store_pages import (
    ObjectPages,
    Place,
    VersionPages,
    written,
)
from securecart.wire.http import HttpResponse

LISTING = Listing(b"a:b/", b"", b"", b"", 1000, url=False)
BEGINNING = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult><Name>docs</Name>'
    b"<Prefix>a:b/</Prefix><MaxKeys>1001</MaxKeys><IsTruncated>%b</IsTruncated>"
)
ENTRY = (
    b"<Contents><Key>%b</Key><ETag>&#34;9dd4&#34;</ETag><Size>1</Size>"
    b"<StorageClass>STANDARD</StorageClass>"
    b"<LastModified>2026-11-27T17:28:32Z</LastModified></Contents>"
)


def body_of(*keys: bytes, more: bytes = b"", truncated: bytes = b"false") -> bytes:
    """A document of the store's."""
    entries = b"".join(ENTRY % key for key in keys)
    return BEGINNING % truncated + entries + more + b"</ListBucketResult>"


def pages(owner: str | None = None) -> ObjectPages:
    """Nothing is asked for here."""
    upstream: Any = None
    store = Store(
        upstream,
        Credentials("STORE", "secret"),
        region="us-east-1",
        clock=lambda: datetime(2026, 1, 1, tzinfo=UTC),
        lane=Generations.private().lane(),
    )
    return ObjectPages(store, "docs", owner=owner)


@pytest.mark.parametrize("owner", [None, "111122223333"])
def test_a_plain_document_is_answered_as_it_is_read(owner: str | None) -> None:
    """With the same keys, values and owners, but for the elements' order."""
    body = body_of(b"a:b/1", b"a:b/2/x", b"a:b/2~_-.*")
    plain = pages(owner).plain(body, LISTING)
    assert plain is not None
    elements, count = plain
    entries = pages(owner).page(body, folders=False).entries
    read = b"".join(map(written, entries))
    assert count == len(entries) == 3
    assert sorted(elements.split(b"<")) == sorted(read.split(b"<"))
    assert b".000Z</LastModified>" in elements


def test_a_plain_document_is_encoded() -> None:
    """Its prefix is all that has to be."""
    url = Listing(b"a:b/", b"", b"", b"", 1000, url=True)
    plain = pages().plain(body_of(b"a:b/1", b"a:b/2"), url)
    assert plain is not None
    assert plain[0].count(b"<Key>a%3Ab/") == 2


@pytest.mark.parametrize(
    "body",
    [
        body_of(),
        body_of(b"a:b/2", b"a:b/1"),
        body_of(b"a:a/1", b"a:b/1"),
        body_of(b"a:b/1", b"b"),
        body_of(b"a:b/1", b"a:b/a b"),
        body_of(b"a:b/1", b"a:b/a&amp;b"),
        body_of(b"a:b/.uploads/1"),
        body_of(b"a:b/x.versions/v_1"),
        body_of(b"a:b/1", truncated=b"true"),
        body_of(b"a:b/1", more=b"<CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes>"),
        body_of(b"a:b/1").replace(b"<Key>", b"<Owner><ID>x</ID></Owner><Key>"),
        body_of(b"a:b/1").replace(b"</Size>", b"</Size><Owner><ID>x</ID></Owner>"),
        body_of(b"a:b/1", b"a:b/1").replace(b"<Key>", b"<Odd/><Key>", 1),
    ],
)
def test_all_others_are_looked_at(body: bytes) -> None:
    """Out of order, out of the prefix, out of what needs no writing."""
    assert pages().plain(body, LISTING) is None


@pytest.mark.parametrize(
    "body",
    [
        body_of(b"a:b/1").replace(b"<ETag>", b"<Other/><ETag>"),
        body_of(b"a:b/1", more=b"<CommonPrefixes><Odd/></CommonPrefixes>"),
    ],
)
def test_what_cannot_be_read_is_an_error(body: bytes) -> None:
    """It is never passed over: it could be anybody's."""
    with pytest.raises(ServiceError, match="internal error"):
        pages().page(body, folders=True)


class OneAnswer:
    """An upstream with one answer to everything."""

    answered = False

    def __init__(self, body: bytes) -> None:
        self._pieces = [body]

    async def open(self, *_asked: Any, **_named: Any) -> Any:
        return self

    async def head(self) -> HttpResponse:
        return HttpResponse(200)

    async def read(self) -> bytes:
        return self._pieces.pop() if self._pieces else b""

    def close(self) -> None:
        pass


def test_the_store_s_name_of_a_file_is_no_key(
    run: Callable[[Coroutine[Any, Any, None]], None],
) -> None:
    """It answers the versions of `a` to the prefix `a.v`, and must not here."""
    version = (
        b"<Version><Key>%b</Key><VersionId>1</VersionId><IsLatest>true</IsLatest>"
        b"<ETag>x</ETag><Size>1</Size><StorageClass>STANDARD</StorageClass>"
        b"<LastModified>2026-11-27T17:28:32Z</LastModified></Version>"
    )
    upstream: Any = OneAnswer(version % b"a" + version % b"a.v1")

    async def act() -> None:
        store = Store(
            upstream,
            Credentials("STORE", "secret"),
            region="us-east-1",
            clock=lambda: datetime(2026, 1, 1, tzinfo=UTC),
            lane=Generations.private().lane(),
        )
        listed = VersionPages(store, "docs", owner="111122223333")
        page = await listed.read(b"a.v", Place(), 10, folders=False)
        assert [entry.key for entry in page.entries] == [b"a.v1"]

    run(act())
