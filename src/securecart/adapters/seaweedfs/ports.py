"""TCP ports on loopback for one run of the store."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from secrets import SystemRandom

from securecart.adapters.seaweedfs.errors import StoreError

LOOPBACK = "127.0.0.1"

_RANGE = range(20_000, 32_768)
"""Below Linux's default `ip_local_port_range`: no outgoing connection of
another program takes one of these while a process is being restarted."""


def free_ports(count: int) -> tuple[int, ...]:
    """Choose ports that nobody listens on at this moment.

    Raises:
        StoreError: if the machine has not that many left.
    """
    with ExitStack() as held:
        ports: list[int] = []
        for port in _shuffled():
            probe = held.enter_context(socket.socket())
            # As Go binds: a connection that is still closing is no obstacle.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            ports.append(port)
            if len(ports) == count:
                return tuple(ports)
    raise StoreError(
        f"no {count} free ports on {LOOPBACK} between {_RANGE.start} and "
        f"{_RANGE.stop - 1}: stop what holds them"
    )


def _shuffled() -> Iterator[int]:
    yield from SystemRandom().sample(_RANGE, len(_RANGE))
