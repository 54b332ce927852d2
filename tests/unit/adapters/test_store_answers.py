"""The store's answers, as an exchange reads them off the wire."""

from collections.abc import Sequence
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from securecart.adapters.upstream import Exchange
from securecart.wire.http import HttpResponse

HEADERS = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "Content-Length: 5",
                "Content-Length: 0",
                "Content-Length:  5 ",
                "Content-Length: +5",
                "Content-Length: 5, 5",
                "content-length:5",
                "Transfer-Encoding: chunked",
                "Connection: close",
                "Connection: keep-alive",
                "Etag: ",
                "Etag: \u00e9",
                "X: \t a b \t",
                "X:",
                "X : y",
                "X: a\x00b",
                "X: a\x7fb",
                " folded",
                "nothing",
                "",
            ]
        ),
        st.from_regex(
            r"[A-Za-z-]{1,8}: ?[\x20-\x7e\u00a0-\u00ff]{0,8}", fullmatch=True
        ),
    ),
    max_size=5,
)
STATUS_LINES = st.sampled_from(
    [
        "HTTP/1.1 200 OK",
        "HTTP/1.1 206 Partial Content",
        "HTTP/1.1 404 Not Found",
        "HTTP/1.1 204 No Content",
        "HTTP/1.1 304 Not Modified",
        "HTTP/1.1 100 Continue",
        "HTTP/1.1 200 ",
        "HTTP/1.1 200",
        "HTTP/1.0 200 OK",
        "HTTP/1.1 2000 OK",
        "HTTP/1.1  200 OK",
        "ICY 200 OK",
    ]
)
BODIES = st.sampled_from(
    [b"", b"hello", b"hell", b"hello, again", b"5\r\nhello\r\n0\r\n\r\n"]
)


class Line:
    """A connection that keeps what becomes of it."""

    def __init__(self) -> None:
        self.reusable: bool | None = None

    def write(self, data: bytes) -> None:
        raise AssertionError(data)

    async def flushed(self) -> None:
        raise AssertionError

    def pause(self) -> None:
        raise AssertionError

    def resume(self) -> None:
        raise AssertionError

    def touch(self) -> None:
        """No time passes."""

    def rest(self) -> None:
        raise AssertionError

    def descriptor(self) -> int | None:
        raise AssertionError

    def finish(self, *, reusable: bool) -> None:
        self.reusable = reusable


def fed(method: str, pieces: Sequence[bytes]) -> tuple[Exchange, Line]:
    """Answer an exchange whose answer came in these pieces."""
    line = Line()
    exchange = Exchange(line, method, 0)
    for piece in pieces:
        exchange.received(piece)
    return exchange, line


async def read(exchange: Exchange) -> list[object]:
    """Everything that is told, up to where the store broke off."""
    found: list[object] = []
    with suppress(ConnectionError):
        found.append(await exchange.head())
        body = b""
        while piece := await exchange.read():
            body += piece
        found.append(body)
    return found


def told(method: str, pieces: Sequence[bytes]) -> tuple[object, bool | None]:
    """Answer what comes of an answer, and whether its connection is kept."""
    exchange, line = fed(method, pieces)
    exchange.close()
    broken_off, _ = fed(method, pieces)
    broken_off.failed(ConnectionError("it broke off"))
    try:
        read(broken_off).send(None)  # It never waits, so it needs no loop.
    except StopIteration as stopped:
        return stopped.value, line.reusable
    raise AssertionError("it waits")


@given(
    method=st.sampled_from(["GET", "HEAD"]),
    status_line=STATUS_LINES,
    headers=HEADERS,
    body=BODIES,
    cut=st.integers(1, 12),
)
def test_an_answer_is_read_alike_in_one_piece_and_in_two(
    method: str, status_line: str, headers: list[str], body: bytes, cut: int
) -> None:
    """What comes whole and plain is not given to the parser, and nobody can tell."""
    head = "\r\n".join([status_line, *headers, "", ""]).encode("latin-1")
    whole = head + body
    found, kept = told(method, [whole])
    parsed, kept_by_parser = told(method, [whole[:cut], whole[cut:]])
    assert found == parsed
    # The parser forgives an empty line behind an answer.
    assert kept_by_parser or not kept


def test_a_plain_answer_leaves_its_connection_to_the_next() -> None:
    """So the comparison above is of answers that were read, not refused."""
    head = "HTTP/1.1 200 OK\r\nEtag: x\r\nContent-Length: 5\r\n\r\n"
    found = HttpResponse(200, (("etag", "x"), ("content-length", "5")))
    whole = head.encode() + b"hello"
    assert told("GET", [whole]) == ([found, b"hello"], True)
    assert told("GET", [whole + b"!"]) == ([found, b"hello"], False)
    assert told("HEAD", [head.encode()]) == ([found, b""], True)
    assert told("GET", [whole[:-1]]) == ([found], False)
