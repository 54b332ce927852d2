"""Pages of the store's listings: its documents read into entries.

What an entry is answered with is written here once, in AWS's order and without
the store's names; keys stay as bytes, which is how AWS orders them.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from typing import NamedTuple, Protocol

from securecart.names.canonical_user import canonical_user_id
from securecart.names.errors import ServiceError
from securecart.s3.expiry import StoredVersion
from securecart.s3.key import VERSIONS_ENDING
from securecart.s3.listing import Listing, xml_escaped
from securecart.serve.gateway.refusals import InternalError
from securecart.serve.gateway.store import Store, target_of
from securecart.wire.http import HttpResponse

_KEY = rb"<Key>(.*?)</Key>"
_CONTENTS = re.compile(
    rb"<Contents>" + _KEY + rb"<ETag>(.*?)</ETag><Size>(\d+)</Size>"
    rb"(?:<Owner>.*?</Owner>)?<StorageClass>(\w+)</StorageClass>"
    rb"<LastModified>([\d:T-]+)Z</LastModified></Contents>",
    re.DOTALL,
)
_VERSION = re.compile(
    rb"<(Version|DeleteMarker)>" + _KEY + rb"<VersionId>(\w+)</VersionId>"
    rb"<IsLatest>(true|false)</IsLatest>"
    rb"(?:<ETag>(.*?)</ETag><Size>(\d+)</Size>)?(?:<Owner>.*?</Owner>)?"
    rb"(?:<StorageClass>(\w+)</StorageClass>)?"
    rb"<LastModified>([\d:T-]+)Z</LastModified>(?:<Owner>.*?</Owner>)?</\1>",
    re.DOTALL,
)
_FOLDER = re.compile(
    rb"<CommonPrefixes><Prefix>(.*?)</Prefix></CommonPrefixes>", re.DOTALL
)
_NEXT = re.compile(rb"<NextContinuationToken>(.*?)</NextContinuationToken>", re.DOTALL)
_KEYS = re.compile(rb"<Contents><Key>([^<&]*)</Key>")
_FACTS = re.compile(
    rb"(?:<IsLatest>(?P<latest>\w+)</IsLatest>)?"
    rb"<LastModified>(?P<modified>[^<]*)\.000Z</LastModified>"
    rb"(?:.*?<Size>(?P<size>\d+)</Size>)?",
    re.DOTALL,
)
_SAFE = re.compile(rb"[A-Za-z0-9._~*/-]*+")
_TRUNCATED = b"<IsTruncated>true</IsTruncated>"
INTERNAL = (b".uploads/", VERSIONS_ENDING.encode() + b"/")
"""The store's own folders, which are nobody's."""
_ENDINGS = (b"/", VERSIONS_ENDING.encode())
_MANY = 1000
"""The store's own bound for versions; and over 255, the folders and files that
one name can have passed, so that a page always gets on."""
_ABSENT = frozenset({"NoSuchKey", "NoSuchVersion", "MethodNotAllowed"})


class Entry(NamedTuple):
    """One line of a listing.

    `tag` is its element, empty for a folder; `body` is that element's content
    without the key, `version` the version's id where versions are listed.
    """

    key: bytes
    tag: bytes = b""
    body: bytes = b""
    version: bytes = b""


class Place(NamedTuple):
    """Where the store is to go on: behind a key, or at a token of its own."""

    key: bytes = b""
    version: bytes = b""
    token: bytes = b""


class Page(NamedTuple):
    """What the store answered.

    Where it has more, `horizon` says how far this reaches: whatever is not
    among `entries` has a name after it, but for the files it has passed
    (`s3.listing.passed_files`). `place` is where to ask for more.
    """

    entries: list[Entry]
    horizon: bytes | None
    place: Place


class Pages(Protocol):
    """One kind of listing, as the store gives it."""

    several: bool
    """Whether a key may have several entries."""

    async def read(
        self, prefix: bytes, place: Place, most: int, *, folders: bool
    ) -> Page:
        """Answer a page of about `most` entries; with folders, of one level."""
        ...

    async def file(self, key: bytes) -> list[Entry]:
        """Answer the entries of one key; none if there are none."""
        ...

    async def any(self, prefix: bytes) -> bool:
        """Say whether any key begins so."""
        ...


class ObjectPages:
    """Objects as they are now."""

    several = False

    def __init__(self, store: Store, bucket: str, *, owner: str | None) -> None:
        self._store = store
        self._bucket = bucket
        self._owner = _owner(owner) if owner else b""

    async def read(
        self, prefix: bytes, place: Place, most: int, *, folders: bool
    ) -> Page:
        """See `Pages.read`."""
        body = await self.body(prefix, place, most, folders=folders)
        return self.page(body, folders=folders)

    async def body(
        self, prefix: bytes, place: Place, most: int, *, folders: bool
    ) -> bytes:
        """Answer the store's document."""
        query = {"list-type": "2", "max-keys": str(most)}
        if prefix:
            query["prefix"] = prefix.decode()
        if folders:
            query["delimiter"] = "/"
        if place.token:
            query["continuation-token"] = place.token.decode()
        elif place.key:
            query["start-after"] = place.key.decode()
        return await _body(self._store, self._bucket, query)

    def plain(self, body: bytes, listing: Listing) -> tuple[bytes, int] | None:
        """Answer the elements of a document, and how many, if it is plain.

        It is where it is whole, has keys alone, in the order of bytes, and
        none that must be written otherwise: then nothing has to be done to
        it, and a thousand keys take no longer than twenty.
        """
        keys = _KEYS.findall(body)
        if not 0 < len(keys) <= listing.most:
            return None
        prefix = listing.prefix
        ordered = sorted(keys)
        begins = ordered[0].startswith(prefix) and ordered[-1].startswith(prefix)
        rest = b"".join([key[len(prefix) :] for key in keys])
        if keys != ordered or not begins or not _SAFE.fullmatch(rest):
            return None
        start, end = body.index(b"<Contents>"), body.rindex(b"</Contents>")
        elements, around = body[start : end + 11], body[:start] + body[end + 11 :]
        if (
            elements.count(b"<Contents>") != len(keys)
            or b"<Owner>" in elements
            or b"<CommonPrefixes>" in around
            or _TRUNCATED in around
            or any(name in rest for name in INTERNAL)
        ):
            return None
        elements = elements.replace(b"Z</LastModified>", b".000Z</LastModified>")
        if self._owner:
            elements = elements.replace(b"</Size>", b"</Size>" + self._owner)
        written_prefix = listing.text(prefix)
        if written_prefix != prefix:
            tag = b"<Contents><Key>"
            elements = elements.replace(tag + prefix, tag + written_prefix)
        return elements, len(keys)

    def page(self, body: bytes, *, folders: bool) -> Page:
        """Read the store's document.

        Raises:
            InternalError: it cannot be read.
        """
        owner = self._owner
        entries = [
            Entry(
                key if b"&" not in key else _unescaped(key),
                b"Contents",
                b"<LastModified>%b.000Z</LastModified><ETag>%b</ETag><Size>%b</Size>"
                b"%b<StorageClass>%b</StorageClass>"
                % (modified, etag, size, owner, storage_class),
            )
            for key, etag, size, storage_class, modified in _CONTENTS.findall(body)
        ]
        if len(entries) != body.count(b"<Contents>"):
            raise _unreadable()
        if folders:
            entries += _folders(body)
        token = _NEXT.search(body) if _TRUNCATED in body else None
        if token is None:
            return Page(entries, None, Place())
        text = _unescaped(token[1])
        return Page(entries, _stripped(text), Place(token=text))

    async def file(self, key: bytes) -> list[Entry]:
        """See `Pages.file`."""
        try:
            head = await self._store.call("HEAD", target_of(self._bucket, key.decode()))
        except ServiceError as error:
            if error.code in _ABSENT:
                return []
            raise
        return [Entry(key, b"Contents", self._described(head))]

    async def any(self, prefix: bytes) -> bool:
        """See `Pages.any`."""
        page = await self.read(prefix, Place(), 1, folders=False)
        return bool(page.entries) or page.horizon is not None

    def _described(self, head: HttpResponse) -> bytes:
        headers: Mapping[str, str] = dict(head.headers)
        modified = parsedate_to_datetime(headers["last-modified"]).astimezone(UTC)
        return (
            b"<LastModified>%b.000Z</LastModified><ETag>%b</ETag><Size>%d</Size>"
            b"%b<StorageClass>%b</StorageClass>"
            % (
                modified.strftime("%Y-%m-%dT%H:%M:%S").encode(),
                headers["etag"].replace('"', "&#34;").encode(),
                int(headers["content-length"]),
                self._owner,
                headers.get("x-amz-storage-class", "STANDARD").encode(),
            )
        )


class VersionPages:
    """Versions and delete markers."""

    several = True

    def __init__(self, store: Store, bucket: str, *, owner: str) -> None:
        self._store = store
        self._bucket = bucket
        self._owner = _owner(owner)

    async def read(
        self,
        prefix: bytes,
        place: Place,
        most: int,  # noqa: ARG002 - the store sorts what it cuts off: always many
        *,
        folders: bool,
    ) -> Page:
        """See `Pages.read`."""
        query: dict[str, str] = {"versions": "", "max-keys": str(_MANY)}
        if prefix:
            query["prefix"] = prefix.decode()
        if folders:
            query["delimiter"] = "/"
        if place.key:
            query["key-marker"] = place.key.decode()
        if place.version:
            query["version-id-marker"] = place.version.decode()
        body = await _body(self._store, self._bucket, query)
        listed = self._entries(body)
        if folders:
            listed += _folders(body)
        entries = [entry for entry in listed if not _mistaken(entry, prefix)]
        if _TRUNCATED not in body or not listed:
            return Page(entries, None, Place())
        horizon = max(_stripped(entry.key) for entry in listed)
        ids = [entry.version for entry in listed if entry.key == horizon]
        return Page(entries, horizon, Place(horizon, ids[-1] if ids else b""))

    async def file(self, key: bytes) -> list[Entry]:
        """See `Pages.file`: the store finds it by the name it has for it."""
        query: dict[str, str] = {
            "versions": "",
            "max-keys": str(_MANY),
            "prefix": key.decode() + VERSIONS_ENDING,
        }
        body = await _body(self._store, self._bucket, query)
        return [entry for entry in self._entries(body) if entry.key == key]

    async def any(self, prefix: bytes) -> bool:
        """See `Pages.any`."""
        query = {"versions": "", "max-keys": "1", "prefix": prefix.decode()}
        body = await _body(self._store, self._bucket, query)
        return b"<VersionId>" in body

    def _entries(self, body: bytes) -> list[Entry]:
        entries = [
            Entry(
                key if b"&" not in key else _unescaped(key),
                tag,
                b"<VersionId>%b</VersionId><IsLatest>%b</IsLatest>"
                b"<LastModified>%b.000Z</LastModified>"
                % (version, latest, modified)
                + (
                    b"<ETag>%b</ETag><Size>%b</Size>%b<StorageClass>%b</StorageClass>"
                    % (etag, size, self._owner, storage_class or b"STANDARD")
                    if tag == b"Version"
                    else self._owner
                ),
                version,
            )
            for tag, key, version, latest, etag, size, storage_class, modified in (
                _VERSION.findall(body)
            )
        ]
        if len(entries) != body.count(b"<VersionId>"):
            raise _unreadable()
        return entries


async def _body(store: Store, bucket: str, query: Mapping[str, str]) -> bytes:
    return (await store.call("GET", target_of(bucket, None, query))).body


def _folders(body: bytes) -> list[Entry]:
    found = [Entry(_unescaped(prefix)) for prefix in _FOLDER.findall(body)]
    if len(found) != body.count(b"<CommonPrefixes>"):
        raise _unreadable()
    return found


def _stripped(name: bytes) -> bytes:
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return name


def _mistaken(entry: Entry, prefix: bytes) -> bool:
    """Say whether the store took its own name of a file for the key.

    It answers `a` to the prefix `a.v`, for it keeps it in `a.versions`.
    """
    return not entry.key.startswith(prefix) and (
        entry.key + VERSIONS_ENDING.encode()
    ).startswith(prefix)


def _owner(account: str) -> bytes:
    return b"<Owner><ID>%b</ID></Owner>" % canonical_user_id(account).encode()


def _unescaped(text: bytes) -> bytes:
    return unescape(text.decode()).encode()


def _unreadable() -> InternalError:
    """What cannot be read is not passed on: it could be anybody's."""
    return InternalError("We encountered an internal error. Please try again.")


def facts_of(entry: Entry) -> StoredVersion:
    """Read again what an entry is answered with.

    Raises:
        InternalError: it is a folder's.
    """
    found = _FACTS.search(entry.body)
    if found is None:
        raise _unreadable()
    return StoredVersion(
        id=entry.version.decode() or None,
        modified=datetime.fromisoformat(found["modified"].decode()).replace(tzinfo=UTC),
        size=int(found["size"] or b"0"),
        marker=entry.tag == b"DeleteMarker",
        latest=found["latest"] != b"false",
    )


def element(tag: bytes, text: bytes) -> bytes:
    """Answer an element of a text that was escaped."""
    return b"<%b>%b</%b>" % (tag, text, tag)


def written(entry: Entry, text: Callable[[bytes], bytes] = xml_escaped) -> bytes:
    """Answer the element of an entry; `text` writes its key."""
    key = text(entry.key)
    if not entry.tag:
        return b"<CommonPrefixes><Prefix>%b</Prefix></CommonPrefixes>" % key
    return b"<%b><Key>%b</Key>%b</%b>" % (entry.tag, key, entry.body, entry.tag)
