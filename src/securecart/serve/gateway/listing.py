"""Listings of a bucket: objects, and their versions.

Source: Amazon S3 API Reference, "ListObjects", "ListObjectsV2" and
"ListObjectVersions".
"""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import NamedTuple

from securecart.s3 import Versioning
from securecart.s3.listing import LAST, Listing, listing_of, write_token
from securecart.serve.gateway.answers import document
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.folder_walk import After, FolderWalk
from securecart.serve.gateway.message import Answer
from securecart.serve.gateway.store_pages import (
    Entry,
    ObjectPages,
    Page,
    Pages,
    Place,
    VersionPages,
    element,
    written,
)

_BEGINNING = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<%b xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
)
_SLASH = b"/"

Head = list[tuple[str, bytes]]


async def list_objects(backend: Backend, call: Call) -> Answer:
    """List keys, and go on by the last of them."""
    listing = listing_of(call.s3)
    page = await _objects(backend, call, listing, owner=True)
    text = listing.text
    head: Head = [
        ("Prefix", text(listing.prefix)),
        ("Marker", text(listing.after)),
        *_asked(listing, page.more),
    ]
    if page.more is not None and (listing.delimiter or not page.number):
        head.append(("NextMarker", text(page.more)))
    return _document("ListBucketResult", call, head, page)


async def list_objects_v2(backend: Backend, call: Call) -> Answer:
    """List keys, and go on by a token."""
    listing = listing_of(call.s3)
    owner = call.s3.parameter("fetch-owner") == "true"
    page = await _objects(backend, call, listing, owner=owner)
    head: Head = [
        ("Prefix", listing.text(listing.prefix)),
        ("KeyCount", b"%d" % page.number),
        *_asked(listing, page.more),
    ]
    start, token = map(call.s3.parameter, ("start-after", "continuation-token"))
    if start:
        head.append(("StartAfter", listing.text(start.encode())))
    if token is not None:
        head.append(("ContinuationToken", token.encode()))
    if page.more is not None:
        head.append(("NextContinuationToken", write_token(page.more).encode()))
    return _document("ListBucketResult", call, head, page)


async def list_object_versions(backend: Backend, call: Call) -> Answer:
    """List versions and delete markers, newest first for each key."""
    listing = listing_of(call.s3)
    pages = VersionPages(backend.store, call.bucket_name, owner=backend.account)
    entries, more = await _collected(call, listing, pages)
    text = listing.text
    head: Head = [
        ("Prefix", text(listing.prefix)),
        ("KeyMarker", text((call.s3.parameter("key-marker") or "").encode())),
        ("VersionIdMarker", listing.after_version),
        *_asked(listing, more),
    ]
    if more is not None:
        head.append(("NextKeyMarker", text(more)))
        if entries and entries[-1].version and more == entries[-1].key:
            head.append(("NextVersionIdMarker", entries[-1].version))
    page = _Page(_written(entries, listing), len(entries), more)
    return _document("ListVersionsResult", call, head, page)


class _Page(NamedTuple):
    """Elements as they are answered, how many, and the key to go on from."""

    elements: bytes
    number: int
    more: bytes | None


async def _objects(
    backend: Backend, call: Call, listing: Listing, *, owner: bool
) -> _Page:
    pages = ObjectPages(
        backend.store, call.bucket_name, owner=backend.account if owner else None
    )
    first = None
    folders = listing.delimiter == _SLASH
    from_the_beginning = not listing.after and (folders or not listing.delimiter)
    if from_the_beginning and listing.most and listing.possible:
        body = await pages.body(
            listing.prefix, Place(), listing.most + 1, folders=folders
        )
        if plain := pages.plain(body, listing):
            return _Page(*plain, None)
        first = pages.page(body, folders=folders)
    entries, more = await _collected(call, listing, pages, first)
    return _Page(_written(entries, listing), len(entries), more)


async def _collected(
    call: Call, listing: Listing, pages: Pages, first: Page | None = None
) -> tuple[list[Entry], bytes | None]:
    """The entries of a page, and the key to go on from; None: there is no more."""
    if not listing.most or not listing.possible:
        return [], None
    versioned = call.existing_bucket.versioning is not Versioning.NEVER
    walk = FolderWalk(pages, most=listing.most, versioned=versioned, first=first)
    after = After(listing.after, listing.after_version)
    found: list[Entry] = []
    async with aclosing(grouped(walk, listing, after)) as batches:
        async for batch in batches:
            found += batch
            if len(found) > listing.most:
                return found[: listing.most], found[listing.most - 1].key
    return found, walk.stopped


async def grouped(
    walk: FolderWalk, listing: Listing, after: After
) -> AsyncGenerator[list[Entry]]:
    """Yield batches of a walk, with keys rolled up into their common prefixes."""
    if listing.delimiter == _SLASH:
        async for batch in walk.level(listing.prefix, after):
            yield batch
        return
    group = listing.group_of(after.key) if after.key > listing.prefix else None
    if group == after.key:
        # It was itself what the last page ended with: all of it was answered.
        after = After(group + LAST)
    group = None
    while True:
        passed: bytes | None = None
        async for batch in walk.files(listing.prefix, after):
            rolled, group = _rolled_up(batch, listing, group)
            if rolled:
                yield rolled
            elif group is not None:
                # All of one group: there may be any number more of them. Even
                # what comes after the text below can be one, so it goes on.
                passed = max(group + LAST, batch[-1].key)
                break
        if passed is None:
            return
        after = After(passed)


def _rolled_up(
    batch: Iterable[Entry], listing: Listing, group: bytes | None
) -> tuple[list[Entry], bytes | None]:
    if not listing.delimiter:
        return list(batch), None
    rolled: list[Entry] = []
    for entry in batch:
        if group is not None and entry.key.startswith(group):
            continue
        group = listing.group_of(entry.key)
        rolled.append(entry if group is None else Entry(group))
    return rolled, group


def _asked(listing: Listing, more: bytes | None) -> Head:
    found: Head = [("MaxKeys", b"%d" % listing.most)]
    if listing.delimiter:
        found.append(("Delimiter", listing.text(listing.delimiter)))
    if listing.url:
        found.append(("EncodingType", b"url"))
    found.append(("IsTruncated", b"false" if more is None else b"true"))
    return found


def _written(entries: list[Entry], listing: Listing) -> bytes:
    """The elements of a page; common prefixes stand at its end."""
    text = listing.text
    elements = [written(entry, text) for entry in entries if entry.tag]
    elements += (written(entry, text) for entry in entries if not entry.tag)
    return b"".join(elements)


def _document(root: str, call: Call, head: Head, page: _Page) -> Answer:
    name = root.encode()
    parts = [_BEGINNING % name, element(b"Name", call.bucket_name.encode())]
    parts += (element(tag.encode(), text) for tag, text in head)
    parts += (page.elements, b"</%b>" % name)
    return document(b"".join(parts))
