"""Each long-running process: its adapters joined to its server.

`clock` is an argument here too, so that a test may run the real processes on
a clock of its own.
"""

import logging
import socket
from datetime import UTC, datetime

from securecart.cli.children import hold_on
from securecart.cli.listening import adopt, listen
from securecart.cli.place import Place
from securecart.names.clock import Clock


def system_clock() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def run_part(
    part: str,
    place: Place,
    descriptors: tuple[int, ...] = (),
    lifeline: int | None = None,
    *,
    clock: Clock = system_clock,
) -> None:
    """Serve one part until it is asked to stop.

    Raises:
        SecureCartError: if it cannot start; the message says what to do.
    """
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # httpx tells every address it asks, and some carry codes.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    if lifeline is not None:
        hold_on(lifeline)
    if part == "aws":
        from securecart.cli.serve_aws import serve_aws

        serve_aws(place, _sockets(place, part, descriptors), clock)
    elif part == "idp":
        from securecart.cli.serve_idp import serve_idp

        serve_idp(place, _sockets(place, part, descriptors), clock)
    else:
        from securecart.cli.serve_portal import serve_portal

        serve_portal(place, _sockets(place, part, descriptors), clock)


def _sockets(
    place: Place, part: str, descriptors: tuple[int, ...]
) -> list[socket.socket]:
    if descriptors:
        return adopt(descriptors)
    return list(listen(place.listening(part), option=f"--{part}-port").sockets)
