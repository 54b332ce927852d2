"""A key and a folder of the same name, which the store may take for each other.

It is a tree of files. In a bucket that keeps versions `a` and `a/` have places
of their own; what was written without is one entry for both: asked for `a/` the
store answers `a`, or a folder that is there only for what is in it; and one that
is put takes the other's place. AWS has no folders, and any key beside any.
"""

from http import HTTPStatus

from securecart.s3 import Versioning
from securecart.serve.gateway.absence import absence
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.refusals import SameName
from securecart.serve.gateway.store import Store, target_of
from securecart.serve.gateway.store_errors import refusal
from securecart.wire.http import HttpResponse

_SLASH = "/"
_IDENTITY = ("etag", "last-modified", "content-length")
_VERSION = "x-amz-version-id"
# How the tag ends that the store gives to a folder that nobody put.
_NOBODYS = '-0"'
_MAKES = frozenset({"PutObject", "CopyObject", "CompleteMultipartUpload"})
_DELETES = frozenset({"DeleteObject"})
"""Asked to delete a folder, the store leaves a file of that name alone."""
CONDITIONS = frozenset({"if-match", "if-none-match"})
UNLESS_A_FOLDER = ("if-none-match", '"d41d8cd98f00b204e9800998ecf8427e"')
"""Has the store refuse to write a file where somebody put a folder. A folder has
no content, so this is the tag of all of them; one that nobody put has another."""


def may_be_anothers(call: Call) -> bool:
    """Say whether `require_own_place` has anything to ask: most often not."""
    key, source = call.s3.key, call.s3.copy_source
    if key is None:
        return False
    return (
        source is not None
        or key.endswith(_SLASH)
        or (call.s3.operation in _MAKES and not finds_out_by_writing(call))
    )


async def require_own_place(backend: Backend, call: Call) -> None:
    """Let no key stand for, or take the place of, one that differs by a slash.

    What was decided of the one is never carried out on the other.

    Raises:
        NoSuchKey, AccessDenied: there is no such key, as the caller may know.
        SameName: the key's place is taken.
    """
    source, key = call.s3.copy_source, call.s3.key
    version = call.s3.version_id
    if source is not None and source.key.endswith(_SLASH):
        found = _Folder(backend.store, source.bucket, source.key, source.version_id)
        if await found.is_another():
            raise refusal("NoSuchKey")
    if key is None or call.s3.operation in _DELETES:
        return
    if call.s3.operation in _MAKES:
        kept = call.existing_bucket.versioning is Versioning.ENABLED
        if not (kept or finds_out_by_writing(call)):
            await require_room(backend, call)
    elif key.endswith(_SLASH):
        found = _Folder(backend.store, call.bucket_name, key, version)
        if await found.is_another():
            raise await absence(backend, call, refusal("NoSuchKey"))


def finds_out_by_writing(call: Call) -> bool:
    """Say whether PutObject itself asks for room: see `UNLESS_A_FOLDER`.

    Not where the caller has a condition, for the store takes one only.
    """
    return (
        call.s3.operation == "PutObject"
        and call.existing_bucket.versioning is Versioning.NEVER
        and not call.key.endswith(_SLASH)
        and CONDITIONS.isdisjoint(call.request.first)
    )


async def require_room(backend: Backend, call: Call) -> None:
    """Let a key be written where it takes no other's place.

    Raises:
        SameName: the key's place is taken.
    """
    folder = _Folder(backend.store, call.bucket_name, call.key, None)
    head = await folder.look()
    if head is None:
        return
    if folder.is_nobodys(head):
        # The store writes a file there, but none of parts.
        if call.s3.operation == "CompleteMultipartUpload":
            raise SameName
        return
    if call.key.endswith(_SLASH) is await folder.is_a_file(head):
        raise SameName


class _Folder:
    """The folder that a key names, or would be if it ended in a slash."""

    def __init__(
        self, store: Store, bucket: str, key: str, version: str | None
    ) -> None:
        self._store = store
        self._bucket = bucket
        self._name = key.removesuffix(_SLASH)
        self._query = {} if version is None else {"versionId": version}

    async def look(self) -> HttpResponse | None:
        """Answer what the store says of it; None: it has none."""
        return await self._head(self._name + _SLASH)

    @staticmethod
    def is_nobodys(head: HttpResponse) -> bool:
        """Say whether it is there only for what is in it."""
        return _identity(head)[0].endswith(_NOBODYS)

    async def is_a_file(self, head: HttpResponse) -> bool:
        """Say whether that is what the store says of the file of the name."""
        if head.status != HTTPStatus.OK:
            return True  # It wants a customer's key, say: a folder never does.
        file = await self._head(self._name)
        return file is not None and _identity(file) == _identity(head)

    async def is_another(self) -> bool:
        """Say whether the store would answer something else for it."""
        head = await self.look()
        if head is None:
            return False  # And so the operation will say.
        return self.is_nobodys(head) or await self.is_a_file(head)

    async def _head(self, key: str) -> HttpResponse | None:
        head = await self._store.head(target_of(self._bucket, key, self._query))
        return None if head.status == HTTPStatus.NOT_FOUND else head


def _identity(head: HttpResponse) -> tuple[str, ...]:
    """What tells an object from others: its tag, time, size and version."""
    headers = dict(head.headers)
    # Of a folder the store does not say that it has no version.
    version = headers.get(_VERSION, "null")
    return (*(headers.get(name, "") for name in _IDENTITY), version)
