"""What load balancers and supervisors ask: is it alive, and may it be sent work?

`/healthz` answers 200 as long as requests are answered at all. `/readyz`
answers 200 only while the store and the database answer, there is room for
documents, and the worker is not draining; else 503 and what is missing. Both
say what was last found, so that asking costs nothing.
"""

import asyncio
import logging
from collections.abc import Callable

from securecart.serve.gateway.health import StoreHealth
from securecart.serve.gateway.message import Answer
from securecart.serve.gateway.refusals import ServiceUnavailable
from securecart.wire.http import HttpRequest

_log = logging.getLogger(__name__)

LIVE, READY = "/healthz", "/readyz"

_LOOK_SECONDS = 1.0
_ADDING = frozenset(
    {
        "CopyObject",
        "CreateMultipartUpload",
        "PostObject",
        "PutObject",
        "UploadPart",
        "UploadPartCopy",
    }
)
"""What needs room. Deleting makes some, and completing was paid for."""


class Readiness:
    """One worker's; `database` and `room` block, and raise if it is not well.

    `room` says whether documents may be added.
    """

    def __init__(
        self,
        store: StoreHealth,
        *,
        database: Callable[[], object],
        room: Callable[[], bool],
    ) -> None:
        self.store = store
        self._database = database
        self._room = room
        self.has_database = True
        self.has_room = True
        self.draining = False

    def require(self, operation: str) -> None:
        """Refuse what could not be done wholly, before it is begun.

        Raises:
            ServiceUnavailable: the operation adds something, and the disk is
                too full to keep that and the record of it.
        """
        if not self.has_room and operation in _ADDING:
            raise ServiceUnavailable("There is no room to store more.")

    def answer(self, path: str) -> Answer:
        """Answer one of the two paths."""
        wanting = [] if path == LIVE else self.wanting()
        return Answer(
            503 if wanting else 200,
            (("content-type", "text/plain"), ("cache-control", "no-store")),
            f"{', '.join(wanting) or 'ok'}\n".encode(),
        )

    def wanting(self) -> list[str]:
        """Answer what is missing to be ready, in a word each."""
        found = {
            "draining": self.draining,
            "store": not self.store.up,
            "database": not self.has_database,
            "room": not self.has_room,
        }
        return [name for name, missing in found.items() if missing]

    async def begin(self) -> None:
        """Look at everything once: nothing is known before."""
        await self.store.look()
        await asyncio.to_thread(self.look)

    async def watch(self) -> None:
        """Look until cancelled."""
        await asyncio.gather(self.store.watch(), self._watch_this_machine())

    async def _watch_this_machine(self) -> None:
        while True:
            await asyncio.to_thread(self.look)
            await asyncio.sleep(_LOOK_SECONDS)

    def look(self) -> None:
        """Look at database and disk; blocks."""
        self.has_database = self._told("the database", self.has_database, self._ask)
        self.has_room = self._told("the disk", self.has_room, self._room)

    def _ask(self) -> bool:
        self._database()
        return True

    @staticmethod
    def _told(what: str, was: bool, ask: Callable[[], bool]) -> bool:  # noqa: FBT001 - private
        try:
            well = ask()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not well
            well = False
            if was:
                _log.warning("%s does not answer: %s", what, error)
        if well != was:
            _log.warning("%s is %s", what, "well again" if well else "not well")
        return well


def is_asked(request: HttpRequest) -> bool:
    """Say whether a request is for one of the two paths.

    A signed one is for a bucket of that name.
    """
    return (
        request.target in {LIVE, READY}
        and request.method == "GET"
        and request.header("authorization") is None
    )
