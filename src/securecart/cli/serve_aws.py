"""The AWS endpoint: gateway and API on one listener, joined to their stores."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import uvloop
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from securecart import iam, kms, sts
from securecart.adapters.fetch import Fetch
from securecart.adapters.journal import JournalFiles
from securecart.adapters.oidc_keys import FetchedKeys
from securecart.adapters.service_models import load_service_model
from securecart.adapters.sql.buckets import SqlBuckets
from securecart.adapters.sql.database import create_tables, open_sqlite
from securecart.adapters.sql.entities import SqlEntities
from securecart.adapters.sql.expiring import SqlExpiringRecords
from securecart.adapters.upstream import StorePool
from securecart.cli.account import (
    s3_service,
    s3_service_credentials,
    store_credentials,
    store_socket,
)
from securecart.cli.installation import Installation, open_installation
from securecart.cli.keyrings import (
    access_key_keyring,
    authorization_message_keyring,
    issuing_key_keyring,
    key_material_keyring,
)
from securecart.cli.place import Place
from securecart.cli.settings import Settings
from securecart.cli.sign_in import private_hosts
from securecart.names.clock import Clock
from securecart.serve.api import Secrets, build_api
from securecart.serve.gateway import GatewayServer, build_gateway

_log = logging.getLogger(__name__)

_API_THREADS = 4
"""IAM, STS and KMS calls under way at once: they wait for a disk, or for one
another's locks, and the gateway's own thread must not."""

_SERVICES = ("iam", "sts", "kms")


_HOUSEKEEPING_SECONDS = 3600
"""Keys rotate and are destroyed by the day; an hour late is in time."""


def serve_aws(place: Place, sockets: Sequence[socket.socket], clock: Clock) -> None:
    """Serve until asked to stop, then let requests under way finish."""
    installation = open_installation(place.data)
    with ThreadPoolExecutor(_API_THREADS, "api") as executor:
        engine = open_sqlite(installation.database)
        create_tables(engine)
        server = _build(place.settings, installation, engine, clock, executor)
        keep_house = partial(_keep_house, installation, engine, clock)
        uvloop.run(_until_stopped(server, sockets, executor, keep_house))


async def _until_stopped(
    server: GatewayServer,
    sockets: Sequence[socket.socket],
    executor: ThreadPoolExecutor,
    keep_house: Callable[[], None],
) -> None:
    loop = asyncio.get_running_loop()

    async def keep_house_for_ever() -> None:
        while True:
            await loop.run_in_executor(executor, keep_house)
            await asyncio.sleep(_HOUSEKEEPING_SECONDS)

    housekeeping = asyncio.create_task(keep_house_for_ever())
    serving = asyncio.create_task(server.serve(sockets))
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, serving.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    housekeeping.cancel()


def _keep_house(installation: Installation, engine: Engine, clock: Clock) -> None:
    """What time brings: new key material, dead keys, what may be forgotten.

    A failure goes to the log and the next hour tries again.
    """
    now = clock()
    try:
        entities = SqlEntities(engine)
        kms.rotate_due_keys(
            entities,
            now=now,
            keyring=key_material_keyring(installation),
            random=os.urandom,
        )
        kms.destroy_due_keys(entities, now=now)
        sts.IssuingKeys(entities, issuing_key_keyring(installation)).keep_house(
            now=now, random=os.urandom
        )
        _redeemed(engine).purge(now=now)
    except SQLAlchemyError:
        _log.exception("housekeeping failed; it is tried again in an hour")


def _redeemed(engine: Engine) -> SqlExpiringRecords:
    return SqlExpiringRecords(engine, "redeemed assertions")


def _build(
    settings: Settings,
    installation: Installation,
    engine: Engine,
    clock: Clock,
    executor: ThreadPoolExecutor,
) -> GatewayServer:
    account, region = installation.account, installation.region
    entities = SqlEntities(engine)
    journal = JournalFiles(
        installation.directory / "journal", account=account, clock=clock
    )
    access_key_secrets = access_key_keyring(installation)
    authorizer = iam.Authorizer(entities, revoked=sts.is_revoked)
    key_authorizer = kms.KeyAuthorizer(
        entities, authorizer.session_for, account=account, region=region
    )
    issuing_keys = sts.IssuingKeys(entities, issuing_key_keyring(installation))
    issuing_keys.ensure(now=clock(), random=os.urandom)
    issuer = sts.Issuer(issuing_keys.keyring)
    services = {s3_service(installation): s3_service_credentials(installation)}
    authenticator = sts.Authenticator(
        issuer, iam.AccessKeys(entities, access_key_secrets, services)
    )
    messages = sts.AuthorizationMessages(authorization_message_keyring(installation))
    api = build_api(
        ports=sts.Ports(
            entities=entities,
            policies=authorizer,
            issuer=issuer,
            key_source=FetchedKeys(
                Fetch(private_hosts=private_hosts(settings)),
                hosts=frozenset(settings.idp.oidc.hosts),
            ),
            redeemed=_redeemed(engine),
            authorization_messages=messages,
            decryption_keys=partial(iam.unsealed_keys, keyring=access_key_secrets),
        ),
        authenticator=authenticator,
        authorizer=authorizer,
        key_authorizer=key_authorizer,
        secrets=Secrets(iam=access_key_secrets, kms=key_material_keyring(installation)),
        journal=journal,
        models={name: load_service_model(name) for name in _SERVICES},
        account=account,
        region=region,
        clock=clock,
        random=os.urandom,
    )
    return build_gateway(
        account=account,
        region=region,
        entities=entities,
        authenticator=authenticator,
        authorizer=authorizer,
        key_authorizer=key_authorizer,
        buckets=SqlBuckets(entities),
        upstream=StorePool(store_socket(installation)),
        store_credentials=store_credentials(installation),
        journal=journal,
        authorization_messages=messages,
        api=api.handle,
        executor=executor,
        clock=clock,
        random=os.urandom,
    )
