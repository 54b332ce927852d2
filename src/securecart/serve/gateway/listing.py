"""Listings of a bucket: objects, and their versions.

Source: Amazon S3 API Reference, "ListObjects", "ListObjectsV2" and
"ListObjectVersions".
"""

from collections.abc import AsyncIterator, Iterable

from securecart.s3 import Versioning
from securecart.s3.listing import LAST, Listing, listing_of, write_token
from securecart.serve.gateway.answers import document
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.folder_walk import After, FolderWalk
from securecart.serve.gateway.message import Answer
from securecart.serve.gateway.store_pages import (
    Entry,
    ObjectPages,
    Pages,
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
    entries, more = await _page(backend, call, listing, owner=backend.account)
    text = listing.text
    head: Head = [
        ("Prefix", text(listing.prefix)),
        ("Marker", text(listing.after)),
        *_asked(listing, "MaxKeys", more),
    ]
    if more is not None and (listing.delimiter or not entries):
        head.append(("NextMarker", text(more)))
    return _document("ListBucketResult", call, head, entries, listing)


async def list_objects_v2(backend: Backend, call: Call) -> Answer:
    """List keys, and go on by a token."""
    listing = listing_of(call.s3)
    owner = call.s3.parameter("fetch-owner") == "true"
    entries, more = await _page(
        backend, call, listing, owner=backend.account if owner else None
    )
    head: Head = [
        ("Prefix", listing.text(listing.prefix)),
        ("KeyCount", b"%d" % len(entries)),
        *_asked(listing, "MaxKeys", more),
    ]
    start, token = map(call.s3.parameter, ("start-after", "continuation-token"))
    if start:
        head.append(("StartAfter", listing.text(start.encode())))
    if token is not None:
        head.append(("ContinuationToken", token.encode()))
    if more is not None:
        head.append(("NextContinuationToken", write_token(more).encode()))
    return _document("ListBucketResult", call, head, entries, listing)


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
        *_asked(listing, "MaxKeys", more),
    ]
    if more is not None:
        head.append(("NextKeyMarker", text(more)))
        if entries and entries[-1].version and more == entries[-1].key:
            head.append(("NextVersionIdMarker", entries[-1].version))
    return _document("ListVersionsResult", call, head, entries, listing)


async def _page(
    backend: Backend, call: Call, listing: Listing, *, owner: str | None
) -> tuple[list[Entry], bytes | None]:
    pages = ObjectPages(backend.store, call.bucket_name, owner=owner)
    return await _collected(call, listing, pages)


async def _collected(
    call: Call, listing: Listing, pages: Pages
) -> tuple[list[Entry], bytes | None]:
    """The entries of a page, and the key to go on from; None: there is no more."""
    if not listing.most or not listing.possible:
        return [], None
    versioned = call.existing_bucket.versioning is not Versioning.NEVER
    walk = FolderWalk(pages, most=listing.most, versioned=versioned)
    after = After(listing.after, listing.after_version)
    found: list[Entry] = []
    batches = _grouped(walk, listing, after)
    async for batch in batches:
        found += batch
        if len(found) > listing.most:
            return found[: listing.most], found[listing.most - 1].key
    return found, walk.stopped


async def _grouped(
    walk: FolderWalk, listing: Listing, after: After
) -> AsyncIterator[list[Entry]]:
    """Batches of a walk, with keys rolled up into their common prefixes."""
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
        skipped = False
        async for batch in walk.files(listing.prefix, after):
            rolled, group = _rolled_up(batch, listing, group)
            if rolled:
                yield rolled
            # A page of one group: there may be any number more of them.
            skipped = not rolled and group is not None
            if skipped:
                break
        if not skipped or group is None:
            return
        after = After(group + LAST)


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


def _asked(listing: Listing, most: str, more: bytes | None) -> Head:
    found: Head = [(most, b"%d" % listing.most)]
    if listing.delimiter:
        found.append(("Delimiter", listing.text(listing.delimiter)))
    if listing.url:
        found.append(("EncodingType", b"url"))
    found.append(("IsTruncated", b"false" if more is None else b"true"))
    return found


def _document(
    root: str, call: Call, head: Head, entries: list[Entry], listing: Listing
) -> Answer:
    """Write a listing; common prefixes stand at its end."""
    name = root.encode()
    parts = [_BEGINNING % name, element(b"Name", call.bucket_name.encode())]
    parts += (element(tag.encode(), text) for tag, text in head)
    parts += (written(entry, listing.text) for entry in entries if entry.tag)
    parts += (written(entry, listing.text) for entry in entries if not entry.tag)
    parts.append(b"</%b>" % name)
    return document(b"".join(parts))
