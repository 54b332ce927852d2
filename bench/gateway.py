"""What the gateway costs: requests through it, and to SeaweedFS's own endpoint.

Run `python bench/gateway.py`; some five minutes. One run, one store, the same
objects; three sides by turns, over TCP on loopback, by 16 connections each (4
for large bodies, so that a slow disk does not make it an hour):

- ours: `serve aws` as it is run. Each request has a session's signature, a
  decision by all of its policies, the payload's hash and an audit record.
- SeaweedFS with a session of its own STS, whose policy allows everything.
- SeaweedFS with a static key, which asks no policy.

Both of SeaweedFS are one more `weed s3` on the filer and volumes of our store,
with Go's own settings, as SeaweedFS runs; `--lend` gives it those of our store's.

Small documents and pages are read twice: `kept`, where what is read fits into
what a worker keeps of the store's answers, as it does by default; and `asked`,
from a second gateway on the same installation that keeps none.

Ours encrypts whatever is put (SSE-S3), and both are set to do so. Printed are
medians of the rounds: requests a second; the processor time of one, all server
processes together; and the 99th percentile of its time. Where other work
shares the machine, processor time is the figure to trust.

`--own` measures in a bucket as `securecart up` makes it, in place of a plain one:
versions are kept, and every side encrypts by our KMS, which the gateway answers.

`--grow N` adds N roles with policies, N folders, and N sessions that were seen
before, and compares ours with what it was without; with N of 1,000 that takes
two minutes more. `--profile FILE` writes a cProfile of the gateway, `--only TEXT` keeps
the loads with that in their name.
"""

import argparse
import asyncio
import base64
import cProfile
import hashlib
import json
import multiprocessing
import os
import re
import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import boto3
import uvloop
from botocore.config import Config

from securecart.adapters.seaweedfs import KmsEndpoint, Store
from securecart.adapters.seaweedfs.ports import free_ports
from securecart.cli.account import (
    administrator,
    s3_service_credentials,
    store_credentials,
    store_directory,
    store_sse_key,
)
from securecart.cli.clock import system_clock
from securecart.cli.installation import prepare_installation
from securecart.cli.place import Place
from securecart.cli.serve_aws import serve_aws
from securecart.cli.settings import Gateway as GatewaySettings
from securecart.cli.settings import Settings
from securecart.cli.settings import Store as StoreSettings
from securecart.cli.worker import run_worker
from securecart.cli.worker_options import Worker
from securecart.cli.workers import worker_options
from securecart.names.credentials import Credentials
from securecart.serve.gateway import ROW_WORDS, Scoreboard
from securecart.serve.gateway.generations import QUIET_SECONDS
from securecart.wire.http import HttpRequest
from securecart.wire.query_string import percent_encode
from securecart.wire.sigv4 import presign, sign

ACCOUNT, REGION, BUCKET = "111122223333", "us-east-1", "bench-bucket"
ROLE, PERSON = "Bench", "person"
CONNECTIONS, LARGE_CONNECTIONS = 16, 4
ROUNDS = 3
SECONDS = 1.0
LARGE_SECONDS = 120.0
"""For one large request on each connection, however slow the disk."""
KEYS = 32
KIB, MIB = 1024, 1024 * 1024
FOLDERS = 1200
FEW, MANY = 20, 1000
OUR_SETTINGS = ("GOMAXPROCS=", "GOGC=")
SETTERS_UP = 8
"""Threads that make roles, one of each request of theirs at a time."""
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            "Resource": f"arn:aws:s3:::{BUCKET}/${{aws:userid}}/*",
        },
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": f"arn:aws:s3:::{BUCKET}",
            "Condition": {"StringLike": {"s3:prefix": "${aws:userid}/*"}},
        },
        {
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": "*",
        },
    ],
}
ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
ASSUMED = {"Effect": "Allow", "Principal": ROOT, "Action": "sts:AssumeRole"}
TRUST = {"Version": "2012-10-17", "Statement": ASSUMED}
OURS, SESSION, STATIC = "ours", "session", "static"


@dataclass(frozen=True)
class Load:
    """One kind of request; `folder` is what a listing lists."""

    name: str
    method: str
    size: int = 0
    folder: str = ""
    presigned: bool = False
    asked: bool = False
    """Ours keeps nothing, and so asks the store each time."""

    @property
    def large(self) -> bool:
        """Whether each connection sends one request, and not many."""
        return self.size >= MIB


def loads() -> Iterator[Load]:
    for presigned in (False, True):
        form = "presigned" if presigned else "signed"
        for method in ("GET", "PUT"):
            for size, text in ((16 * KIB, "16 KB"), (64 * MIB, "64 MB")):
                name = f"{method} {text} {form}"
                # The hash of a body costs most, the query of a link likewise.
                if size < MIB or presigned is (method == "GET"):
                    load = Load(name, method, size, presigned=presigned)
                    yield from both(load) if name.startswith("GET 16") else (load,)
        for count in (FEW, MANY):
            name = f"list {count} {form}"
            load = Load(name, "GET", folder=f"folder-{count}", presigned=presigned)
            yield from both(load) if count == FEW else (load,)


def both(load: Load) -> Iterator[Load]:
    """What may be kept, where it is and where it is not."""
    yield replace(load, name=f"{load.name}, kept")
    yield replace(load, name=f"{load.name}, asked", asked=True)


@dataclass(frozen=True)
class Side:
    """An endpoint, who uses it, and the processes whose time it takes."""

    name: str
    port: int
    credentials: Credentials
    front: Callable[[], Sequence[int]]
    store: Sequence[int]

    def used(self) -> tuple[float, float]:
        """Seconds of processor time so far: of all processes, of the front."""
        front = sum(map(processor_time, self.front()))
        return front + sum(map(processor_time, self.store)), front


def processor_time(pid: int) -> float:
    # A process's clock by its id: see clock_getcpuclockid(3).
    return time.clock_gettime((~pid << 3) | 2)


def tree(pid: int) -> list[int]:
    """Answer a process and all below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in tree(int(child)))]


def memory(pid: int) -> str:
    """Name a process, and tell its memory in MB.

    Of its own (what it would give back), with its share of what it shares (so
    that the sum is what all take), and with all of that.
    """
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kibibytes = dict(re.findall(r"(\w+):\s+(\d+) kB", rollup))
    own = int(kibibytes["Private_Clean"]) + int(kibibytes["Private_Dirty"])
    found = (own, int(kibibytes["Pss"]), int(kibibytes["Rss"]))
    shown = " / ".join(f"{each * KIB / 1e6:.0f}" for each in found)
    name = Path(f"/proc/{pid}/comm").read_text().strip()
    return f"{name} {shown} MB"


def serve(
    directory: Path, listener: socket.socket, profile: str | None, *, keeps: bool
) -> None:
    """Run the endpoint as `securecart serve aws` does; profiled, in one process."""
    gateway = GatewaySettings(workers=1 if profile else None)
    settings = Settings(
        # Neither side's writes survive more than the death of its processes.
        store=StoreSettings(durability="process-crash"),
        gateway=gateway if keeps else gateway.model_copy(update={"kept_bytes": 0}),
    )
    place = Place(settings, None, directory, {})
    if not profile:
        serve_aws(place, [listener])
    options = worker_options(
        place,
        sockets=[listener.fileno()],
        monitoring=(),
    )
    worker = Worker(options, 0, Scoreboard.create(1, ROW_WORDS))
    profiler = cProfile.Profile()
    profiler.enable()
    run_worker(worker)
    profiler.disable()
    profiler.dump_stats(profile)


class Client(asyncio.Protocol):
    """Sends its requests over and over, and times the answers."""

    def __init__(self, requests: Sequence[bytes], latencies: list[int]) -> None:
        self._requests = requests
        self._latencies = latencies
        self._next = 0
        self._head = b""
        self._left: int | None = None
        self._chunked = False
        self.once = False
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        """Count an answer that is whole, and send the next request."""
        if self._left is None:
            self._head += data
            head, separator, data = self._head.partition(b"\r\n\r\n")
            if not separator:
                return
            if not head.startswith(b"HTTP/1.1 200 "):
                self.done.set_exception(AssertionError(self._head[:2000]))
                self._transport.abort()
                return
            length = head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]
            self._chunked = not length
            self._left, self._head = int(length or 0), b""
        if self._chunked:
            if not data.endswith(b"0\r\n\r\n"):
                return
        else:
            self._left -= len(data)
            if self._left:
                return
        self._left = None
        self._latencies.append(time.perf_counter_ns() - self._sent)
        if self.once:
            self.done.set_result(None)
        else:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what waits."""
        if not self.done.done():
            self.done.set_exception(ConnectionError(f"broke off: {exc}"))
            self.done.exception()

    def stop(self) -> None:
        """Break off."""
        self.done.cancel()
        self._transport.abort()

    def _send(self) -> None:
        self._sent = time.perf_counter_ns()
        self._transport.write(self._requests[self._next % len(self._requests)])
        self._next += 1


def requests_of(load: Load, folder: str, credentials: Credentials) -> list[bytes]:
    """Sign the requests beforehand: the load is not what is measured."""
    body = os.urandom(KIB) * (load.size // KIB) if load.method == "PUT" else b""
    if load.folder:
        prefix = percent_encode(f"{folder}/{load.folder}/")
        query = f"delimiter=%2F&list-type=2&max-keys=1000&prefix={prefix}"
        targets = [f"/{BUCKET}?{query}"]
    else:
        keys = range(2 if load.large else KEYS)
        beginning = f"/{BUCKET}/{percent_encode(folder)}/{load.size}-"
        targets = [f"{beginning}{each}" for each in keys]
    return [
        wire_bytes(load.method, target, body, credentials, presigned=load.presigned)
        for target in targets
    ]


def wire_bytes(
    method: str,
    target: str,
    body: bytes,
    credentials: Credentials,
    *,
    presigned: bool = False,
) -> bytes:
    """Write a request as it goes over the wire."""
    headers: tuple[tuple[str, str], ...] = (("host", "localhost"),)
    scope: Any = {"region": REGION, "service": "s3", "now": system_clock()}
    if presigned:
        origin = "http://localhost"
        link = presign(method, origin + target, credentials, expires=3600, **scope)
        target = link.removeprefix(origin)
    else:
        digest = hashlib.sha256(body).hexdigest()
        request = HttpRequest(method, target, headers, body)
        headers = sign(request, credentials, payload_hash=digest, **scope).headers
    if body:
        headers += (("content-length", str(len(body))),)
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body


@dataclass(frozen=True)
class Measured:
    """One round: requests a second, µs of all processes and the front's, ms."""

    rate: float
    processor: float
    front: float
    p99: float


async def measure(load: Load, side: Side, folder: str) -> Measured:
    """Send one kind of request to one side, for a while."""
    requests = requests_of(load, folder, side.credentials)
    latencies: list[int] = []
    loop = asyncio.get_running_loop()
    used, started = side.used(), time.perf_counter()
    clients = []
    for start in range(LARGE_CONNECTIONS if load.large else CONNECTIONS):
        turned = requests[start % len(requests) :] + requests[: start % len(requests)]
        factory = partial(Client, turned, latencies)
        _, client = await loop.create_connection(factory, "127.0.0.1", side.port)
        client.once = load.large
        clients.append(client)
    ended, _ = await asyncio.wait(
        [client.done for client in clients],
        timeout=LARGE_SECONDS if load.large else SECONDS,
        return_when=asyncio.ALL_COMPLETED if load.large else asyncio.FIRST_EXCEPTION,
    )
    for each in ended:
        each.result()
    passed, now = time.perf_counter() - started, side.used()
    for client in clients:
        client.stop()
    count = len(latencies)
    return Measured(
        rate=count / passed,
        processor=(now[0] - used[0]) * 1e6 / count,
        front=(now[1] - used[1]) * 1e6 / count,
        p99=sorted(latencies)[int(count * 0.99)] / 1e6,
    )


async def send_all(port: int, requests: Sequence[bytes]) -> None:
    """Have each request answered once, over several connections."""
    loop = asyncio.get_running_loop()

    async def send(share: Sequence[bytes]) -> None:
        for request in share:
            client = partial(Client, [request], [])
            _, made = await loop.create_connection(client, *address)
            made.once = True
            await made.done
            made.stop()

    address = ("127.0.0.1", port)
    await asyncio.gather(*(send(requests[each::16]) for each in range(16)))


def listing_of(session: Credentials, folder: str) -> bytes:
    """Have a session seen, and what follows from its policies kept."""
    target = f"/{BUCKET}?list-type=2&prefix={percent_encode(folder)}%2F"
    return wire_bytes("GET", target, b"", session)


async def fill(side: Side, folder: str) -> None:
    """Put what is read: objects, the folders that are listed, and others."""
    await put_others(side, 0, FOLDERS)
    for count in (FEW, MANY):
        names = range(count)
        await put(side, [f"{folder}/folder-{count}/document-{each}" for each in names])
    for size in (16 * KIB, 64 * MIB):
        load = Load("", "PUT", size)
        await send_all(side.port, requests_of(load, folder, side.credentials))


async def put_others(side: Side, first: int, count: int) -> None:
    """Put folders of other people's."""
    names = range(first, first + count)
    await put(side, [f"other-{each}/document" for each in names])


async def put(side: Side, keys: Sequence[str]) -> None:
    """Put small objects."""
    targets = ["/".join(map(percent_encode, key.split("/"))) for key in keys]
    await send_all(
        side.port,
        [
            wire_bytes("PUT", f"/{BUCKET}/{each}", b"x", side.credentials)
            for each in targets
        ],
    )


def peer_configuration(
    directory: Path, credentials: Credentials, ours: Sequence[str]
) -> tuple[Path, Path]:
    """Write SeaweedFS's settings: a static key, and an STS with one role.

    The KMS is that of `ours`, the arguments of the `weed s3` there is.
    """
    key, secret = credentials.access_key_id, credentials.secret_access_key
    identity = {
        "name": "bench",
        "credentials": [{"accessKey": key, "secretKey": secret}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    trusted = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    sts = {"tokenDuration": "1h", "maxSessionLength": "12h", "issuer": "bench"}
    role = {
        "roleName": ROLE,
        "roleArn": f"arn:aws:iam::role/{ROLE}",
        "trustPolicy": {"Version": "2012-10-17", "Statement": [trusted]},
        "attachedPolicies": ["all"],
    }
    document = {"Version": "2012-10-17", "Statement": [everything]}
    advanced = {
        "sts": {**sts, "signingKey": base64.b64encode(os.urandom(32)).decode()},
        "policy": {"defaultEffect": "Deny", "storeType": "memory"},
        "roles": [role],
        "policies": [{"name": "all", "document": document}],
    }
    identities, roles = directory / "peer-s3.json", directory / "peer-iam.json"
    (config,) = (each for each in ours if each.startswith("-config="))
    kms = json.loads(Path(config.partition("=")[2]).read_text())["kms"]
    identities.write_text(json.dumps({"identities": [identity], "kms": kms}))
    roles.write_text(json.dumps(advanced))
    return identities, roles


async def start_peer(
    directory: Path,
    example: int,
    credentials: Credentials,
    held: AsyncExitStack,
    *,
    lend: bool,
) -> tuple[int, int]:
    """Start one more `weed s3`, like the one there is; answer port and process."""
    proc = Path(f"/proc/{example}")
    arguments = (proc / "cmdline").read_text().rstrip("\0").split("\0")
    identities, roles = peer_configuration(directory, credentials, arguments)
    environment = dict(
        each.partition("=")[::2]
        for each in (proc / "environ").read_text().rstrip("\0").split("\0")
        if lend or not each.startswith(OUR_SETTINGS)
    )
    port, grpc = free_ports(2)
    replaced: dict[str, object] = {
        "-port": port,
        "-port.grpc": grpc,
        "-config": identities,
        "-iam": "true",
    }
    replaced["-localSocket"] = directory / "peer.sock"
    tls = ("-cert.file", "-key.file", "-cacert.file", "-tlsVerifyClientCert")
    command = [
        f"{name}={replaced[name]}" if name in replaced else each
        for each in arguments
        if (name := each.partition("=")[0]) not in tls
    ]
    log = held.enter_context((directory / "peer.log").open("wb"))
    process = await asyncio.create_subprocess_exec(
        *(*command, f"-iam.config={roles}"), env=environment, stdout=log, stderr=log
    )

    async def end() -> None:
        process.kill()
        await process.wait()

    held.push_async_callback(end)
    await wait_for(port)
    return port, process.pid


async def wait_for(port: int) -> None:
    async with asyncio.timeout(30):
        while True:
            with suppress(OSError):
                (await asyncio.open_connection("127.0.0.1", port))[1].close()
                return
            await asyncio.sleep(0.05)


def assume(port: int, role: str, credentials: Credentials) -> tuple[Credentials, str]:
    """Answer a session of a role, and its folder's name."""
    issued = client("sts", port, credentials).assume_role(
        RoleArn=role, RoleSessionName=PERSON
    )
    return (
        Credentials(
            issued["Credentials"]["AccessKeyId"],
            issued["Credentials"]["SecretAccessKey"],
            issued["Credentials"]["SessionToken"],
        ),
        issued["AssumedRoleUser"]["AssumedRoleId"],
    )


def client(service: str, port: int, credentials: Credentials) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]  # any service, by name
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name=REGION,
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        config=Config(s3={"addressing_style": "path"}),
    )


def encrypt(s3: Any, key: str | None) -> None:
    """Have a bucket's documents encrypted, by a key of KMS's or by S3's own."""
    by = {"SSEAlgorithm": "AES256"}
    if key is not None:
        by = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    configuration = {"Rules": [{"ApplyServerSideEncryptionByDefault": by}]}
    s3.put_bucket_encryption(
        Bucket=BUCKET, ServerSideEncryptionConfiguration=configuration
    )
    s3.put_object(Bucket=BUCKET, Key="encrypted", Body=b"x")
    told = s3.head_object(Bucket=BUCKET, Key="encrypted")
    if told.get("ServerSideEncryption") != by["SSEAlgorithm"]:
        raise AssertionError("it does not encrypt")


def make_bucket(port: int, admin: Credentials, *, own: bool) -> str | None:
    """Make the bucket through ours; answer the key that it is encrypted by."""
    s3 = client("s3", port, admin)
    s3.create_bucket(Bucket=BUCKET)
    if not own:
        return None
    key: str = client("kms", port, admin).create_key()["KeyMetadata"]["Arn"]
    s3.put_bucket_versioning(
        Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"}
    )
    encrypt(s3, key)
    return key


def made_roles(
    port: int, admin: Credentials, roles: Sequence[str]
) -> list[tuple[Credentials, str]]:
    """Make roles, and a session of each, by the public APIs."""
    iam = client("iam", port, admin)
    prefix = f"arn:aws:iam::{ACCOUNT}:role"

    def make(role: str) -> tuple[Credentials, str]:
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST))
        iam.put_role_policy(
            RoleName=role, PolicyName="folder", PolicyDocument=json.dumps(POLICY)
        )
        return assume(port, f"{prefix}/{role}", admin)

    with ThreadPoolExecutor(SETTERS_UP) as threads:
        return list(threads.map(make, roles))


async def grow(port: int, admin: Credentials, side: Side, count: int) -> None:
    """Add roles, sessions that were seen, and folders."""
    roles = [f"{ROLE}{each}" for each in range(count)]
    made = await asyncio.to_thread(made_roles, port, admin, roles)
    await put_others(side, FOLDERS, count)
    await send_all(port, [listing_of(*each) for each in made])


@contextmanager
def gateway(
    directory: Path, listener: socket.socket, profile: str | None, *, keeps: bool
) -> Iterator[tuple[int, int]]:
    """Run ours; answer its port and its process."""
    process = multiprocessing.get_context("spawn").Process(
        target=serve, args=(directory, listener, profile), kwargs={"keeps": keeps}
    )
    process.start()
    try:
        yield int(listener.getsockname()[1]), cast("int", process.pid)
    finally:
        process.terminate()
        process.join()


async def run(arguments: argparse.Namespace) -> None:
    """Start everything, measure, print, stop."""
    temporary = tempfile.TemporaryDirectory(prefix="gateway-bench-")
    async with AsyncExitStack() as held:
        directory = Path(held.enter_context(temporary))
        installation = prepare_installation(
            directory / "data", account=ACCOUNT, region=REGION
        )
        admin = administrator(installation)
        listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        kms = f"http://127.0.0.1:{listeners[0].getsockname()[1]}"
        store = Store(
            store_directory(installation),
            KmsEndpoint(kms, REGION, s3_service_credentials(installation)),
            store_credentials(installation),
            store_sse_key(installation),
        )
        await store.start()
        held.push_async_callback(store.stop)
        processes = {name: pid for name, pid in store.health().processes.items() if pid}
        s3 = processes.pop("s3")
        shared = tuple(processes.values())
        static = Credentials("BENCHKEY", os.urandom(16).hex())
        peer_port, peer = await start_peer(
            directory, s3, static, held, lend=arguments.lend
        )
        port, worker = held.enter_context(
            gateway(installation.directory, listeners[0], arguments.profile, keeps=True)
        )
        asking_port, asking = held.enter_context(
            gateway(installation.directory, listeners[1], None, keeps=False)
        )
        key = await asyncio.to_thread(make_bucket, port, admin, own=arguments.own)
        created = time.monotonic()
        ((session, folder),) = await asyncio.to_thread(made_roles, port, admin, [ROLE])
        await asyncio.to_thread(encrypt, client("s3", peer_port, static), key)
        role = f"arn:aws:iam::role/{ROLE}"
        theirs, _ = await asyncio.to_thread(assume, peer_port, role, static)
        sides = [
            Side(OURS, port, session, lambda: tree(worker), (*shared, s3)),
            Side(SESSION, peer_port, theirs, lambda: (peer,), shared),
            Side(STATIC, peer_port, static, lambda: (peer,), shared),
        ]
        shown = sides[:1] if arguments.profile else sides
        asked = replace(sides[0], port=asking_port, front=lambda: tree(asking))

        chosen = [load for load in loads() if arguments.only in load.name]

        async def drive() -> None:
            await fill(sides[-1], folder)
            before = {}
            if arguments.grow:
                for load in chosen:
                    before[load] = (await measured(load, sides[:1], folder))[OURS]
                await grow(port, admin, sides[-1], arguments.grow)
            # The peer writes behind the gateway's back, which shows it late; what
            # is measured is as large before and after.
            await asyncio.sleep(created + QUIET_SECONDS + 1 - time.monotonic())
            print(f"{'':26}" + "".join(f"{side.name:>33}" for side in shown))
            for load in chosen:
                ours = asked if load.asked else sides[0]
                found = await measured(load, (ours, *shown[1:]), folder)
                report(load, found, before.get(load))

        # The supervisor of the store needs asyncio's own loop.
        await asyncio.to_thread(uvloop.run, drive())
        taken = "; ".join(memory(pid) for pid in tree(worker))
        print(f"memory of each process of ours, own / proportional / resident: {taken}")


async def measured(
    load: Load, sides: Sequence[Side], folder: str
) -> dict[str, Measured]:
    """Measure by turns; answer the medians of each side's rounds."""
    found: dict[str, list[Measured]] = {side.name: [] for side in sides}
    for _ in range(ROUNDS):
        for side in sides:
            found[side.name].append(await measure(load, side, folder))
    return {
        name: Measured(
            *(
                statistics.median(getattr(each, field) for each in rounds)
                for field in ("rate", "processor", "front", "p99")
            )
        )
        for name, rounds in found.items()
    }


def report(load: Load, found: dict[str, Measured], before: Measured | None) -> None:
    """Print the figures of a load, and ours as ratios to the others'."""
    line = f"{load.name:26}"
    for each in found.values():
        line += f"{each.rate:9,.1f}/s {each.processor:9,.0f} µs {each.p99:7.1f} ms"
    print(line)
    ours = found[OURS]
    ratios = f"{'':26}  of it the gateway's own {ours.front:,.0f} µs"
    compared = {name: each for name, each in found.items() if name != OURS}
    if before is not None:
        compared["itself before it grew"] = before
    for name, each in compared.items():
        ratios += (
            f"; to {name}: {ours.rate / each.rate:.2f} in requests, "
            f"{each.processor / ours.processor:.2f} for the processor, "
            f"{each.p99 / ours.p99:.2f} for p99"
        )
    print(ratios, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--profile", help="write a cProfile of the gateway here")
    parser.add_argument("--only", default="", help="keep loads with this in their name")
    parser.add_argument("--lend", action="store_true", help="our settings of Go to all")
    parser.add_argument("--own", action="store_true", help="versions, and our KMS")
    parser.add_argument("--grow", type=int, default=0, help="more of everything")
    asyncio.run(run(parser.parse_args()))
