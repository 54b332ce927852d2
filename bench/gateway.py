"""What the gateway costs: GET and PUT through it, against SeaweedFS direct.

Run `python bench/gateway.py`; about two minutes. One store, one run, the two
sides by turns; printed are medians and their ratio. Through the gateway every
request has a session's signature, a decision on its folder, the payload's
hash and an audit record in a file; direct it has SeaweedFS's own check of a
static key. The bucket is not encrypted: KMS would cost both sides the same.

`--profile FILE` writes a cProfile of the gateway's process.
"""

import argparse
import asyncio
import cProfile
import hashlib
import json
import multiprocessing
import os
import signal
import socket
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

import uvloop

from securecart.adapters.journal import JournalFiles
from securecart.adapters.seaweedfs import KmsEndpoint, Store
from securecart.adapters.sql.buckets import SqlBuckets
from securecart.adapters.sql.database import create_tables, open_sqlite
from securecart.adapters.sql.entities import SqlEntities
from securecart.adapters.upstream import StorePool
from securecart.iam.authorizer import Authorizer
from securecart.iam.entities import Role
from securecart.kms import KeyAuthorizer
from securecart.names.credentials import Credentials
from securecart.names.session import RoleSession
from securecart.s3 import Bucket
from securecart.sealing import Keyring, SealingKey
from securecart.serve.gateway import build_gateway
from securecart.sts import Authenticator, AuthorizationMessages, Issuer
from securecart.wire.http import HttpRequest, HttpResponse
from securecart.wire.sigv4 import sign

ACCOUNT, REGION, BUCKET = "111122223333", "us-east-1", "bench-bucket"
FOLDER = "AROABENCH:person"
ROUNDS = 5
SECONDS = 1.5
KEYS = 32
SMALL = 1024 * 1024
POLICY = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": f"arn:aws:s3:::{BUCKET}/${{aws:userid}}/*",
    },
}

Address = str | tuple[str, int]
"""A Unix socket's path, or host and port."""


@dataclass(frozen=True)
class Load:
    """One kind of request; `clients` connections send it, one after another."""

    name: str
    method: str
    size: int
    clients: int


LOADS = (
    Load("GET 16 KB", "GET", 16 * 1024, 16),
    Load("PUT 16 KB", "PUT", 16 * 1024, 16),
    Load("GET 64 MB", "GET", 64 * 1024 * 1024, 2),
    Load("PUT 64 MB", "PUT", 64 * 1024 * 1024, 2),
)


class NoKeys:
    """There are sessions only."""

    def find(self, _access_key_id: str) -> None:
        """Answer nobody."""


def no_api(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(501)


def serve(
    directory: Path,
    store_socket: Path,
    credentials: Credentials,
    profile: str | None,
    hand: Connection,
) -> None:
    """Run the gateway; tell port and session, and end at SIGTERM."""
    engine = open_sqlite(directory / "bench.db")
    create_tables(engine)
    entities = SqlEntities(engine)
    now = datetime.now(UTC)
    with entities.writing() as writer:
        writer.put(
            Role(
                ACCOUNT,
                "Bench",
                "/",
                "AROABENCH",
                now,
                trust_policy="{}",
                inline_policies={"folder": json.dumps(POLICY)},
            )
        )
    buckets = SqlBuckets(entities)
    buckets.create(Bucket(BUCKET, ACCOUNT, REGION, now))
    keyring = Keyring(SealingKey(os.urandom(32)))
    issuer = Issuer(lambda: keyring)
    session = RoleSession(
        account=ACCOUNT,
        role_name="Bench",
        role_path="/",
        role_id="AROABENCH",
        session_name="person",
        credential_id="",
        issued_at=now,
        expires_at=now + timedelta(hours=1),
    )
    authorizer = Authorizer(entities)

    def clock() -> datetime:
        return datetime.now(UTC)

    listening = socket.create_server(("127.0.0.1", 0))
    gateway = build_gateway(
        account=ACCOUNT,
        region=REGION,
        entities=entities,
        authenticator=Authenticator(issuer, NoKeys()),
        authorizer=authorizer,
        key_authorizer=KeyAuthorizer(
            entities, authorizer.session_for, account=ACCOUNT, region=REGION
        ),
        buckets=buckets,
        upstream=StorePool(store_socket),
        store_credentials=credentials,
        journal=JournalFiles(directory / "journal", account=ACCOUNT, clock=clock),
        authorization_messages=AuthorizationMessages(Keyring(SealingKey(bytes(32)))),
        api=no_api,
        executor=ThreadPoolExecutor(1),
        clock=clock,
        random=os.urandom,
    )

    async def main() -> None:
        serving = asyncio.create_task(gateway.serve([listening]))
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, serving.cancel)
        issued = issuer.issue(session, random=os.urandom)[0]
        hand.send((listening.getsockname()[1], issued))
        with suppress(asyncio.CancelledError):
            await serving

    profiler = cProfile.Profile()
    if profile:
        profiler.enable()
    uvloop.run(main())
    if profile:
        profiler.disable()
        profiler.dump_stats(profile)


class Client(asyncio.Protocol):
    """Sends its requests over and over, and counts the answers."""

    def __init__(self, requests: list[bytes], counts: list[int]) -> None:
        self._requests = requests
        self._counts = counts
        self._next = 0
        self._head = b""
        self._left: int | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        """Count an answer that is whole, and send the next request."""
        if self._left is None:
            self._head += data
            head, separator, rest = self._head.partition(b"\r\n\r\n")
            if not separator:
                return
            assert head.startswith(b"HTTP/1.1 200 "), self._head
            length = head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]
            self._left, self._head, data = int(length), b"", rest
        self._left -= len(data)
        if self._left == 0:
            self._left = None
            self._counts.append(time.perf_counter_ns())
            self._send()

    def _send(self) -> None:
        self._transport.write(self._requests[self._next % len(self._requests)])
        self._next += 1


def requests_of(load: Load, credentials: Credentials) -> list[bytes]:
    """Sign the requests beforehand: the load is not what is measured."""
    return [wire_bytes(each) for each in signed(load, credentials)]


def signed(load: Load, credentials: Credentials) -> list[HttpRequest]:
    """Answer one request for each key, with the hash of its body signed."""
    body = (os.urandom(1024) * (load.size // 1024)) if load.method == "PUT" else b""
    digest = hashlib.sha256(body).hexdigest()
    folder = FOLDER.replace(":", "%3A")
    return [
        sign(
            HttpRequest(
                load.method,
                f"/{BUCKET}/{folder}/{load.size}-{each}",
                (("host", "localhost"),),
                body,
            ),
            credentials,
            region=REGION,
            service="s3",
            now=datetime.now(UTC),
            payload_hash=digest,
        )
        for each in range(KEYS if load.size < SMALL else 2)
    ]


def wire_bytes(request: HttpRequest) -> bytes:
    """Write a request as it goes over the wire."""
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers)
    length = f"content-length: {len(request.body)}\r\n" if request.body else ""
    line = f"{request.method} {request.target} HTTP/1.1\r\n"
    return f"{line}{head}{length}\r\n".encode() + request.body


async def measure(load: Load, address: Address, credentials: Credentials) -> float:
    """Answer requests a second."""
    loop = asyncio.get_running_loop()
    requests = requests_of(load, credentials)
    counts: list[int] = []
    transports = []
    for start in range(load.clients):
        turned = requests[start % len(requests) :] + requests[: start % len(requests)]

        def client(turned: list[bytes] = turned) -> Client:
            return Client(turned, counts)

        if isinstance(address, str):
            made = await loop.create_unix_connection(client, address)
        else:
            made = await loop.create_connection(client, *address)
        transports.append(made[0])
    started = time.perf_counter_ns()
    await asyncio.sleep(SECONDS if load.size < SMALL else 3 * SECONDS)
    for transport in transports:
        transport.abort()
    return len(counts) / ((counts[-1] - started) / 1e9)


def drive(sides: dict[str, tuple[Address, Credentials]], hand: Connection) -> None:
    """Measure all loads in a process of its own; send the medians."""

    async def main() -> dict[str, dict[str, float]]:
        found: dict[str, dict[str, float]] = {}
        for load in LOADS:
            rates: dict[str, list[float]] = {name: [] for name in sides}
            for _ in range(ROUNDS):
                for name, side in sides.items():
                    rates[name].append(await measure(load, *side))
            found[load.name] = {
                name: statistics.median(each) for name, each in rates.items()
            }
        return found

    hand.send(uvloop.run(main()))


async def fill(address: str, credentials: Credentials) -> None:
    """Make the bucket and its objects in the store."""
    create = sign(
        HttpRequest("PUT", f"/{BUCKET}", (("host", "localhost"),)),
        credentials,
        region=REGION,
        service="s3",
        now=datetime.now(UTC),
        payload_hash="UNSIGNED-PAYLOAD",
    )
    writes = [each for load in LOADS[1::2] for each in signed(load, credentials)]
    pool = StorePool(Path(address))
    for request in (create, *writes):
        exchange = await pool.open(request)
        assert (await exchange.head()).status == 200
        await exchange.read()
        exchange.close()
    pool.close()


async def run(profile: str | None) -> None:
    """Start everything, measure, print, stop."""
    spawn = multiprocessing.get_context("spawn")
    credentials = Credentials("STOREKEY", os.urandom(16).hex())
    with tempfile.TemporaryDirectory(prefix="gateway-bench-") as temporary:
        directory = Path(temporary)
        nowhere = KmsEndpoint("http://127.0.0.1:9", REGION, Credentials("none", "none"))
        store = Store(directory / "store", nowhere, credentials)
        await store.start()
        ours, theirs = spawn.Pipe()
        gateway = spawn.Process(
            target=serve,
            args=(directory, store.socket_path, credentials, profile, theirs),
        )
        gateway.start()
        try:
            direct = str(store.socket_path)
            await fill(direct, credentials)
            port, session = await asyncio.to_thread(ours.recv)
            sides: dict[str, tuple[Address, Credentials]] = {
                "direct": (direct, credentials),
                "gateway": (("127.0.0.1", port), session),
            }
            driver = spawn.Process(target=drive, args=(sides, theirs))
            driver.start()
            show(await asyncio.to_thread(ours.recv))
            driver.join()
        finally:
            gateway.terminate()
            gateway.join()
            await store.stop()


def show(found: dict[str, Any]) -> None:
    """Print a line for each load."""
    print(f"{'':10} {'gateway':>10} {'direct':>10}   ratio   (medians of {ROUNDS})")
    for load in LOADS:
        rates = found[load.name]
        ratio = rates["gateway"] / rates["direct"]
        print(
            f"{load.name:10} {rates['gateway']:8.1f}/s {rates['direct']:8.1f}/s"
            f"   {ratio:5.2f}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--profile", help="write a cProfile of the gateway here")
    asyncio.run(run(parser.parse_args().profile))
