"""How many exchanges a second STS makes, beside SeaweedFS's and moto's.

Run `python bench/sts.py`; about two minutes. Measured is a worker of `serve aws`
as it is run, over HTTP on loopback: with each assertion and ID token fresh and
verified, the trust policy decided, tags passed on, credentials issued, the
assertion redeemed once on disk and the audit record written. First one
process, then one for each core on the same database.

Printed are medians: exchanges a second, and in brackets exchanges a second of
the servers' processor time. Where other work shares the machine the second
figure is the one to trust. What the peers do for an exchange is less:
SeaweedFS verifies ID tokens and has no SAML; moto verifies nothing.

`--profile FILE` writes a cProfile of one server's SAML and web-identity calls.
"""

import argparse
import asyncio
import base64
import cProfile
import hashlib
import itertools
import json
import multiprocessing
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import boto3
import uvloop
from botocore.config import Config
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from joserfc import jwt
from joserfc.jwk import RSAKey

from securecart.adapters.seaweedfs.program import find_weed
from securecart.blueprint.documents import oidc_trust, saml_trust, trust_policy
from securecart.cli.account import administrator
from securecart.cli.installation import prepare_installation
from securecart.cli.place import Place
from securecart.cli.settings import Gateway, Network, Settings
from securecart.cli.worker import run_worker
from securecart.cli.worker_options import Worker
from securecart.cli.workers import worker_options
from securecart.federation.saml import (
    Answer,
    NameId,
    SigningIdentity,
    build_idp_metadata,
    build_response,
    encode_post,
    self_signed_certificate,
)
from securecart.federation.saml.names import PERSISTENT
from securecart.names.credentials import Credentials
from securecart.serve.api import Api, Unfinished
from securecart.serve.gateway import ROW_WORDS, Scoreboard, cohort
from securecart.wire.http import HttpRequest
from securecart.wire.sigv4 import sign

ACCOUNT, REGION = "111122223333", "us-east-1"
ACS = "http://localhost:8080/saml/acs"
CLIENT = "bench-portal"
SAML_PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/Bench"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Bench"
AWS = "https://aws.amazon.com/SAML/Attributes/"
TAGS = {"Department": "engineering", "EmployeeId": "100001"}
ROUNDS = 3
CONNECTIONS = 16
"""To each server process."""
COUNT = 1200
"""Exchanges of one measurement by one process of ours."""
START_SECONDS = 30

SAML = "AssumeRoleWithSAML"
WEB = "AssumeRoleWithWebIdentity"
ASSUME = "AssumeRole"
CALLER = "GetCallerIdentity"
OPERATIONS = (SAML, WEB, ASSUME, CALLER)


@dataclass(frozen=True)
class Side:
    """Something that answers; `ports` and `pids` are of its processes."""

    name: str
    ports: tuple[int, ...]
    pids: tuple[int, ...]
    operations: tuple[str, ...]
    credentials: Credentials
    role: str = ROLE

    def cpu(self) -> float:
        """Seconds of processor time that its processes have used."""
        # A process's clock by its id: see clock_getcpuclockid(3).
        return sum(time.clock_gettime((~pid << 3) | 2) for pid in self.pids)


class Provider:
    """An identity provider: signs, and shows its keys."""

    def __init__(self) -> None:
        key = rsa.generate_private_key(65537, 2048)
        now = datetime.now(UTC)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        certificate = self_signed_certificate(
            key,
            common_name="bench",
            serial_number=1,
            not_before=now,
            not_after=now + timedelta(days=1),
        )
        self.identity = SigningIdentity(pem, certificate)
        self._key = RSAKey.import_key(pem)
        self._numbers = itertools.count()
        self.issuer = ""

    @property
    def entity_id(self) -> str:
        """The SAML provider's name."""
        return f"{self.issuer}/saml"

    def metadata(self) -> str:
        """What IAM is told of the SAML provider."""
        return build_idp_metadata(
            entity_id=self.entity_id,
            sso_address=f"{self.issuer}/sso",
            identity=self.identity,
        ).decode()

    def documents(self) -> Mapping[str, object]:
        """Discovery, and the keys."""
        public = self._key.as_dict(private=False)
        return {
            "/.well-known/openid-configuration": {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            },
            "/keys": {"keys": [{**public, "use": "sig", "alg": "RS256", "kid": "k"}]},
        }

    def saml_response(self) -> str:
        """A fresh assertion about somebody."""
        number, now = next(self._numbers), datetime.now(UTC)
        name = f"person{number}"
        tags = {f"{AWS}PrincipalTag:{key}": [value] for key, value in TAGS.items()}
        answer = Answer(
            response_id=f"_r{number}",
            assertion_id=f"_a{os.urandom(16).hex()}",
            issuer=self.entity_id,
            recipient=ACS,
            audience="urn:amazon:webservices",
            in_response_to=f"_q{number}",
            name_id=NameId(name, PERSISTENT),
            issued_at=now,
            not_before=now - timedelta(minutes=1),
            not_on_or_after=now + timedelta(minutes=5),
            authn_instant=now,
            session_index=f"_s{number}",
            session_not_on_or_after=now + timedelta(hours=8),
            attributes={
                f"{AWS}Role": [f"{ROLE},{SAML_PROVIDER}"],
                f"{AWS}RoleSessionName": [name],
                f"{AWS}SessionDuration": ["3600"],
                f"{AWS}SourceIdentity": [name],
                f"{AWS}TransitiveTagKeys": list(TAGS),
                **tags,
                "displayName": [name],
                "mail": [f"{name}@example.com"],
            },
        )
        return encode_post(build_response(answer, self.identity))

    def id_token(self) -> tuple[str, str]:
        """A fresh ID token about somebody, and who that is."""
        number, now = next(self._numbers), int(time.time())
        name = f"person{number}"
        claims = {
            "iss": self.issuer,
            "sub": name,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 3600,
            "auth_time": now,
            "nonce": os.urandom(16).hex(),
            "amr": ["pwd"],
            "https://aws.amazon.com/tags": {
                "principal_tags": {key: [value] for key, value in TAGS.items()},
                "transitive_tag_keys": list(TAGS),
            },
            "https://aws.amazon.com/source_identity": name,
        }
        return jwt.encode({"alg": "RS256", "kid": "k"}, claims, self._key), name


@contextmanager
def listening(provider: Provider) -> Iterator[None]:
    """Show the provider's documents on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(provider.documents().get(self.path, {})).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://localhost:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield
    server.shutdown()


def serve(directory: Path, listener: socket.socket, profile: str | None) -> None:
    """Run one process of ours."""
    settings = Settings(
        network=Network(private_hosts=("localhost",)), gateway=Gateway(workers=1)
    )
    options = worker_options(
        Place(settings, None, directory, {}),
        sockets=[listener.fileno()],
        monitoring=(),
    )
    worker = Worker(options, 0, Scoreboard.create(1, ROW_WORDS))
    if profile is None:
        run_worker(worker)
        return
    profiler = cProfile.Profile()
    profile_calls(profiler)
    run_worker(worker)
    profiler.dump_stats(profile)


def profile_calls(profiler: cProfile.Profile) -> None:
    """Measure what the API does, one call at a time."""
    begin, finish, lock = Api.begin, Unfinished.finish, threading.Lock()

    def measured_begin(self: Api, request: HttpRequest) -> Any:
        with lock:
            return profiler.runcall(begin, self, request)

    def measured_finish(self: Unfinished) -> Any:
        with lock:
            return profiler.runcall(finish, self)

    cohort.MOST = 1  # Or one call would be measured as a part of another.
    # Called through their classes by what serves: nothing else can be put between.
    Api.begin = measured_begin  # type: ignore[method-assign]  # to profile it alone
    Unfinished.finish = measured_finish  # type: ignore[method-assign]  # likewise


@contextmanager
def ours(
    directory: Path, provider: Provider, profile: str | None
) -> Iterator[tuple[Side, Side]]:
    """One process, and all of them, on one database."""
    installation = prepare_installation(directory, account=ACCOUNT, region=REGION)
    admin = administrator(installation)
    spawn = multiprocessing.get_context("spawn")
    listeners = [
        socket.create_server(("127.0.0.1", 0), backlog=256)
        for _ in range(1 if profile else os.cpu_count() or 1)
    ]
    processes = [
        spawn.Process(target=serve, args=(directory, each, profile))
        for each in listeners
    ]
    for process in processes:
        process.start()
    try:
        ports = tuple(int(each.getsockname()[1]) for each in listeners)
        pids = tuple(cast("int", each.pid) for each in processes)
        set_up(ports[0], admin, provider)
        yield (
            Side("one process", ports[:1], pids[:1], OPERATIONS, admin),
            Side("all cores", ports, pids, OPERATIONS, admin),
        )
    finally:
        for process in processes:
            process.terminate()
            process.join()


def set_up(port: int, admin: Credentials, provider: Provider) -> None:
    """Make providers and role by the public API, with the blueprint's trust."""
    wait_for(port)
    iam = client("iam", port, admin)
    iam.create_saml_provider(Name="Bench", SAMLMetadataDocument=provider.metadata())
    iam.create_open_id_connect_provider(Url=provider.issuer, ClientIDList=[CLIENT])
    host = provider.issuer.removeprefix("http://")
    oidc = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{host}"
    chained = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
    trust = trust_policy(
        *saml_trust(SAML_PROVIDER, ACS), *oidc_trust(oidc, host, CLIENT), chained
    )
    iam.create_role(RoleName="Bench", AssumeRolePolicyDocument=json.dumps(trust))


@contextmanager
def seaweedfs(directory: Path, provider: Provider) -> Iterator[Side]:
    """`weed server` with its STS, which believes the same provider."""
    credentials = Credentials("BENCHKEY", os.urandom(16).hex())
    statements: list[dict[str, object]] = [
        {
            "Effect": "Allow",
            "Principal": {"Federated": "bench"},
            "Action": ["sts:AssumeRoleWithWebIdentity"],
        },
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["sts:AssumeRole"]},
    ]
    trusted = {"Version": "2012-10-17", "Statement": statements}
    everything = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
    role = "arn:aws:iam::role/Bench"
    advanced = {
        "sts": {
            "tokenDuration": "1h",
            "maxSessionLength": "12h",
            "issuer": "bench",
            "signingKey": base64.b64encode(os.urandom(32)).decode(),
        },
        "providers": [
            {
                "name": "bench",
                "type": "oidc",
                "enabled": True,
                "config": {
                    "issuer": provider.issuer,
                    "clientId": CLIENT,
                    "jwksUri": f"{provider.issuer}/keys",
                    "roleMapping": {"defaultRole": role},
                },
            }
        ],
        "policy": {"defaultEffect": "Deny", "storeType": "memory"},
        "roles": [
            {
                "roleName": "Bench",
                "roleArn": role,
                "trustPolicy": trusted,
                "attachedPolicies": ["all"],
            }
        ],
        "policies": [{"name": "all", "document": everything}],
    }
    identity = {
        "name": "bench",
        "credentials": [
            {
                "accessKey": credentials.access_key_id,
                "secretKey": credentials.secret_access_key,
            }
        ],
        "actions": ["Admin", "Read", "Write", "List"],
    }
    directory.mkdir()
    (directory / "iam.json").write_text(json.dumps(advanced))
    (directory / "s3.json").write_text(json.dumps({"identities": [identity]}))
    port, *others = free_ports(8)
    names = (
        *("s3.port.grpc", "master.port", "master.port.grpc"),
        *("volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc"),
    )
    command = [
        str(find_weed()),
        "server",
        "-s3",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-dir={directory}",
        f"-s3.port={port}",
        f"-s3.config={directory / 's3.json'}",
        f"-s3.iam.config={directory / 'iam.json'}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-master.telemetry=false",
        *(f"-{name}={other}" for name, other in zip(names, others, strict=True)),
    ]
    with running(command, directory) as process:
        wait_for(port)
        yield Side(
            "SeaweedFS",
            (port,),
            (process.pid,),
            (WEB, ASSUME, CALLER),
            credentials,
            role,
        )


@contextmanager
def moto(directory: Path) -> Iterator[Side]:
    """Run moto's server, with a user's key."""
    directory.mkdir()
    (port,) = free_ports(1)
    program = Path(sys.executable).with_name("moto_server")
    with running([str(program), "-H", "127.0.0.1", "-p", str(port)], directory) as it:
        wait_for(port)
        iam = client("iam", port, Credentials("testing", "testing"))
        iam.create_role(RoleName="Bench", AssumeRolePolicyDocument="{}")
        iam.create_user(UserName="bench")
        key = iam.create_access_key(UserName="bench")["AccessKey"]
        credentials = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
        yield Side("moto", (port,), (it.pid,), OPERATIONS, credentials)


@contextmanager
def running(command: list[str], directory: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program whose output goes to a file, until the block ends."""
    with (
        (directory / "log").open("wb") as log,
        subprocess.Popen(
            command, cwd=directory, stdout=log, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            yield process
        finally:
            process.send_signal(signal.SIGKILL)


def free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [
            held.enter_context(socket.create_server(("127.0.0.1", 0)))
            for _ in range(count)
        ]
        return [each.getsockname()[1] for each in sockets]


def wait_for(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def client(service: str, port: int, credentials: Credentials) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]  # any service, by name
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name=REGION,
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        config=Config(retries={"max_attempts": 5}),
    )


def requests_of(
    operation: str, side: Side, provider: Provider, count: int
) -> list[bytes]:
    """Make the requests beforehand: the load is not what is measured."""
    return [
        request_of(parameters, operation not in (SAML, WEB), side)
        for parameters in parameters_of(operation, side, provider, count)
    ]


def parameters_of(
    operation: str, side: Side, provider: Provider, count: int
) -> Iterator[dict[str, str]]:
    for number in range(count):
        match operation:
            case "AssumeRoleWithSAML":
                asked = {
                    "RoleArn": side.role,
                    "PrincipalArn": SAML_PROVIDER,
                    "SAMLAssertion": provider.saml_response(),
                }
            case "AssumeRoleWithWebIdentity":
                token, name = provider.id_token()
                asked = {
                    "RoleArn": side.role,
                    "RoleSessionName": name,
                    "WebIdentityToken": token,
                }
            case "AssumeRole":
                asked = {"RoleArn": side.role, "RoleSessionName": f"person{number}"}
                if side.name not in ("SeaweedFS", "moto"):
                    asked |= {"Tags.member.1.Key": "Team", "Tags.member.1.Value": "a"}
            case _:
                asked = {}
        yield {"Action": operation, "Version": "2011-06-15", **asked}


def request_of(parameters: Mapping[str, str], signed: bool, side: Side) -> bytes:  # noqa: FBT001 - a script's own
    """Write one request as it goes over the wire."""
    request = HttpRequest(
        "POST",
        "/",
        (("host", "localhost"), ("content-type", "application/x-www-form-urlencoded")),
        urlencode(parameters).encode(),
    )
    if signed:
        request = sign(
            request,
            side.credentials,
            region=REGION,
            service="sts",
            now=datetime.now(UTC),
            payload_hash=hashlib.sha256(request.body).hexdigest(),
        )
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers)
    length = f"content-length: {len(request.body)}\r\n"
    return f"POST / HTTP/1.1\r\n{head}{length}\r\n".encode() + request.body


@dataclass
class Load:
    """The requests still to send, and what became of those sent."""

    requests: list[bytes]
    done: asyncio.Event = field(default_factory=asyncio.Event)
    left: int = 0
    refused: str = ""

    def __post_init__(self) -> None:
        self.left = len(self.requests)


class Client(asyncio.Protocol):
    """Sends one request after another; dials again where it is hung up on."""

    def __init__(self, load: Load, dial: Callable[[], object]) -> None:
        self._load = load
        self._dial = dial
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        """Count an answer that is whole, and send the next request."""
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator:
            return
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        assert length, head
        if len(body) < int(length[1]):
            return
        if b" 200 " not in head[:16]:
            self._load.refused = self._received.decode()
            self._load.left = 1
        self._received = b""
        self._load.left -= 1
        if self._load.left <= 0:
            self._load.done.set()
        elif re.search(rb"(?i)\r\nconnection: *close", head):
            self._transport.close()
            self._dial()
        else:
            self._send()

    def _send(self) -> None:
        if self._load.requests:
            self._transport.write(self._load.requests.pop())
        else:
            self._transport.close()


async def measure(
    operation: str, side: Side, provider: Provider, count: int
) -> tuple[float, float]:
    """Answer exchanges a second, and those a second of processor time."""
    load = Load(requests_of(operation, side, provider, count))
    loop = asyncio.get_running_loop()
    dialling: set[asyncio.Task[None]] = set()

    async def dial(port: int) -> None:
        def again() -> object:
            task = asyncio.ensure_future(dial(port))
            dialling.add(task)
            task.add_done_callback(dialling.discard)
            return task

        await loop.create_connection(lambda: Client(load, again), "127.0.0.1", port)

    cpu, started = side.cpu(), time.perf_counter()
    for port in side.ports * CONNECTIONS:
        await dial(port)
    await asyncio.wait_for(load.done.wait(), 120)
    passed, used = time.perf_counter() - started, side.cpu() - cpu
    assert not load.refused, load.refused
    return count / passed, count / used


async def compare(
    sides: Iterable[Side], provider: Provider, operations: Iterable[str]
) -> None:
    """Measure by turns, and print a line for each operation."""
    sides = list(sides)
    print(f"{'':26}" + "".join(f"{side.name:>20}" for side in sides))
    for operation in operations:
        able = [side for side in sides if operation in side.operations]
        for side in able:  # Keys fetched, policies compiled, connections made.
            await measure(operation, side, provider, 40 * len(side.ports))
        found: dict[str, list[tuple[float, float]]] = {side.name: [] for side in able}
        for _ in range(ROUNDS):
            for side in able:
                count = COUNT * len(side.ports)
                found[side.name].append(await measure(operation, side, provider, count))
        line = f"{operation:26}"
        for side in sides:
            if side in able:
                rate, of_cpu = map(
                    statistics.median, zip(*found[side.name], strict=True)
                )
                line += f"{rate:10,.0f} ({of_cpu:7,.0f})"
            else:
                line += f"{'-':>20}"
        print(line, flush=True)


def run(arguments: argparse.Namespace) -> None:
    """Start everything, measure, print, stop."""
    temporary = Path(tempfile.mkdtemp(prefix="sts-bench-"))
    provider = Provider()
    try:
        with ExitStack() as held:
            held.enter_context(listening(provider))
            one, all_of_us = held.enter_context(
                ours(temporary / "ours", provider, arguments.profile)
            )
            sides = [one]
            if not arguments.profile:
                sides.append(all_of_us)
                if not arguments.alone:
                    sides.append(
                        held.enter_context(seaweedfs(temporary / "weed", provider))
                    )
                    sides.append(held.enter_context(moto(temporary / "moto")))
            uvloop.run(compare(sides, provider, arguments.only or OPERATIONS))
    finally:
        shutil.rmtree(temporary)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--alone", action="store_true", help="leave the peers out")
    parser.add_argument("--only", action="append", help="measure this operation")
    parser.add_argument("--profile", help="write a cProfile of one server here")
    run(parser.parse_args())
