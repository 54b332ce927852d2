"""The gateway, put together from what the composition root has."""

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from datetime import UTC, datetime

from securecart.iam.authorizer import Authorizer
from securecart.kms import KeyAuthorizer
from securecart.names.clock import Clock, Random
from securecart.names.credentials import Credentials
from securecart.names.entities import Entities
from securecart.s3 import Buckets
from securecart.s3.addressing import VirtualHosts
from securecart.serve.gateway.call import Backend, at_once
from securecart.serve.gateway.generations import Generations
from securecart.serve.gateway.group_commit import GroupCommit
from securecart.serve.gateway.guard import Guard
from securecart.serve.gateway.handover import Api, HandOver
from securecart.serve.gateway.kept_answers import KeptAnswers
from securecart.serve.gateway.keys import Keys
from securecart.serve.gateway.limits import Limits
from securecart.serve.gateway.meter import Meter
from securecart.serve.gateway.pipeline import Authenticator, Pipeline
from securecart.serve.gateway.readiness import Readiness
from securecart.serve.gateway.server import GatewayServer
from securecart.serve.gateway.sessions import Sessions
from securecart.serve.gateway.store import Store
from securecart.serve.gateway.upstream import Shortcut, Upstream
from securecart.serve.refusal import Refusals
from securecart.sts import AuthorizationMessages
from securecart.trail import Journal


def _real_time() -> datetime:
    """The store keeps its own time, and refuses what was signed by another."""
    return datetime.now(UTC)


def build_gateway(
    *,
    account: str,
    region: str,
    entities: Entities,
    authenticator: Authenticator,
    authorizer: Authorizer,
    key_authorizer: KeyAuthorizer,
    buckets: Buckets,
    upstream: Upstream,
    shortcut: Shortcut | None = None,
    store_credentials: Credentials,
    journal: Journal,
    authorization_messages: AuthorizationMessages,
    api: Api,
    executor: Executor,
    clock: Clock,
    random: Random,
    limits: Limits | None = None,
    meter: Meter | None = None,
    generations: Generations | None = None,
    kept_bytes: int = 0,
    sync: Callable[[], None] | None = None,
    room: Callable[[], bool] = lambda: True,
    access_log: bool = False,
    hosts: Iterable[str] = (),
) -> GatewayServer:
    """Answer a server; `await server.serve(sockets)` runs until cancelled.

    `executor` runs `api`. `sync` blocks, and raises `OSError` if it failed: it
    is awaited before a write is acknowledged. `room` says whether documents may
    be added. Below `hosts` a name is a bucket's. `store_credentials` are the
    store's own and sign every request to it. `generations` are shared by all
    who write to that store; up to `kept_bytes` of its answers are kept, none
    if it is 0.
    """
    limits = limits or Limits()
    meter = meter or Meter.alone()
    generations = generations or Generations.private()
    kept = (
        KeptAnswers(generations, most_bytes=kept_bytes, count=meter.add)
        if kept_bytes
        else None
    )
    store = Store(
        upstream,
        store_credentials,
        region=region,
        clock=_real_time,
        lane=generations.lane(),
        kept=kept,
        shortcut=shortcut,
        count=meter.add,
    )
    readiness = Readiness(
        store.health,
        database=entities.generation,
        room=room,
    )
    backend = Backend(
        store=store,
        buckets=buckets,
        guard=Guard(authorizer, buckets, account=account, count=meter.add),
        keys=Keys(entities, key_authorizer, account=account, region=region),
        limits=limits,
        account=account,
        region=region,
        settled=GroupCommit(sync, meter).settled if sync else at_once,
    )
    pipeline = Pipeline(
        backend,
        authenticator=authenticator,
        journal=journal,
        refusals=Refusals(authorization_messages, random),
        hand_over=HandOver(api, executor),
        readiness=readiness,
        sessions=Sessions(limits.session_requests),
        meter=meter,
        access_log=access_log,
        clock=clock,
        random=random,
        hosts=VirtualHosts(hosts),
    )
    return GatewayServer(
        pipeline,
        readiness=readiness,
        upstream=upstream,
        meter=meter,
        clock=clock,
        limits=limits,
        forget=store.forget,
    )
