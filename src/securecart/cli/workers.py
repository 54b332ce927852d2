"""The workers of the AWS endpoint, seen from the process that keeps them running.

That process holds the listening sockets and serves nothing. A worker that
ends is started again on the same sockets, while the others serve on.
"""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from securecart.cli import children
from securecart.cli.children import Child
from securecart.cli.place import Place
from securecart.cli.sign_in import private_hosts
from securecart.cli.worker_options import WorkerOptions
from securecart.serve.gateway import ROW_WORDS, Scoreboard

MOST = 64


def usable_cores() -> int:
    """How many processors this process may run on, as far as workers go."""
    return min(len(os.sched_getaffinity(0)), MOST)


def first_worker(
    place: Place,
    *,
    workers: int,
    sockets: Sequence[int],
    monitoring: Sequence[int],
    scoreboard: int,
    lifeline: int,
) -> WorkerOptions:
    """Answer what the configuration tells the first worker; the others likewise."""
    settings = place.settings
    return WorkerOptions(
        data=str(place.data),
        index=0,
        workers=workers,
        sockets=tuple(sockets),
        monitoring=tuple(monitoring),
        scoreboard=scoreboard,
        lifeline=lifeline,
        private_hosts=tuple(sorted(private_hosts(settings))),
        oidc_hosts=settings.idp.oidc.hosts,
        bucket_hosts=settings.bucket_hosts,
        connections=settings.gateway.connections,
        session_requests=settings.gateway.session_requests,
        kept_bytes=settings.gateway.kept_bytes,
        access_log=settings.gateway.access_log,
        syncs=settings.store.durability == "power-loss",
    )


class Workers:
    """All of them; started and stopped together.

    `sockets` and `monitoring` are descriptors of listening sockets, `lifeline`
    the reading end of a pipe. Without a `log` they write where we do.
    """

    def __init__(
        self,
        place: Place,
        *,
        sockets: Sequence[int],
        monitoring: Sequence[int],
        lifeline: int,
        log: Path | None,
    ) -> None:
        count = place.settings.gateway.workers or usable_cores()
        self._scoreboard, self._descriptor = Scoreboard.create(count, ROW_WORDS)
        options = first_worker(
            place,
            workers=count,
            sockets=sockets,
            monitoring=monitoring,
            scoreboard=self._descriptor,
            lifeline=lifeline,
        )
        inherited = (*sockets, *monitoring, self._descriptor, lifeline)
        self._children = tuple(
            Child(
                "aws",
                [
                    *children.PROGRAM,
                    "worker",
                    replace(options, index=index).to_json(),
                ],
                descriptors=inherited,
                log=log,
                # Or its siblings would leave connections to it for ever.
                ended=partial(self._scoreboard.clear, index),
            )
            for index in range(count)
        )

    async def start(self) -> None:
        """Start the first, which is enough to be asked, and keep it started."""
        await self._children[0].start()

    async def start_others(self) -> None:
        """Start the rest, once nothing else wants the processors to start."""
        await asyncio.gather(*(child.start() for child in self._children[1:]))

    async def stop(self) -> None:
        """Let all drain, and end."""
        await asyncio.gather(*(child.stop() for child in self._children))
        os.close(self._descriptor)
