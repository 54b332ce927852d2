"""Lifecycles of the buckets, carried out once an hour by whoever keeps house."""

import asyncio
import logging
import os
from datetime import UTC, datetime

from sqlalchemy import Engine

from securecart.adapters.journal import JournalFiles
from securecart.adapters.sql.buckets import SqlBuckets
from securecart.adapters.sql.entities import SqlEntities
from securecart.adapters.upstream import StorePool, UpstreamLimits
from securecart.cli.account import store_credentials, store_socket
from securecart.cli.generations import open_lanes
from securecart.cli.installation import Installation
from securecart.names.clock import Clock
from securecart.serve.gateway.expiry import Expiry
from securecart.serve.gateway.generations import Generations
from securecart.serve.gateway.store import Store

_log = logging.getLogger(__name__)

_CONNECTIONS = 16
"""What one listing asks at once; people's requests have the others."""


class Lifecycles:
    """One worker's runs; a bucket too large for one goes on with the next."""

    def __init__(
        self, installation: Installation, engine: Engine, clock: Clock
    ) -> None:
        self._installation = installation
        self._buckets = SqlBuckets(SqlEntities(engine))
        self._clock = clock
        self._places: dict[str, bytes] = {}

    def carry_out(self) -> None:
        """Delete what is due; blocks. A store that is down is left for the next."""
        buckets = self._buckets.list(self._installation.account)
        if all(bucket.lifecycle is None for bucket in buckets):
            return
        try:
            asyncio.run(self._run())
        except (ConnectionError, TimeoutError) as error:
            _log.warning("lifecycles were not carried out: %s", error)

    async def _run(self) -> None:
        installation = self._installation
        account, region = installation.account, installation.region
        pool = StorePool(
            store_socket(installation), UpstreamLimits(connections=_CONNECTIONS)
        )
        journal = JournalFiles(
            installation.directory / "journal", account=account, clock=self._clock
        )
        lanes = open_lanes(installation)
        try:
            expiry = Expiry(
                Store(
                    pool,
                    store_credentials(installation),
                    region=region,
                    # It keeps its own time, and refuses what another signed.
                    clock=lambda: datetime.now(UTC),
                    # The worker's own is for another thread.
                    lane=Generations(lanes.memory, lanes).lane(),
                ),
                self._buckets,
                journal,
                account=account,
                region=region,
                clock=self._clock,
                random=os.urandom,
                places=self._places,
            )
            run = await expiry.run()
        finally:
            journal.close()
            pool.close()
            lanes.close()
        if run.deleted or run.failed:
            _log.info("lifecycles: %d deleted, %d failed", run.deleted, run.failed)
