"""What it costs that an acknowledged write survives a power failure.

Run `python bench/durability.py`; about a minute. One store and one run; two
endpoints as `serve aws` runs them take turns: `process-crash` answers when the
store has answered, `power-loss` after a sync of the store's file system that
began later, one for all writes that wait. Printed are medians of PUTs of 16 KB
a second at 1, 6 and 24 clients, their ratio, and how many writes shared a sync.

`--data DIR` puts the data on another file system than that of the temporary
files: it is that disk's syncs that are measured.
"""

import argparse
import asyncio
import hashlib
import multiprocessing
import os
import re
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Literal

from securecart.adapters.seaweedfs import KmsEndpoint, Store
from securecart.cli.account import (
    administrator,
    store_credentials,
    store_directory,
    store_sse_key,
)
from securecart.cli.installation import prepare_installation
from securecart.cli.place import Place
from securecart.cli.serve_aws import serve_aws
from securecart.cli.settings import Gateway, Settings
from securecart.cli.settings import Store as StoreSettings
from securecart.names.credentials import Credentials
from securecart.wire.http import HttpRequest
from securecart.wire.sigv4 import sign

ACCOUNT, REGION, BUCKET = "111122223333", "us-east-1", "bench-bucket"
CLIENTS = (1, 6, 24)
ROUNDS = 5
SECONDS = 1.5
BYTES = 16 * 1024
KEYS = 64
Durability = Literal["process-crash", "power-loss"]
WAYS: tuple[Durability, ...] = ("process-crash", "power-loss")


@dataclass(frozen=True)
class Endpoint:
    """One of the two, where it listens and where it tells its metrics."""

    durability: Durability
    port: int
    monitoring: int

    def metric(self, name: str) -> float:
        """Answer one of its counters."""
        client = HTTPConnection("localhost", self.monitoring)
        client.request("GET", "/metrics")
        text = client.getresponse().read().decode()
        client.close()
        found = re.search(rf"(?m)^securecart_{name} (\S+)$", text)
        assert found, text
        return float(found[1])


def serve(
    directory: Path, listener: socket.socket, durability: Durability, monitoring: int
) -> None:
    settings = Settings(
        gateway=Gateway(metrics_port=monitoring),
        store=StoreSettings(durability=durability),
    )
    serve_aws(Place(settings, None, directory, {}), [listener])


@contextmanager
def endpoint(directory: Path, durability: Durability) -> Iterator[Endpoint]:
    """Run one of the two."""
    listener = socket.create_server(("127.0.0.1", 0))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        monitoring = probe.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(
        target=serve, args=(directory, listener, durability, monitoring)
    )
    process.start()
    try:
        yield Endpoint(durability, listener.getsockname()[1], monitoring)
    finally:
        process.terminate()
        process.join()


def request(method: str, target: str, body: bytes, credentials: Credentials) -> bytes:
    """Write a signed request as it goes over the wire."""
    signed = sign(
        HttpRequest(method, target, (("host", "localhost"),), body),
        credentials,
        region=REGION,
        service="s3",
        now=datetime.now(UTC),
        payload_hash=hashlib.sha256(body).hexdigest(),
    )
    headers = (*signed.headers, ("content-length", str(len(body))))
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body


async def send(port: int, requests: list[bytes], until: float) -> int:
    """Send one request after the other until then; answer how many."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    count = 0
    while not count or time.perf_counter() < until:
        writer.write(requests[count % len(requests)])
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), head + await reader.read(2000)
        count += 1
    writer.close()
    return count


async def measure(port: int, clients: int, credentials: Credentials) -> float:
    """Answer PUTs a second."""
    body = os.urandom(BYTES)
    puts = [
        request("PUT", f"/{BUCKET}/{clients}-{key}", body, credentials)
        for key in range(KEYS)
    ]
    began = time.perf_counter()
    until = began + SECONDS
    done = await asyncio.gather(
        *(send(port, puts[each:] + puts[:each], until) for each in range(clients))
    )
    return sum(done) / (time.perf_counter() - began)


async def compare(ends: list[Endpoint], clients: int, admin: Credentials) -> None:
    """Measure by turns, and print."""
    rates: dict[str, list[float]] = {end.durability: [] for end in ends}
    synced = ends[-1]
    before = [synced.metric(f"store_{name}_total") for name in COUNTERS]
    for _ in range(ROUNDS):
        for end in ends:
            rates[end.durability].append(await measure(end.port, clients, admin))
    after = [synced.metric(f"store_{name}_total") for name in COUNTERS]
    plain, durable = (statistics.median(rates[each]) for each in WAYS)
    syncs, writes, seconds = (b - a for a, b in zip(before, after, strict=True))
    print(
        f"{clients:7} {plain:15,.0f}/s {durable:15,.0f}/s {durable / plain:9.2f} "
        f"{writes / syncs:14.1f} {seconds / syncs * 1e3:12.1f} ms"
    )


COUNTERS = ("syncs", "synced_writes", "sync_seconds")


async def run(data: Path | None) -> None:
    """Start everything, measure, print, stop."""
    temporary = tempfile.TemporaryDirectory(prefix="durability-bench-", dir=data)
    async with AsyncExitStack() as held:
        directory = Path(held.enter_context(temporary)) / "data"
        installation = prepare_installation(directory, account=ACCOUNT, region=REGION)
        admin = administrator(installation)
        nowhere = KmsEndpoint("http://127.0.0.1:9", REGION, Credentials("none", "none"))
        store = Store(
            store_directory(installation),
            nowhere,
            store_credentials(installation),
            store_sse_key(installation),
        )
        await store.start()
        held.push_async_callback(store.stop)
        ends = [held.enter_context(endpoint(directory, each)) for each in WAYS]
        made = False
        while not made:
            with suppress(OSError, AssertionError):
                bucket = request("PUT", f"/{BUCKET}", b"", admin)
                made = await send(ends[0].port, [bucket], 0) == 1
            await asyncio.sleep(0.1)
        print(
            f"{'clients':>7} {WAYS[0]:>17} {WAYS[1]:>17} {'ratio':>9} "
            f"{'writes a sync':>14} {'a sync':>15}"
        )
        for clients in CLIENTS:
            await compare(ends, clients, admin)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path)
    asyncio.run(run(parser.parse_args().data))


if __name__ == "__main__":
    main()
