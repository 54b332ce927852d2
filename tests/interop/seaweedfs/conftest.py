"""A KMS small enough to read at a glance, and requests over the store's socket."""

import asyncio
import base64
import http.client
import json
import os
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from securecart.adapters.seaweedfs import KmsEndpoint, Store
from securecart.names.credentials import Credentials

Call = tuple[str, dict[str, Any]]
"""An operation of KMS with its parameters."""

Ask = Callable[..., tuple[int, bytes]]
"""`ask(store, method, target, body=b"", **headers)`: status and body."""

NewStore = Callable[[Path], Store]
"""A store that is not started yet."""

EncryptBucket = Callable[[Store, str], None]
"""`encrypt(store, bucket)`: make it, and encrypt by default what is put there."""

Run = Callable[[Coroutine[Any, Any, None]], None]
"""Runs a coroutine on a loop whose thread outlives the store."""

KEY_ARN = "arn:aws:kms:us-east-1:111122223333:key/0f1e2d3c-0000-4000-8000-000000000000"


class FakeKms:
    """DescribeKey, GenerateDataKey and Decrypt with one key, by AWS's JSON."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._key = AESGCM(AESGCM.generate_key(256))

    def answer(
        self, operation: str, parameters: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        self.calls.append((operation, parameters))
        context = parameters.get("EncryptionContext", {})
        bound = json.dumps(context, sort_keys=True).encode()
        if parameters.get("KeyId", KEY_ARN) != KEY_ARN:
            return 400, {"__type": "NotFoundException", "message": "no such key"}
        if operation == "GenerateDataKey":
            plain, nonce = os.urandom(32), os.urandom(12)
            blob = nonce + self._key.encrypt(nonce, plain, bound)
        elif operation == "Decrypt":
            blob = base64.b64decode(parameters["CiphertextBlob"])
            try:
                plain = self._key.decrypt(blob[:12], blob[12:], bound)
            except InvalidTag:
                return 400, {"__type": "InvalidCiphertextException", "message": ""}
        else:
            return 400, {"__type": "UnknownOperationException", "message": operation}
        return 200, {
            "KeyId": KEY_ARN,
            "Plaintext": base64.b64encode(plain).decode(),
            "CiphertextBlob": base64.b64encode(blob).decode(),
        }

    def handler(self) -> type[BaseHTTPRequestHandler]:
        kms = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                operation = self.headers["X-Amz-Target"].partition(".")[2]
                status, answer = kms.answer(
                    operation, json.loads(self.rfile.read(length))
                )
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


@pytest.fixture(scope="session")
def kms() -> Iterator[tuple[KmsEndpoint, list[Call]]]:
    """A running KMS: where it is, and what it was asked."""
    fake = FakeKms()
    server = ThreadingHTTPServer(("127.0.0.1", 0), fake.handler())
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    yield KmsEndpoint(url, "us-east-1", Credentials("KMS", "secret")), fake.calls
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def kms_calls(kms: tuple[KmsEndpoint, list[Call]]) -> list[Call]:
    """What the KMS is asked from now on."""
    kms[1].clear()
    return kms[1]


@pytest.fixture(scope="session")
def key_arn() -> str:
    """The one key of the KMS."""
    return KEY_ARN


@pytest.fixture(scope="session")
def run() -> Iterator[Run]:
    """An event loop in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, loop).result(90)

    yield run
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture(scope="session")
def ask() -> Ask:
    """Signed S3 requests over a store's Unix socket, by botocore's signer."""

    def ask(
        store: Store, method: str, target: str, body: bytes = b"", **headers: str
    ) -> tuple[int, bytes]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = AWSRequest(method, f"http://localhost{target}", named, body)
        keys = BotocoreCredentials(
            store.credentials.access_key_id, store.credentials.secret_access_key
        )
        S3SigV4Auth(keys, "s3", "us-east-1").add_auth(request)
        with closing(http.client.HTTPConnection("localhost")) as connection:
            connection.sock = socket.socket(socket.AF_UNIX)
            # A put waits some seconds for a master that was just restarted.
            connection.sock.settimeout(30)
            connection.sock.connect(str(store.socket_path))
            connection.request(method, target, body, dict(request.headers))
            response = connection.getresponse()
            return response.status, response.read()

    return ask


SSE_KEY = bytes(range(32))
"""The same for every store: what one wrote, the next one opens."""


@pytest.fixture(scope="session")
def new_store(kms: tuple[KmsEndpoint, list[Call]]) -> NewStore:
    """Makes a store with the KMS and with credentials of its own."""

    def new_store(directory: Path) -> Store:
        secret = base64.b32encode(os.urandom(20)).decode()
        return Store(directory, kms[0], Credentials("GATEWAY", secret), SSE_KEY)

    return new_store


@pytest.fixture(scope="module")
def store(
    tmp_path_factory: pytest.TempPathFactory, new_store: NewStore, run: Run
) -> Iterator[Store]:
    """A started store; whoever breaks it waits until it is whole again."""
    store = new_store(tmp_path_factory.mktemp("store"))
    run(store.start())
    yield store
    run(store.stop())


@pytest.fixture(scope="session")
def encrypt(ask: Ask, key_arn: str) -> EncryptBucket:
    """Makes a bucket that encrypts with the key of the KMS."""
    default = (
        "<ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm>"
        f"<KMSMasterKeyID>{key_arn}</KMSMasterKeyID>"
        "</ApplyServerSideEncryptionByDefault>"
    )
    encryption = (
        '<ServerSideEncryptionConfiguration xmlns="http://s3.amazonaws.com/doc/'
        f'2006-03-01/"><Rule>{default}</Rule></ServerSideEncryptionConfiguration>'
    )

    def encrypt(store: Store, bucket: str) -> None:
        assert ask(store, "PUT", f"/{bucket}")[0] == 200
        put = ask(store, "PUT", f"/{bucket}?encryption=", encryption.encode())
        assert put[0] == 200

    return encrypt


@pytest.fixture(scope="module")
def bucket(store: Store, encrypt: EncryptBucket) -> str:
    """A bucket that encrypts with the key of the KMS."""
    encrypt(store, "documents")
    return "documents"
