"""An HTTP message, as the rooms that never see a socket pass it around."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as it was received; nothing is decoded or normalised.

    `target` is the raw request target (path, and `?query` if sent), still
    percent-encoded. `headers` keep their order and repeats; names are lower
    case, values decoded as latin-1. `body` is empty where it is streamed.
    `source_ip` comes from the socket or from a trusted hop. `secure` says
    that the request came by TLS or never left this machine.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(default=b"", repr=False)
    source_ip: str = ""
    secure: bool = False

    @property
    def path(self) -> str:
        """The target up to the first `?`, still percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """What follows the first `?`, still percent-encoded."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """The first value of a header, by its lower-case name."""
        return next(self.header_values(name), None)

    def header_values(self, name: str) -> Iterator[str]:
        """Every value of a header, in the order sent."""
        return (value for key, value in self.headers if key == name)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A whole response; streamed ones are the gateway's own affair."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
