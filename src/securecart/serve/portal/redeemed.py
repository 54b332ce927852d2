"""Each answer of an identity provider counts once."""

import hashlib
from datetime import datetime

from securecart.names.clock import Clock
from securecart.names.expiring import ExpiringRecords
from securecart.serve.portal.refusals import ALREADY_USED, Refused


class Redeemed:
    """Remembers answers until they would be refused for their age anyway.

    The store is shared by processes and outlives them.
    """

    def __init__(self, records: ExpiringRecords, *, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    def redeem(self, kind: str, name: str, *, until: datetime) -> None:
        """Use an answer up; `until` is when nobody would take it any more.

        Raises:
            Refused: ALREADY_USED.
        """
        key = f"answered/{kind}/{hashlib.sha256(name.encode()).hexdigest()}"
        now = self._clock()
        if not self._records.insert(key, b"", expires_at=until, now=now):
            raise Refused(ALREADY_USED, f"{kind} {name[:80]!r} again")
