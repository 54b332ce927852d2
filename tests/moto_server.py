"""moto's server, which plays AWS for the tests, as it is when nobody has used it."""

import http.client
from collections.abc import Iterator
from contextlib import closing, contextmanager

from moto.server import ThreadedMotoServer


@contextmanager
def running() -> Iterator[tuple[str, int]]:
    """Run it with nothing in it; answer its host and port.

    What moto keeps belongs to the process, not to one server: without the reset
    this one would begin with what the files of tests before it have left.
    """
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        address = server.get_host_and_port()
        reset(address)
        yield address
    finally:
        server.stop()


def reset(address: tuple[str, int]) -> None:
    """Empty every account and region of it."""
    with closing(http.client.HTTPConnection(*address)) as connection:
        connection.request("POST", "/moto-api/reset")
        answer = connection.getresponse()
        answer.read()
    assert answer.status == 200
