"""The workers of the AWS endpoint, and the program that forks them."""

import os
import sys
from collections.abc import Sequence

from securecart.cli.place import Place
from securecart.cli.sign_in import private_hosts
from securecart.cli.worker_options import WorkerOptions

MOST = 64


def usable_cores() -> int:
    """How many processors this process may run on, as far as workers go."""
    return min(len(os.sched_getaffinity(0)), MOST)


def worker_options(
    place: Place,
    *,
    sockets: Sequence[int],
    monitoring: Sequence[int],
) -> WorkerOptions:
    """Answer what the configuration tells the workers.

    `sockets` and `monitoring` are descriptors of listening sockets.
    """
    settings = place.settings
    return WorkerOptions(
        data=str(place.data),
        workers=settings.gateway.workers or usable_cores(),
        sockets=tuple(sockets),
        monitoring=tuple(monitoring),
        private_hosts=tuple(sorted(private_hosts(settings))),
        oidc_hosts=settings.idp.oidc.hosts,
        bucket_hosts=settings.bucket_hosts,
        connections=settings.gateway.connections,
        session_requests=settings.gateway.session_requests,
        kept_bytes=settings.gateway.kept_bytes,
        access_log=settings.gateway.access_log,
        syncs=settings.store.durability == "power-loss",
    )


def command(options: WorkerOptions) -> list[str]:
    """Answer the command line of the program that forks them, and keeps them."""
    return [sys.executable, "-m", "securecart", "workers", options.to_json()]
