"""Looking whether a process of the store answers yet."""

import asyncio
import http.client
import socket
import ssl
from contextlib import closing
from pathlib import Path

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

from securecart.adapters.seaweedfs.ports import LOOPBACK
from securecart.names.credentials import Credentials

_ANSWER_SECONDS = 5.0
"""For one question to a process on this machine."""


def client_context(certificates: Path) -> ssl.SSLContext:
    """Trust the store's own authority alone, and show the client's certificate."""
    context = ssl.create_default_context(cafile=certificates / "ca.crt")
    context.load_cert_chain(certificates / "client.crt", certificates / "client.key")
    context.set_alpn_protocols(["h2"])
    return context


async def speaks_tls(port: int, context: ssl.SSLContext) -> bool:
    """Whether one of *our* processes answers on the port, and encrypted.

    SeaweedFS serves gRPC in the clear when it cannot read its certificate;
    such a process never counts as ready.
    """
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            _, writer = await asyncio.open_connection(LOOPBACK, port, ssl=context)
    except (OSError, TimeoutError):
        return False
    writer.transport.abort()
    return True


async def lists_buckets(path: Path, credentials: Credentials) -> bool:
    """Whether a signed ListBuckets is answered on the Unix socket."""
    return await asyncio.to_thread(_lists_buckets, path, credentials)


def _lists_buckets(path: Path, credentials: Credentials) -> bool:
    request = AWSRequest("GET", "http://localhost/")
    keys = BotocoreCredentials(credentials.access_key_id, credentials.secret_access_key)
    S3SigV4Auth(keys, "s3", "us-east-1").add_auth(request)
    with closing(http.client.HTTPConnection("localhost")) as connection:
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(_ANSWER_SECONDS)
        try:
            connection.sock.connect(str(path))
            connection.request("GET", "/", headers=dict(request.headers))
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
