"""A whole gateway over a real store, with everything between them real.

The store's KMS is ours, reached through the gateway's own listener. Only the
API behind it is cut down to what the store asks for.
"""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import orjson
import pytest
import uvloop
from botocore.config import Config

from securecart import kms
from securecart.adapters.direct_store import DirectStore
from securecart.adapters.seaweedfs import KmsEndpoint
from securecart.adapters.seaweedfs import Store as SeaweedFs
from securecart.adapters.service_models import load_service_model
from securecart.adapters.sql.buckets import SqlBuckets
from securecart.adapters.upstream import StorePool, UpstreamLimits
from securecart.cli.s3_kms import S3Kms
from securecart.iam.authorizer import Authorizer
from securecart.iam.entities import Role, User
from securecart.names.credentials import Credentials
from securecart.names.entities import InMemoryEntities
from securecart.names.errors import ServiceError
from securecart.names.principal import IamUser, Root, Service
from securecart.names.session import RoleSession
from securecart.sealing import Keyring, SealingKey
from securecart.serve.gateway.gateway import build_gateway
from securecart.serve.gateway.generations import Generations
from securecart.serve.gateway.meter import Meter
from securecart.sts import Authenticator, AuthorizationMessages, Issuer
from securecart.trail import InMemoryJournal
from securecart.wire.http import HttpRequest, HttpResponse
from securecart.wire.service import Service as WireService
from securecart.wire.sigv4 import parse_signature

ACCOUNT = "111122223333"
REGION = "us-east-1"
BUCKET = "securecart-user-docs"
ALIAS = "alias/securecart-user-docs"
ORIGIN = "http://localhost:8080"

_KEPT_BYTES = 8 * 2**20

_EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_FOLDER_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": f"arn:aws:s3:::{BUCKET}",
            "Condition": {"StringLike": {"s3:prefix": "${aws:userid}/*"}},
        },
        {
            "Effect": "Allow",
            "Action": [
                "s3:GetObject",
                "s3:GetObjectVersion",
                "s3:PutObject",
                "s3:DeleteObject",
                "s3:AbortMultipartUpload",
                "s3:ListMultipartUploadParts",
            ],
            "Resource": f"arn:aws:s3:::{BUCKET}/${{aws:userid}}/*",
        },
        {
            "Effect": "Allow",
            "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
            "Resource": "*",
            "Condition": {
                "StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}
            },
        },
    ],
}
_BUCKET_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "NoOtherEncryption",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{BUCKET}/*",
            "Condition": {
                "StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"},
                "Null": {"s3:x-amz-server-side-encryption": "false"},
            },
        },
    ],
}


class LongTermKeys:
    """The keys of the administrator and of the store."""

    def __init__(self, owners: dict[str, tuple[IamUser | Service, str]]) -> None:
        self._owners = owners

    def find(self, access_key_id: str) -> tuple[IamUser | Service, str] | None:
        return self._owners.get(access_key_id)


class KmsApi:
    """Answers the store's three questions, to the store alone."""

    def __init__(self, entities: InMemoryEntities, keyring: Keyring) -> None:
        self.entities = entities
        self.keyring = keyring
        self.service = WireService(load_service_model("kms"))
        self.calls: list[str] = []

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            signature = parse_signature(request)
            assert signature is not None
            operation, parameters = self.service.parse(request)
            self.calls.append(operation)
            result = self.perform(operation, parameters)
            return self.service.serialize(operation, result, "1")
        except ServiceError as error:
            return self.service.serialize_error(error, "1")

    def perform(self, operation: str, parameters: dict[str, Any]) -> Any:
        row = kms.OPERATIONS[operation]
        shared: dict[str, Any] = {
            "account": ACCOUNT,
            "region": REGION,
            "caller": Root(ACCOUNT),
            "parameters": parameters,
            "now": datetime.now(UTC),
            "random": os.urandom,
            "keyring": self.keyring,
        }
        if isinstance(row, kms.Reading):
            with self.entities.reading() as reader:
                return row.run(kms.Call(store=reader, **shared))
        with self.entities.writing() as writer:
            return row.run(kms.Change(store=writer, **shared))


class Landscape:
    """Everything that runs, and hands to reach it by."""

    def __init__(self, directory: Path) -> None:
        self.entities = InMemoryEntities()
        self.keyring = Keyring(SealingKey(os.urandom(32)))
        self.issuer = Issuer(lambda: self.keyring)
        # No quiet time: what is kept too long is to be seen.
        self.generations = Generations.private(quiet_seconds=0)
        self.meter = Meter.alone()
        self.journal = InMemoryJournal()
        self.api = KmsApi(self.entities, self.keyring)
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.store_credentials = Credentials("STOREKEY", os.urandom(16).hex())
        self.directory = directory
        self.store_key = os.urandom(32)
        self.store = SeaweedFs(
            directory,
            KmsEndpoint(self.url, REGION, Credentials("KMSKEY", "kms-secret")),
            self.store_credentials,
            self.store_key,
        )
        self._fill()

    def _fill(self) -> None:
        now = datetime.now(UTC)
        with self.entities.writing() as store:
            store.put(
                User(
                    ACCOUNT,
                    "admin",
                    "/",
                    "AIDAADMIN",
                    now,
                    inline_policies={"all": _json(_EVERYTHING)},
                )
            )
            store.put(
                Role(
                    ACCOUNT,
                    "SecureCartEmployee",
                    "/",
                    "AROAEMPLOYEE",
                    now,
                    trust_policy="{}",
                    inline_policies={"folder": orjson.dumps(_FOLDER_POLICY).decode()},
                )
            )
        key = self.api.perform("CreateKey", {})
        self.key_arn: str = key["KeyMetadata"]["Arn"]
        self.api.perform(
            "CreateAlias", {"AliasName": ALIAS, "TargetKeyId": self.key_arn}
        )

    async def serve(self, ready: Callable[[], None]) -> None:
        """Run the gateway until cancelled."""
        self.pool = StorePool(self.store.socket_path)
        self.direct = DirectStore(
            self.directory,
            self.store_key,
            os.urandom,
            UpstreamLimits(),
            S3Kms(
                self.api,
                Credentials("KMSKEY", "kms-secret"),
                region=REGION,
                clock=lambda: datetime.now(UTC),
            ),
        )
        authorizer = Authorizer(self.entities)
        keys: dict[str, tuple[IamUser | Service, str]] = {
            "ADMINKEY": (IamUser(ACCOUNT, "admin", "AIDAADMIN"), "admin-secret"),
            "NOBODYKEY": (IamUser(ACCOUNT, "nobody", "AIDANOBODY"), "nobody-secret"),
        }
        with ThreadPoolExecutor(4) as executor:
            gateway = build_gateway(
                account=ACCOUNT,
                region=REGION,
                entities=self.entities,
                authenticator=Authenticator(self.issuer, LongTermKeys(keys)),
                authorizer=authorizer,
                key_authorizer=kms.KeyAuthorizer(
                    self.entities,
                    authorizer.session_for,
                    account=ACCOUNT,
                    region=REGION,
                ),
                buckets=SqlBuckets(self.entities),
                upstream=self.pool,
                shortcut=self.direct,
                store_credentials=self.store_credentials,
                generations=self.generations,
                kept_bytes=_KEPT_BYTES,
                meter=self.meter,
                journal=self.journal,
                authorization_messages=AuthorizationMessages(
                    Keyring(SealingKey(bytes(32)))
                ),
                api=self.api,
                executor=executor,
                clock=lambda: datetime.now(UTC),
                random=os.urandom,
                hosts=["localhost"],
            )
            ready()
            try:
                await gateway.serve([self.listening])
            finally:
                self.direct.close()
                self.pool.close()

    async def keep(self, ready: Callable[[], None]) -> None:
        """Run the store until cancelled."""
        await self.store.start()
        ready()
        try:
            await asyncio.Event().wait()
        finally:
            await self.store.stop()

    def session(self, name: str) -> Credentials:
        """Answer credentials of one person's session."""
        now = datetime.now(UTC)
        session = RoleSession(
            account=ACCOUNT,
            role_name="SecureCartEmployee",
            role_path="/",
            role_id="AROAEMPLOYEE",
            session_name=name,
            credential_id="",
            issued_at=now,
            expires_at=now + timedelta(hours=1),
        )
        return self.issuer.issue(session, random=os.urandom)[0]

    def client(self, credentials: Credentials, **options: Any) -> Any:
        """Answer an unchanged boto3 client for S3."""
        config = Config(
            signature_version="s3v4",
            retries={"max_attempts": 1},
            s3={"addressing_style": "path"},
            max_pool_connections=50,
            **options,
        )
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=credentials.access_key_id,
            aws_secret_access_key=credentials.secret_access_key,
            aws_session_token=credentials.session_token,
            config=config,
        )

    @property
    def admin(self) -> Any:
        """Answer the administrator's client."""
        return self.client(Credentials("ADMINKEY", "admin-secret"))

    def records(self) -> list[dict[str, Any]]:
        """Answer the audit records so far."""
        return [orjson.loads(line) for line in self.journal.records]

    def raw(self, data: bytes, *, seconds: float = 5) -> bytes:
        """Send bytes on a connection of their own; answer all that comes."""
        with socket.create_connection(("127.0.0.1", self.port), seconds) as peer:
            peer.sendall(data)
            answer = b""
            try:
                while piece := peer.recv(65536):
                    answer += piece
            except TimeoutError:
                pass
            return answer


def _json(statement: dict[str, Any]) -> str:
    return orjson.dumps({"Version": "2012-10-17", "Statement": [statement]}).decode()


@contextmanager
def running(
    work: Callable[[Callable[[], None]], Coroutine[Any, Any, None]],
    run: Callable[[Coroutine[Any, Any, None]], None],
) -> Iterator[None]:
    """Run something in a thread with a loop of its own, while the block lasts."""
    ready = threading.Event()
    tasks: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[None]]] = []

    async def main() -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.append((asyncio.get_running_loop(), task))
        await work(ready.set)

    def thread_main() -> None:
        with suppress(asyncio.CancelledError):
            run(main())

    thread = threading.Thread(target=thread_main)
    thread.start()
    try:
        assert ready.wait(60)
        yield
    finally:
        loop, task = tasks[0]
        loop.call_soon_threadsafe(task.cancel)
        thread.join(30)


@pytest.fixture(scope="session")
def landscape(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Landscape]:
    """A running gateway with the bucket that setting up makes."""
    made = Landscape(tmp_path_factory.mktemp("store"))
    with running(made.serve, uvloop.run), running(made.keep, asyncio.run):
        _wait_until_ready(made)
        _set_up(made)
        yield made


def _wait_until_ready(made: Landscape) -> None:
    """The gateway began first, and looks for the store now and then."""
    asked = b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    deadline = time.monotonic() + 30
    while not made.raw(asked).startswith(b"HTTP/1.1 200 "):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _set_up(made: Landscape) -> None:
    admin = made.admin
    admin.create_bucket(Bucket=BUCKET)
    admin.put_bucket_versioning(
        Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"}
    )
    admin.put_bucket_encryption(
        Bucket=BUCKET,
        ServerSideEncryptionConfiguration={
            "Rules": [
                {
                    "ApplyServerSideEncryptionByDefault": {
                        "SSEAlgorithm": "aws:kms",
                        "KMSMasterKeyID": ALIAS,
                    }
                }
            ]
        },
    )
    admin.put_bucket_cors(
        Bucket=BUCKET,
        CORSConfiguration={
            "CORSRules": [
                {
                    "AllowedOrigins": [ORIGIN],
                    "AllowedMethods": ["GET", "PUT", "POST", "DELETE", "HEAD"],
                    "AllowedHeaders": ["*"],
                    "ExposeHeaders": ["etag", "x-amz-version-id"],
                    "MaxAgeSeconds": 600,
                }
            ]
        },
    )
    admin.put_bucket_policy(Bucket=BUCKET, Policy=orjson.dumps(_BUCKET_POLICY).decode())


@pytest.fixture
def admin(landscape: Landscape) -> Any:
    """The administrator's client."""
    return landscape.admin


@pytest.fixture
def alice(landscape: Landscape) -> Any:
    """A client of a person's session."""
    return landscape.client(landscape.session("alice"))


@pytest.fixture(scope="session")
def bucket() -> str:
    """The bucket of everybody's folders."""
    return BUCKET


@pytest.fixture
def fresh(landscape: Landscape) -> str:
    """A bucket of a test's own, as the administrator makes one."""
    name = f"fresh-{os.urandom(6).hex()}"
    landscape.admin.create_bucket(Bucket=name)
    return name


@pytest.fixture(scope="session")
def folder() -> str:
    """Alice's folder."""
    return "AROAEMPLOYEE:alice/"
