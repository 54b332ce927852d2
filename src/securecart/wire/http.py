"""An HTTP message, as the rooms that never see a socket pass it around."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from securecart.wire.query_string import parse_query_string


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

    path: str = field(init=False, repr=False, compare=False)
    """The target up to the first `?`, still percent-encoded."""
    query: str = field(init=False, repr=False, compare=False)
    """What follows the first `?`, still percent-encoded."""
    first: Mapping[str, str] = field(init=False, repr=False, compare=False)
    """The first value of each header, by its lower-case name."""
    _parameters: Sequence[tuple[str, str]] | None = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        # Asked for many times by those who verify, decide and record.
        path, _, query = self.target.partition("?")
        set_field = object.__setattr__
        set_field(self, "path", path)
        set_field(self, "query", query)
        set_field(self, "first", dict(reversed(self.headers)))
        set_field(self, "_parameters", None)

    def with_body(self, body: bytes) -> "HttpRequest":
        """The same request, with its body read."""
        return HttpRequest(
            self.method, self.target, self.headers, body, self.source_ip, self.secure
        )

    @property
    def parameters(self) -> Sequence[tuple[str, str]]:
        """The query's names and values, decoded, in the order sent."""
        if self._parameters is None:
            object.__setattr__(self, "_parameters", parse_query_string(self.query))
        return self._parameters or ()

    def header(self, name: str) -> str | None:
        """The first value of a header, by its lower-case name."""
        return self.first.get(name)

    @property
    def repeats(self) -> bool:
        """Whether any header was sent more than once."""
        return len(self.first) < len(self.headers)

    def header_values(self, name: str) -> Iterator[str]:
        """Every value of a header, in the order sent."""
        return (value for key, value in self.headers if key == name)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A whole response; streamed ones are the gateway's own affair."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
