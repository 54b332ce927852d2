"""The filer and the volume server of one start of a store, as a client has them."""

import asyncio
import time
from pathlib import Path

from securecart.adapters.direct_store.chunk import Chunk
from securecart.adapters.direct_store.entry import Entry, entry_of, latest_of
from securecart.adapters.direct_store.filer_connection import FilerConnection, connect
from securecart.adapters.direct_store.messages import (
    Assigned,
    assign_request,
    assigned,
)
from securecart.adapters.direct_store.protobuf import Malformed
from securecart.adapters.direct_store.tokens import chunk_token, filer_token
from securecart.adapters.seaweedfs.location import Location, token_keys
from securecart.adapters.seaweedfs.readiness import client_context
from securecart.adapters.upstream import Exchange, StorePool, UpstreamLimits
from securecart.wire.http import HttpRequest

_LOOPBACK = "127.0.0.1"
_ENTRY_BYTES = 8 * 1024 * 1024
"""An object of 5 GiB has 1,280 chunks, each told in some 600 bytes."""
_IDS = 1024
"""Asked for at once, in each bucket that is written to."""
_IDS_SECONDS = 10.0
"""After which the volume may be full, or gone with its bucket."""
_BUCKETS = 64
"""That ids are held for, the newest."""
_OK, _CREATED, _NOT_FOUND = 200, 201, 404


class NotStored(Exception):
    """The volume server has not taken a chunk, and nothing refers to it."""


class _Ids:
    """Ids of one bucket, given out in turn."""

    def __init__(self, assigned_ids: Assigned, until: float) -> None:
        self._assigned = assigned_ids
        self._indices = iter(range(assigned_ids.count))
        self._until = until

    def take(self, now: float) -> str | None:
        index = None if now >= self._until else next(self._indices, None)
        return None if index is None else self._assigned.file_id(index)


class Processes:
    """Connections and tokens for one `Location`."""

    def __init__(
        self, location: Location, store_key: bytes, limits: UpstreamLimits
    ) -> None:
        self.location = location
        self._keys = token_keys(store_key, location.salt)
        self._limits = limits
        self._filer = StorePool(Path(location.filer_socket), limits)
        self._volume = StorePool((_LOOPBACK, location.volume), limits)
        self._connection: FilerConnection | None = None
        self._ids: dict[str, _Ids] = {}
        self._mutations = 0
        self._token = ""
        self._token_second = -1

    @property
    def answered(self) -> int:
        """How many answers have come whole."""
        return self._filer.answered + self._volume.answered

    def abandon(self) -> None:
        """Fail everything that is under way."""
        self._filer.abandon()
        self._volume.abandon()
        if self._connection is not None:
            self._connection.drop()

    def close(self) -> None:
        """Drop every connection."""
        self._filer.close()
        self._volume.close()
        if self._connection is not None:
            self._connection.drop()

    async def entry(self, path: str) -> Entry | None:
        """Ask the filer for an entry, if there is one; `path` is percent-encoded.

        Raises:
            Unusual: it is not of the plainest kind.
            BlockingIOError, ConnectionError, TimeoutError: the filer is not there.
        """
        document = await self._told(path)
        return None if document is None else entry_of(document)

    async def newest(self, folder: str) -> str | None:
        """Ask for the newest in a folder of versions; answer its file's name.

        Raises:
            Unusual: it is no such folder.
            BlockingIOError, ConnectionError, TimeoutError: the filer is not there.
        """
        document = await self._told(folder)
        return None if document is None else latest_of(document)

    async def _told(self, path: str) -> bytes | None:
        now = time.time()
        if int(now) != self._token_second:
            self._token_second = int(now)
            key = self._keys["WEED_JWT_FILER_SIGNING_READ_KEY"]
            self._token = f"Bearer {filer_token(key, now)}"
        exchange = await self._filer.open(
            HttpRequest(
                "GET",
                f"{path}?metadata=true",
                (("host", "filer"), ("authorization", self._token)),
                b"",
            )
        )
        try:
            head = await exchange.head()
            document = await _whole(exchange)
        finally:
            exchange.close()
        if head.status == _NOT_FOUND:
            return None
        if head.status != _OK:
            # A store that was started anew at the same socket has other keys.
            raise ConnectionError(f"the filer answers {head.status}")
        return document

    async def open(self, chunk: Chunk) -> Exchange:
        """See `document.Chunks`."""
        key = self._keys["WEED_JWT_SIGNING_READ_KEY"]
        return await self._volume.open(self._request("GET", chunk.file_id, key))

    async def store(self, file_id: str, content: bytes) -> None:
        """Store a chunk.

        Raises:
            NotStored: it was refused.
            BlockingIOError, ConnectionError, TimeoutError: it is not there.
        """
        key = self._keys["WEED_JWT_SIGNING_KEY"]
        exchange = await self._volume.open(self._request("PUT", file_id, key, content))
        try:
            head = await exchange.head()
            await _whole(exchange)
        finally:
            exchange.close()
        if head.status != _CREATED:
            raise NotStored(f"the volume server answers {head.status}")

    async def forget(self, file_id: str) -> None:
        """Delete a chunk that nothing refers to; whether that works or not."""
        key = self._keys["WEED_JWT_SIGNING_KEY"]
        try:
            exchange = await self._volume.open(self._request("DELETE", file_id, key))
            try:
                await exchange.head()
                await _whole(exchange)
            finally:
                exchange.close()
        except (OSError, TimeoutError):
            return

    async def file_id(self, bucket: str) -> str:
        """Answer an id for a chunk of a bucket's.

        Raises:
            Refused: there is no volume for it.
            ConnectionError, TimeoutError: the filer is not there, or hangs.
        """
        now = time.monotonic()
        ids = self._ids.get(bucket)
        found = None if ids is None else ids.take(now)
        if found is not None:
            return found
        connection = await self._connected()
        request = assign_request(_IDS, bucket, f"/buckets/{bucket}/")
        try:
            async with asyncio.timeout(self._limits.stall_seconds):
                told = assigned(await connection.assign(request))
        except Malformed as error:
            raise ConnectionError(f"the filer assigned nothing: {error}") from error
        ids = _Ids(told, now + _IDS_SECONDS)
        self._ids.pop(bucket, None)
        self._ids[bucket] = ids
        if len(self._ids) > _BUCKETS:
            del self._ids[next(iter(self._ids))]
        found = ids.take(now)
        if found is None:
            raise ConnectionError("the filer assigned nothing")
        return found

    def renounce(self, bucket: str) -> None:
        """Use no more of the ids of a bucket's: their volume refuses."""
        self._ids.pop(bucket, None)

    async def connection(self) -> tuple[int, FilerConnection]:
        """Answer the connection that entries go over, and a number for the next.

        Raises:
            ConnectionError: the filer is not there.
        """
        connection = await self._connected()
        self._mutations += 1
        return self._mutations, connection

    async def _connected(self) -> FilerConnection:
        if self._connection is None or self._connection.lost:
            try:
                context = client_context(Path(self.location.certificates))
            except OSError as error:  # They are made anew with the store.
                raise ConnectionError(f"no certificate: {error}") from error
            made = await connect(self.location.filer_grpc, context)
            if self._connection is not None and not self._connection.lost:
                made.drop()  # Somebody else was faster.
            else:
                self._connection = made
        return self._connection

    def _request(
        self, method: str, file_id: str, key: str, body: bytes = b""
    ) -> HttpRequest:
        token = chunk_token(key, file_id, time.time())
        headers = [("host", "volume"), ("authorization", f"Bearer {token}")]
        if body:
            headers.append(("content-type", "application/octet-stream"))
        return HttpRequest(method, f"/{file_id}", tuple(headers), body)


async def _whole(exchange: Exchange) -> bytes:
    pieces, size = [], 0
    while piece := await exchange.read():
        pieces.append(piece)
        size += len(piece)
        if size > _ENTRY_BYTES:
            raise ConnectionError("the store's answer is too large")
    return b"".join(pieces)
