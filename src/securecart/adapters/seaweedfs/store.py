"""The four processes of the object store, as one thing that runs."""

import asyncio
import fcntl
import hashlib
import logging
import os
import secrets
import signal
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import partial
from pathlib import Path

from securecart.adapters.seaweedfs import configuration as settings
from securecart.adapters.seaweedfs.backoff import Backoff
from securecart.adapters.seaweedfs.certificates import issue_certificates
from securecart.adapters.seaweedfs.configuration import KmsEndpoint, Places, Ports
from securecart.adapters.seaweedfs.errors import StartFailed, StoreError
from securecart.adapters.seaweedfs.leftovers import end_leftovers
from securecart.adapters.seaweedfs.location import LOCATION_FILE, Location, token_keys
from securecart.adapters.seaweedfs.private import (
    make_private_directory,
    replace_private,
    write_private,
)
from securecart.adapters.seaweedfs.process import Process, Program
from securecart.adapters.seaweedfs.program import find_weed
from securecart.adapters.seaweedfs.readiness import (
    client_context,
    lists_buckets,
    speaks_tls,
)
from securecart.names.credentials import Credentials

_log = logging.getLogger(__name__)

_SALT_BYTES = 16
_SSE_VARIABLE = "WEED_S3_SSE_KEK"
_SSE_KEY_BYTES = 32

_THREADS = max(1, (os.cpu_count() or 1) // 2)
"""Threads that each process runs at once: the gateway's workers take the other
cores. With as many as there are cores, Go spends a third more on a small
request, waking and looking for work (measured on two cores)."""
_COLLECT_PERCENT = {"s3": 400, "volume": 400}
"""By how much Go's heap may grow before it is collected (GOGC), where every byte
goes through. At Go's own 100 a small request takes a seventh more, for some 90 MB
less of both together; the filer would take hundreds more."""

_PORT_ATTEMPTS = 5
"""Another program may take a port between choosing and binding it."""

_LOG_CHECK_SECONDS = 60.0
"""How often the size of the logs is looked at."""

_SOCKET_PATH_BYTES = 107
"""unix(7): `sun_path` holds 108 bytes with its closing zero."""


class State(Enum):
    """What the store is doing. Only a READY store answers for certain."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class Health:
    """The store at one moment; a process that is down has no id."""

    state: State
    processes: Mapping[str, int | None]
    restarts: int
    last_failure: str | None


class Store:
    """SeaweedFS in a private directory, for one gateway on this machine.

    The processes die with the thread that called `start` (see `leash.py`).
    `kms` is asked for data keys; `credentials` are the only ones that the
    store answers to. `sse_key`, 32 bytes, wraps the data keys of what is
    encrypted without KMS (SSE-S3): it must be the same at every start, and
    is never written down in the store's directory.
    """

    def __init__(
        self,
        directory: Path,
        kms: KmsEndpoint,
        credentials: Credentials,
        sse_key: bytes,
    ) -> None:
        if len(sse_key) != _SSE_KEY_BYTES:
            raise ValueError(f"the SSE-S3 key has {_SSE_KEY_BYTES} bytes")
        self._kms = kms
        self._sse_key = sse_key
        self.credentials = credentials
        root = directory.resolve()
        self._places = Places(root, _socket_directory(root))
        self._salt = secrets.token_hex(_SALT_BYTES)
        self._token_keys = token_keys(sse_key, self._salt)
        self._processes: tuple[Process, ...] = ()
        self._state = State.STOPPED
        self._restarts = 0
        self._last_failure: str | None = None
        self._lock: int | None = None
        self._supervisor: asyncio.Task[None] | None = None

    @property
    def socket_path(self) -> Path:
        """The Unix socket on which the S3 API answers."""
        return self._places.s3_socket

    @property
    def state(self) -> State:
        """What the store is doing."""
        return self._state

    def health(self) -> Health:
        """The state, the process ids, and what went wrong last."""
        return Health(
            self._state,
            {process.program.name: process.pid for process in self._processes},
            self._restarts,
            self._last_failure,
        )

    async def start(self) -> None:
        """Start all four, and return when a signed request is answered.

        Raises:
            StoreError: if the program is missing, the directory cannot be
                written or is in use, or a process does not start.
        """
        self._state = State.STARTING
        try:
            weed = find_weed()
            self._prepare()
            await self._start_on_free_ports(weed)
        except BaseException:
            await self._halt()
            self._release()
            self._state = State.STOPPED
            raise
        self._state = State.READY
        self._supervisor = asyncio.create_task(self._supervise(weed))

    async def stop(self) -> None:
        """Stop all four in the order that loses nothing. Drain first."""
        self._state = State.STOPPING
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.wait({self._supervisor})
            self._supervisor = None
        await self._halt()
        self._release()
        self._state = State.STOPPED

    def _prepare(self) -> None:
        places = self._places
        try:
            for directory in (
                *(places.root, places.sockets, places.config, places.certificates),
                *(places.logs, *(places.root / name for name in ("m", "data", "f"))),
            ):
                make_private_directory(directory)
            self._lock = _lock(places.root)
            end_leftovers(places.config_argument)
            issue_certificates(places.certificates, datetime.now(UTC))
            for name, text in (
                (places.config / "security.toml", settings.security_toml(places)),
                (places.config / "master.toml", settings.master_toml()),
                (places.config / "filer.toml", settings.filer_toml(places)),
                (
                    places.identities,
                    settings.identities_json(self.credentials, self._kms),
                ),
            ):
                write_private(name, text.encode())
        except OSError as error:
            raise StoreError(
                f"the object store cannot use {places.root}: {error.strerror} "
                f"({error.filename}); choose another directory or give this user "
                "the right to write there"
            ) from error

    async def _start_on_free_ports(self, weed: Path) -> None:
        for attempt in range(1, _PORT_ATTEMPTS + 1):
            ports = Ports.choose()
            self._processes = self._plan(weed, ports)
            self._write_location(ports)
            try:
                await self._start_missing()
            except StartFailed as error:
                await self._halt()
                if not error.port_taken or attempt == _PORT_ATTEMPTS:
                    raise
            else:
                return

    def _write_location(self, ports: Ports) -> None:
        """Say where filer and volume server are about to be."""
        places = self._places
        location = Location(
            filer_socket=str(places.filer_socket),
            filer_grpc=ports.filer_grpc,
            volume=ports.volume,
            certificates=str(places.certificates),
            salt=self._salt,
        )
        replace_private(places.root / LOCATION_FILE, location.to_json())

    async def _start_missing(self) -> None:
        """Start whoever does not run, in the order in which they need others."""
        master, volume, filer, s3 = self._processes
        for group in ((master,), (volume, filer), (s3,)):
            starts = [process.start() for process in group if process.pid is None]
            results = await asyncio.gather(*starts, return_exceptions=True)
            for result in results:
                if isinstance(result, BaseException):
                    raise result

    async def _halt(self) -> None:
        """Stop whoever runs, s3 first and master last."""
        for process in reversed(self._processes):
            await process.stop()

    def _release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def _supervise(self, weed: Path) -> None:
        backoff = Backoff()
        clock = asyncio.get_running_loop().time
        while True:
            since = clock()
            await self._first_death()
            self._state = State.RESTARTING
            await asyncio.sleep(backoff.pause(lived=clock() - since))
            self._restarts += 1
            await self._revive(weed)

    async def _first_death(self) -> None:
        """Return when one of the processes ends; keep the logs short meanwhile."""
        deaths = {
            asyncio.create_task(process.ended()): process.program.name
            for process in self._processes
        }
        try:
            done: set[asyncio.Task[None]] = set()
            while not done:
                for process in self._processes:
                    process.bound_log()
                done, _ = await asyncio.wait(
                    deaths,
                    timeout=_LOG_CHECK_SECONDS,
                    return_when=asyncio.FIRST_COMPLETED,
                )
        finally:
            for death in deaths:
                death.cancel()
        if self._state is State.READY:
            names = ", ".join(sorted(deaths[death] for death in done))
            self._last_failure = f"{names} ended"
            _log.warning("the object store's %s ended; restarting", names)

    async def _revive(self, weed: Path) -> None:
        """Bring the dead back; if they will not come, start afresh.

        A failure leaves no process running, which the supervisor then finds
        as the next death and tries again, later.
        """
        try:
            await self._start_missing()
        except StartFailed as first:
            _log.warning("%s", first)
            await self._halt()
            try:
                await self._start_on_free_ports(weed)
            except StoreError as error:
                self._last_failure = str(error)
                _log.error("%s", error)
                return
        self._state = State.READY

    def _plan(self, weed: Path, ports: Ports) -> tuple[Process, ...]:
        places = self._places
        context = client_context(places.certificates)
        listing = partial(lists_buckets, places.s3_socket, self.credentials)
        term, kill = signal.SIGTERM, signal.SIGKILL
        # The filer loses its buffer of change events when killed, which nobody
        # reads; asked to end, it waits for minutes.
        # To the one process that encrypts.
        sse_key = {"s3": {_SSE_VARIABLE: self._sse_key.hex()}}
        rows = (
            (
                "master",
                settings.master_arguments,
                partial(speaks_tls, ports.master_grpc, context),
                term,
            ),
            (
                "volume",
                settings.volume_arguments,
                partial(speaks_tls, ports.volume_grpc, context),
                term,
            ),
            (
                "filer",
                settings.filer_arguments,
                partial(speaks_tls, ports.filer_grpc, context),
                kill,
            ),
            ("s3", settings.s3_arguments, listing, term),
        )
        return tuple(
            Process(
                Program(
                    name,
                    (
                        *(str(weed), places.config_argument, "-logtostderr=true"),
                        *(name, *arguments(places, ports)),
                    ),
                    # Nothing else: HOME, proxies, AWS_* and WEED_* of whoever
                    # started us would all change what SeaweedFS does.
                    {
                        "HOME": str(places.root),
                        "GOMAXPROCS": str(_THREADS),
                        "GOGC": str(_COLLECT_PERCENT.get(name, 100)),
                        **self._token_keys,
                        **sse_key.get(name, {}),
                    },
                    places.root,
                    places.logs / f"{name}.log",
                    stop_signal,
                ),
                answers,
            )
            for name, arguments, answers, stop_signal in rows
        )


def socket_path(directory: Path) -> Path:
    """The Unix socket on which a store in that directory answers."""
    root = directory.resolve()
    return Places(root, _socket_directory(root)).s3_socket


def _socket_directory(root: Path) -> Path:
    """Where the sockets fit: below the store, else in a short private place."""
    inside = root / "run"
    if len(os.fsencode(inside / "s3.sock")) <= _SOCKET_PATH_BYTES:
        return inside
    digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"securecart-{os.geteuid()}-{digest}"


def _lock(directory: Path) -> int:
    """Hold the directory against a second store; the kernel lets go for us."""
    descriptor = os.open(directory / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise StoreError(
            f"another SecureCart already runs on {directory}: stop it first"
        ) from None
    return descriptor
