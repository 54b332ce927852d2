"""The plainest documents, read and written without the store's S3 endpoint.

Fills the gateway's `Shortcut` port. What is read is one entry of the filer's and
its chunks; what is written is a chunk, then an entry. Whatever is not of the
plainest kind is declined before anything was done, and goes by S3.
"""

import asyncio
import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

from cryptography.hazmat.primitives.ciphers import CipherContext

from securecart.adapters.direct_store import entry as names
from securecart.adapters.direct_store.chunk import Chunk
from securecart.adapters.direct_store.document import Document
from securecart.adapters.direct_store.entry import Entry, Unusual
from securecart.adapters.direct_store.messages import (
    Created,
    Refused,
    create_request,
)
from securecart.adapters.direct_store.processes import NotStored, Processes
from securecart.adapters.direct_store.sse_kms import ALGORITHM as KMS_ALGORITHM
from securecart.adapters.direct_store.sse_kms import Kms, KmsDataKeys
from securecart.adapters.direct_store.sse_s3 import (
    ALGORITHM,
    DataKey,
    DataKeys,
    NotOpened,
)
from securecart.adapters.seaweedfs.location import Location
from securecart.adapters.upstream import UpstreamLimits
from securecart.s3 import Versioning
from securecart.s3.key import VERSIONS_ENDING
from securecart.wire.checksum import ALGORITHMS, BadDigest, check_digest, checksum
from securecart.wire.http import HttpRequest, HttpResponse

_LOOK_SECONDS = 0.5
"""Between two looks for where the store is, after it was not there."""
_MOST_BYTES = 1024 * 1024
"""Of what is written: one chunk, and held whole."""
_OWNER = b"gateway"
"""The name that the store's S3 endpoint has for its one identity."""
_OK = 200
_CHECKSUMS = ("x-amz-checksum-mode", "ENABLED")
_ENCRYPTION = "x-amz-server-side-encryption"
_KMS_KEY = "x-amz-server-side-encryption-aws-kms-key-id"
_ENCRYPTING = frozenset({_ENCRYPTION, _KMS_KEY})
_UNLESS = "if-none-match"
_TAG = re.compile(r'"[0-9a-f]{32}"', re.ASCII)
"""One, and no `*` or list: the filer has no such conditions."""
_OBJECT = re.compile(r"(?:/(?!\.\.?(?:/|\Z))(?:[^/?%\\]++|%(?!2[EFef]|5[Cc]))++){2,}")
"""A bucket and a key's segments, none of which leads elsewhere in a tree of files;
dots and slashes are written as they are, so that one look finds them. S3 takes
a backslash for a slash."""
_METADATA = "x-amz-meta-"
_COPIED = frozenset({"content-disposition", "content-encoding", "content-language"})

Headers = list[tuple[str, str]]


class _Declined(Exception):
    """It is not for the direct way."""


class DirectStore:
    """One worker's; for its event loop's thread alone."""

    def __init__(
        self,
        directory: Path,
        store_key: bytes,
        random: Callable[[int], bytes],
        limits: UpstreamLimits,
        kms: Kms | None = None,
    ) -> None:
        """Speak to the store of a directory; `store_key` is its SSE-S3 key.

        Without `kms`, what is encrypted by it is declined.
        """
        self._directory = directory
        self._store_key = store_key
        self._limits = limits
        self._data_keys = DataKeys(store_key, random)
        self._kms = None if kms is None else KmsDataKeys(kms, random)
        self._processes: Processes | None = None
        self._look_after = 0.0
        self._answered = 0

    @property
    def answered(self) -> int:
        """How many answers have come whole."""
        current = self._processes
        return self._answered + (0 if current is None else current.answered)

    def abandon(self) -> None:
        """Fail everything that is under way."""
        if self._processes is not None:
            self._processes.abandon()

    def close(self) -> None:
        """Drop every connection."""
        if self._processes is not None:
            self._processes.close()

    async def read(
        self, request: HttpRequest, versioning: Versioning
    ) -> Document | None:
        """Answer a GET or HEAD of an object as it is now; None: ask S3.

        `versioning` is that of its bucket.

        None stands for everything that does not go smoothly: S3 says it better.

        Raises:
            TimeoutError: the store hangs, and would again.
        """
        if not _is_plain(request.target) or request.headers not in {(), (_CHECKSUMS,)}:
            return None
        processes = self._current()
        if processes is None or versioning is Versioning.SUSPENDED:
            return None
        try:
            entry = await _newest(processes, request.target, versioning)
            if entry is None:
                return None
            document = self._document(processes, entry, request)
            try:
                await document.begin()
            except BaseException:
                document.close()
                raise
        except (Unusual, NotOpened, BlockingIOError):
            return None
        except ConnectionError:
            self._lost(processes)
            return None
        return document

    async def write(self, request: HttpRequest) -> HttpResponse | None:
        """Carry out a PUT of an object; None: nothing was done, ask S3.

        The bucket has never kept versions, else this would overwrite one; and it
        is there, else the filer would make it.

        Raises:
            ConnectionError, TimeoutError: it may have been done, or not.
        """
        try:
            wanted, answered, kms_key = _written(request)
            processes = self._current()
            if processes is None:
                return None
            data_key, sealed, more = self._new_data_key(kms_key, request.target)
        except (_Declined, BadDigest, NotOpened, UnicodeError):
            return None
        content = data_key.cipher().update(request.body)
        bucket = wanted.directory.split("/", 3)[2]
        try:
            file_id = await processes.file_id(bucket)
            # First, so that a filer that is gone leaves no chunk behind.
            number, connection = await processes.connection()
            await processes.store(file_id, content)
        except (NotStored, Refused, BlockingIOError):
            processes.renounce(bucket)
            return None
        except ConnectionError:
            self._lost(processes)
            return None
        now = time.time_ns()
        extended = {**wanted.extended, **more, names.OWNER: _OWNER}
        created = replace(
            wanted,
            file_id=file_id,
            chunk_md5=hashlib.md5(content, usedforsecurity=False).digest(),
            sealed=sealed,
            extended=extended,
            modified_ns=now,
        )
        async with asyncio.timeout(self._limits.stall_seconds):
            why = await connection.mutate(number, create_request(number, created))
        if why is not None:
            await processes.forget(file_id)
            return None
        self._answered += 1
        return HttpResponse(_OK, tuple(answered))

    def _document(
        self, processes: Processes, entry: Entry, request: HttpRequest
    ) -> Document:
        headers = entry.headers
        if request.headers and entry.checksum is not None:
            headers = (*headers, entry.checksum)
        head = HttpResponse(_OK, headers)
        if request.method == "HEAD":
            return Document(head, (), processes, self._of_store)
        return Document(head, entry.chunks, processes, self._ciphers(entry))

    def _of_store(self, chunk: Chunk) -> CipherContext:
        """Begin a chunk of SSE-S3: each has a data key beside it."""
        return self._data_keys.open(chunk.data_key).cipher()

    def _ciphers(self, entry: Entry) -> Callable[[Chunk], CipherContext]:
        if entry.kms_data_key is None:
            return self._of_store
        if self._kms is None:
            raise NotOpened("there is no KMS to ask")
        return self._kms.ciphers(entry.kms_data_key)

    def _new_data_key(
        self, kms_key: str | None, target: str
    ) -> tuple[DataKey, tuple[int, bytes], dict[str, bytes]]:
        """Answer a data key, what stands beside the chunk, and beside the object."""
        if kms_key is None:
            data_key, told = self._data_keys.new()
            return (
                data_key,
                (names.SEALED, told),
                {names.ENCRYPTION: ALGORITHM.encode(), names.DATA_KEY: told},
            )
        if self._kms is None:
            raise NotOpened("there is no KMS to ask")
        data_key, told, of_chunk = self._kms.new(kms_key, target)
        return (
            data_key,
            (names.SEALED_BY_KMS, of_chunk),
            {
                names.ENCRYPTION: KMS_ALGORITHM.encode(),
                names.KMS_KEY: kms_key.encode(),
                names.KMS_DATA_KEY: told,
            },
        )

    def _current(self) -> Processes | None:
        if self._processes is not None:
            return self._processes
        now = time.monotonic()
        if now < self._look_after:
            return None
        self._look_after = now + _LOOK_SECONDS
        try:
            location = Location.read(self._directory)
        except ConnectionError:
            return None
        self._processes = Processes(location, self._store_key, self._limits)
        return self._processes

    def _lost(self, processes: Processes) -> None:
        """Begin anew, with what the store has written down meanwhile."""
        if self._processes is not processes:
            return
        try:
            moved = Location.read(self._directory) != processes.location
        except ConnectionError:
            moved = True
        if moved:
            self._answered += processes.answered
            processes.close()
            self._processes = None


def _is_plain(target: str) -> bool:
    """Say whether it is an object's, by a name that is a file's."""
    return (
        _OBJECT.fullmatch(target) is not None
        # What the store keeps beside the documents.
        and ".versions" not in target
        and ".uploads" not in target
    )


def _is_plain_put(request: HttpRequest) -> bool:
    """Say whether it has one chunk, and each of its headers one meaning."""
    return (
        _is_plain(request.target)
        and 0 < len(request.body) <= _MOST_BYTES
        # Of two S3 takes the first, and an empty one it does not keep.
        and not request.repeats
        and "" not in request.first.values()
    )


async def _newest(
    processes: Processes, target: str, versioning: Versioning
) -> Entry | None:
    """Ask for the entry of an object as it is now.

    Raises:
        Unusual: it is not of the plainest kind.
        BlockingIOError, ConnectionError, TimeoutError: the filer is not there.
    """
    path = f"/buckets{target}"
    if versioning is Versioning.ENABLED:
        path += VERSIONS_ENDING
        newest = await processes.newest(path)
        if newest is None:
            return None
        path += f"/{newest}"
    return await processes.entry(path)


def _written(request: HttpRequest) -> tuple[Created, Headers, str | None]:
    """Answer the entry for a PUT, what S3 answers with, and a key of KMS's.

    The entry is whole but for its chunk and its encryption.

    Raises:
        _Declined: it says more than is known here.
        BadDigest: the body is not what its sender says, as S3 will find.
        UnicodeError: it is told in characters that are none.
    """
    if not _is_plain_put(request):
        raise _Declined
    body = request.body
    md5 = hashlib.md5(body, usedforsecurity=False)
    extended: dict[str, bytes] = {names.ENTITY_TAG: md5.hexdigest().encode()}
    answered: Headers = [("etag", f'"{md5.hexdigest()}"')]
    content_type, unless, summed = "", None, False
    for name, value in request.headers:
        if name == "content-type":
            content_type = value
        elif name.startswith(_METADATA) or name in _COPIED:
            extended[_canonical(name)] = value.encode("latin-1")
        elif name in _ENCRYPTING:
            answered.append((name, value))
        elif name == _UNLESS and _TAG.fullmatch(value):
            unless = value.strip('"')
        elif name == "content-md5":
            check_digest("content-md5", md5, value)
        elif name.removeprefix(names.CHECKSUM) in ALGORITHMS and not summed:
            summed = True
            computed = checksum(name.removeprefix(names.CHECKSUM))
            computed.update(body)
            check_digest(name, computed, value)
            extended[names.CHECKSUM_NAME] = _canonical(name).encode()
            extended[names.CHECKSUM_VALUE] = value.encode()
            answered.append((name, value))
        else:
            raise _Declined
    if not content_type or not content_type.isascii():
        raise _Declined
    directory, _, name = unquote(
        f"/buckets{request.target}", errors="strict"
    ).rpartition("/")
    return (
        Created(
            directory=directory,
            name=name,
            content_type=content_type,
            size=len(body),
            md5=md5.digest(),
            file_id="",
            chunk_md5=b"",
            sealed=(names.SEALED, b""),
            extended=extended,
            unless_tagged=unless,
            modified_ns=0,
        ),
        answered,
        _kms_key_of(request),
    )


def _kms_key_of(request: HttpRequest) -> str | None:
    """Answer the ARN of the key of KMS's that an object is to have, if it is to.

    Raises:
        _Declined: it is to be encrypted otherwise, or not at all.
    """
    kms_key = request.header(_KMS_KEY)
    if request.header(_ENCRYPTION) != (ALGORITHM if kms_key is None else KMS_ALGORITHM):
        raise _Declined
    return kms_key


def _canonical(name: str) -> str:
    """Write a header's name as Go does: `textproto.CanonicalMIMEHeaderKey`."""
    return "-".join(part.capitalize() for part in name.split("-"))
