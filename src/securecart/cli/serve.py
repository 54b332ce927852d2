"""Each long-running process: its adapters joined to its server.

`clock` is an argument here too, so that a test may run the real processes on
a clock of its own.
"""

import socket

from securecart.cli.children import hold_on
from securecart.cli.clock import system_clock
from securecart.cli.listening import adopt, listen
from securecart.cli.logs import log_to_stderr
from securecart.cli.place import Place
from securecart.names.clock import Clock


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
    log_to_stderr()
    if part == "aws":
        from securecart.cli.serve_aws import serve_aws

        serve_aws(place, _sockets(place, part, descriptors), lifeline)
    if lifeline is not None:
        hold_on(lifeline)
    if part == "idp":
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
