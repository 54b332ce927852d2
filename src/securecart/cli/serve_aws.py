"""`securecart serve aws`: the workers of the AWS endpoint, and who keeps them."""

import asyncio
import os
import signal
import socket
from collections.abc import Sequence

from securecart.cli.children import Lifeline
from securecart.cli.listening import Listener, listen
from securecart.cli.place import Place
from securecart.cli.workers import Workers


def serve_aws(place: Place, sockets: Sequence[socket.socket]) -> None:
    """Serve until asked to stop, then let requests under way finish."""
    asyncio.run(_serve(place, sockets))


async def _serve(place: Place, sockets: Sequence[socket.socket]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stop.set)
    monitoring = listen_for_monitoring(place)
    lifeline = Lifeline.open()
    workers = Workers(
        place,
        sockets=[each.fileno() for each in sockets],
        monitoring=monitoring.descriptors if monitoring else (),
        lifeline=lifeline.reading,
        log=None,
    )
    await workers.start()
    await workers.start_others()
    await stop.wait()
    # Refused from now on: who balances the load sees it at once.
    for listening in sockets:
        listening.close()
    await workers.stop()
    os.close(lifeline.writing)
    os.close(lifeline.reading)


def listen_for_monitoring(place: Place) -> Listener | None:
    """Take the port of metrics and health, if the configuration has one.

    Raises:
        PortTaken: another program listens there.
    """
    port = place.settings.gateway.metrics_port
    if port is None:
        return None
    return listen(f"http://localhost:{port}", option="gateway.metrics_port")
