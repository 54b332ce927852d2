"""One worker of the AWS endpoint: gateway and API, joined to their stores.

Workers share the listening sockets and the installation. What they need of
the configuration their parent hands over, so that one which is started again
does as its siblings do, and reads no TOML.

This module is imported by their parent (`prefork.py`): what it imports, and
`load_what_is_shared` loads, is in memory once for all of them.
"""

import asyncio
import contextlib
import gc
import os
import resource
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import uvloop
from sqlalchemy import Engine

from securecart import iam, kms, sts
from securecart.adapters.direct_store import DirectStore
from securecart.adapters.fetch import Fetch
from securecart.adapters.file_system import FileSystem
from securecart.adapters.journal import JournalFiles
from securecart.adapters.oidc_keys import FetchedKeys
from securecart.adapters.randomness import Randomness
from securecart.adapters.service_models import load_service_model
from securecart.adapters.sql.buckets import SqlBuckets, StoredBucket
from securecart.adapters.sql.database import create_tables, open_sqlite
from securecart.adapters.sql.entities import SqlEntities, prepare
from securecart.adapters.sql.expiring import SqlExpiringRecords
from securecart.adapters.sql.turns import EntitiesByTurns
from securecart.adapters.upstream import StorePool, UpstreamLimits
from securecart.cli.account import (
    s3_service,
    s3_service_credentials,
    store_credentials,
    store_directory,
    store_socket,
    store_sse_key,
)
from securecart.cli.clock import system_clock
from securecart.cli.generations import join_generations
from securecart.cli.housekeeping import Housekeeping
from securecart.cli.installation import Installation, open_installation
from securecart.cli.keyrings import (
    access_key_keyring,
    authorization_message_keyring,
    issuing_key_keyring,
    key_material_keyring,
)
from securecart.cli.listening import adopt
from securecart.cli.logs import log_to_stderr
from securecart.cli.prefork import Part
from securecart.cli.s3_kms import S3Kms
from securecart.cli.worker_options import Worker, WorkerOptions
from securecart.names.clock import Clock
from securecart.serve.api import Secrets, Unfinished, build_api
from securecart.serve.gateway import ROW_WORDS, Limits, Meter, Scoreboard
from securecart.serve.gateway.gateway import build_gateway
from securecart.serve.gateway.server import GatewayServer
from securecart.wire.http import HttpRequest, HttpResponse
from securecart.wire.service import Service

_API_THREADS = 4
"""Calls of IAM and STS under way at once that wait, for a provider or for one
another's locks, and the gateway's own thread must not."""

_SERVICES = ("iam", "sts", "kms")

_KINDS = (*iam.ENTITIES, kms.Alias, kms.Key, sts.IssuingKey, StoredBucket)
"""All that is kept in the store of entities."""

_STORE_CONNECTIONS = 128
"""At once, of all workers: see `UpstreamLimits`."""
_FEWEST_STORE_CONNECTIONS = 16

_ROOM_BYTES = 512 * 1024 * 1024
"""Where the store stops to take documents (`-minFreeSpace`), and before the
audit trail and the databases have no room either."""

_DESCRIPTORS = 8192
"""Open files: connections of clients and to the store, with room to spare.
The usual soft limit of 1,024 is for programs that use select(2)."""


def load_what_is_shared() -> None:
    """Load in the parent of all workers what each would load."""
    for name in _SERVICES:
        # A model works out its errors when it is first asked for them.
        Service(load_service_model(name))
    prepare(_KINDS)
    # To what the collector never looks at again it does not write, which would
    # give each child a page of its own.
    spare_what_stays()


def worker_parts(
    options: WorkerOptions, *, log: Path | None = None, clock: Clock = system_clock
) -> list[Part]:
    """Answer the workers, for their parent; they share a page of counters."""
    scoreboard = Scoreboard.create(options.workers, ROW_WORDS)
    return [
        Part(
            f"worker {index}",
            partial(run_worker, Worker(options, index, scoreboard), clock=clock),
            sockets=(*options.sockets, *options.monitoring),
            log=log,
            # Or its siblings would leave connections to it for ever.
            ended=partial(scoreboard.clear, index),
        )
        for index in range(options.workers)
    ]


def run_worker(worker: Worker, *, clock: Clock = system_clock) -> None:
    """Serve until asked to stop, then let requests under way finish."""
    options = worker.options
    log_to_stderr(worker=worker.index)
    _raise_descriptors()
    _run_as_batch_work()
    installation = open_installation(Path(options.data))
    with ThreadPoolExecutor(_API_THREADS, "api") as executor:
        engine = open_sqlite(installation.database)
        create_tables(engine)
        meter = Meter(worker.scoreboard, worker.index)
        server = _build(
            options, installation, engine, clock=clock, executor=executor, meter=meter
        )
        house = Housekeeping(installation, engine, clock, worker=worker.index)
        serving = partial(
            server.serve, adopt(options.sockets), adopt(options.monitoring)
        )
        spare_what_stays()
        uvloop.run(_until_stopped(serving, house))


async def _until_stopped(
    serve: Callable[[], Any],
    house: Housekeeping,
) -> None:
    loop = asyncio.get_running_loop()
    housekeeping = asyncio.create_task(house.keep())
    serving = asyncio.create_task(serve())
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, serving.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    housekeeping.cancel()


def spare_what_stays() -> None:
    """Keep the collector from what lives as long as the process does.

    To look through it all, modules and models, would stop every request for a
    tenth of a second and more; what is made after this is little.
    """
    gc.collect()
    gc.freeze()


def _raise_descriptors() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _run_as_batch_work() -> None:
    """Throw nobody off a processor: see `adapters.seaweedfs.leash`, and sched(7).

    A worker that answers many requests a turn takes less for each.
    """
    with contextlib.suppress(OSError):  # Some sandboxes allow no such call.
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def _build(
    options: WorkerOptions,
    installation: Installation,
    engine: Engine,
    *,
    clock: Clock,
    executor: ThreadPoolExecutor,
    meter: Meter,
) -> GatewayServer:
    account, region = installation.account, installation.region
    entities = EntitiesByTurns(SqlEntities(engine))
    journal = JournalFiles(
        installation.directory / "journal", account=account, clock=clock
    )
    access_key_secrets = access_key_keyring(installation)
    authorizer = iam.Authorizer(entities, revoked=sts.is_revoked)
    key_authorizer = kms.KeyAuthorizer(
        entities, authorizer.session_for, account=account, region=region
    )
    issuing_keys = sts.IssuingKeys(entities, issuing_key_keyring(installation))
    random = Randomness()
    issuing_keys.ensure(now=clock(), random=random)
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
                Fetch(private_hosts=frozenset(options.private_hosts)),
                hosts=frozenset(options.oidc_hosts),
            ),
            redeemed=SqlExpiringRecords(engine, "redeemed assertions"),
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
        random=random,
    )

    def answer(request: HttpRequest) -> HttpResponse | Unfinished:
        with entities.request():
            return api.begin(request)

    files = _file_system(store_directory(installation))
    connections = max(_FEWEST_STORE_CONNECTIONS, _STORE_CONNECTIONS // options.workers)
    return build_gateway(
        account=account,
        region=region,
        entities=entities,
        authenticator=authenticator,
        authorizer=authorizer,
        key_authorizer=key_authorizer,
        buckets=SqlBuckets(entities),
        generations=join_generations(installation),
        kept_bytes=options.kept_bytes,
        upstream=StorePool(
            store_socket(installation), UpstreamLimits(connections=connections)
        ),
        shortcut=DirectStore(
            store_directory(installation),
            store_sse_key(installation),
            random,
            UpstreamLimits(connections=connections),
            S3Kms(
                answer, s3_service_credentials(installation), region=region, clock=clock
            ),
        ),
        store_credentials=store_credentials(installation),
        journal=journal,
        authorization_messages=messages,
        api=answer,
        executor=executor,
        clock=clock,
        random=random,
        limits=Limits(
            connections=options.connections, session_requests=options.session_requests
        ),
        meter=meter,
        sync=files.sync if options.syncs else None,
        room=lambda: files.free_bytes() >= _ROOM_BYTES,
        access_log=options.access_log,
        hosts=options.bucket_hosts,
    )


def _file_system(directory: Path) -> FileSystem:
    # The store makes it too; whoever comes first.
    directory.mkdir(mode=0o700, exist_ok=True)
    return FileSystem(directory)
