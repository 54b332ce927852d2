"""What time brings: new key material, dead keys, expired objects, forgetting.

Every worker asks for the lease, one of them gets it: a record in the database
that lapses by itself. So it is done once an hour by whoever is there, on one
machine or several, and goes on when a worker dies.
"""

import asyncio
import logging
import os
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from securecart import kms, sts
from securecart.adapters.sql.entities import SqlEntities
from securecart.adapters.sql.expiring import SqlExpiringRecords
from securecart.cli.installation import Installation
from securecart.cli.keyrings import issuing_key_keyring, key_material_keyring
from securecart.cli.lifecycles import Lifecycles
from securecart.names.clock import Clock

_log = logging.getLogger(__name__)

_LEASE = "housekeeping"
_LEASE_TIME = timedelta(hours=1)
"""Keys rotate and are destroyed by the day; an hour late is in time."""
_ASK_SECONDS = 600


class Housekeeping:
    """One worker's part in it."""

    def __init__(
        self, installation: Installation, engine: Engine, clock: Clock, *, worker: int
    ) -> None:
        self._installation = installation
        self._engine = engine
        self._clock = clock
        self._worker = worker
        self._leases = SqlExpiringRecords(engine, "leases")
        self._lifecycles = Lifecycles(installation, engine, clock)

    async def keep(self) -> None:
        """Ask for the lease until cancelled, and do the work if it is ours."""
        while True:
            await asyncio.to_thread(self.try_once)
            await asyncio.sleep(_ASK_SECONDS)

    def try_once(self) -> bool:
        """Do the work unless somebody did within the hour; say whether we did.

        A failure goes to the log, and the lease back, for the next to try.
        """
        now = self._clock()
        try:
            if not self._leases.insert(
                _LEASE,
                str(self._worker).encode(),
                expires_at=now + _LEASE_TIME,
                now=now,
            ):
                return False
        except SQLAlchemyError:
            _log.exception("the housekeeping's lease could not be asked for")
            return False
        try:
            self._work()
        except Exception:  # noqa: BLE001 - whatever it is, the next one tries again
            _log.exception("housekeeping failed; it is tried again")
            with suppress(SQLAlchemyError):
                self._leases.delete(_LEASE)
            return False
        return True

    def _work(self) -> None:
        now = self._clock()
        entities = SqlEntities(self._engine)
        kms.rotate_due_keys(
            entities,
            now=now,
            keyring=key_material_keyring(self._installation),
            random=os.urandom,
        )
        kms.destroy_due_keys(entities, now=now)
        sts.IssuingKeys(entities, issuing_key_keyring(self._installation)).keep_house(
            now=now, random=os.urandom
        )
        SqlExpiringRecords(self._engine, "redeemed assertions").purge(now=now)
        self._lifecycles.carry_out()
