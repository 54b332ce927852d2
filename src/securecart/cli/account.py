"""The account of an installation: its first user, and the store's own keys."""

import os
from datetime import UTC, datetime
from pathlib import Path

from securecart.adapters.seaweedfs import socket_path
from securecart.adapters.sql.database import create_tables, open_sqlite
from securecart.adapters.sql.entities import SqlEntities
from securecart.cli.installation import Installation
from securecart.cli.keyrings import access_key_keyring
from securecart.iam.account import create_administrator
from securecart.iam.service_credentials import service_credentials
from securecart.names.credentials import Credentials
from securecart.names.principal import Service
from securecart.sealing import derive

S3_SERVICE = "s3.amazonaws.com"
STORE_SERVICE = "store"


def administrator(installation: Installation) -> Credentials:
    """The first user's access key, made at the first start.

    Everything else is set up with it through the public APIs.
    """
    engine = open_sqlite(installation.database)
    try:
        create_tables(engine)
        return create_administrator(
            SqlEntities(engine),
            installation.account,
            keyring=access_key_keyring(installation),
            now=datetime.now(UTC),
            random=os.urandom,
        )
    finally:
        engine.dispose()


def s3_service(installation: Installation) -> Service:
    """S3 as KMS knows it: the store asks for data keys in its name."""
    return Service(installation.account, S3_SERVICE)


def s3_service_credentials(installation: Installation) -> Credentials:
    """What the store signs its calls to KMS with."""
    return service_credentials(installation.key("root"), s3_service(installation))


def store_credentials(installation: Installation) -> Credentials:
    """What the gateway signs its requests to the store with."""
    service = Service(installation.account, STORE_SERVICE)
    return service_credentials(installation.key("root"), service)


def store_sse_key(installation: Installation) -> bytes:
    """What wraps the data keys of SSE-S3; the same as long as the root key is."""
    return derive(installation.key("root"), "store-sse-s3")


def store_socket(installation: Installation) -> Path:
    """The Unix socket that the store listens on."""
    return socket_path(store_directory(installation))


def store_directory(installation: Installation) -> Path:
    """Where the store keeps its files."""
    return installation.directory / "store"
