"""A head has one reading, or is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securecart.names.errors import ServiceError
from securecart.serve.gateway.head import body_length, parse_head
from securecart.serve.gateway.limits import Limits

LIMITS = Limits()


def head(*lines: str, start: str = "PUT /b/k?x=1 HTTP/1.1", host: bool = True) -> bytes:
    """Answer a head with these header lines."""
    hosts = ["Host: localhost:9000"] if host else []
    return "\r\n".join([start, *hosts, *lines, "", ""]).encode("latin-1")


def test_everything_a_handler_needs_is_read() -> None:
    """Method, target, headers in order, length and the two expectations."""
    parsed = parse_head(
        head(
            "X-Amz-Meta-A:  two words \t", "Content-Length: 7", "Expect: 100-Continue"
        ),
        LIMITS,
    )
    assert parsed.method == "PUT"
    assert parsed.target == "/b/k?x=1"
    assert parsed.headers == (
        ("host", "localhost:9000"),
        ("x-amz-meta-a", "two words"),
        ("content-length", "7"),
        ("expect", "100-Continue"),
    )
    assert parsed.length == 7
    assert parsed.keep_alive
    assert parsed.expects_continue


def test_a_head_without_framing_has_no_body() -> None:
    """RFC 9112, 6.3: no length and no coding means nothing follows."""
    assert parse_head(head(), LIMITS).length == 0


def test_chunked_has_no_length() -> None:
    """Its end is found by reading it."""
    assert parse_head(head("Transfer-Encoding: chunked"), LIMITS).length is None


@pytest.mark.parametrize(
    ("line", "start"),
    [
        ("Connection: close", "GET / HTTP/1.1"),
        ("X: y", "GET / HTTP/1.0"),
    ],
)
def test_a_client_may_ask_to_close(line: str, start: str) -> None:
    """By header, or by speaking HTTP/1.0."""
    assert not parse_head(head(line, start=start), LIMITS).keep_alive


def test_an_offer_to_upgrade_is_ignored() -> None:
    """RFC 9110, 7.8: a server may go on in HTTP/1.1."""
    parsed = parse_head(head("Connection: Upgrade", "Upgrade: h2c"), LIMITS)
    assert parsed.method == "PUT"


SMUGGLING = {
    "both framings": head("Content-Length: 5", "Transfer-Encoding: chunked"),
    "both framings, the other way": head(
        "Transfer-Encoding: chunked", "Content-Length: 5"
    ),
    "two lengths": head("Content-Length: 5", "Content-Length: 6"),
    "one length twice": head("Content-Length: 5", "Content-Length: 5"),
    "a list of lengths": head("Content-Length: 5, 5"),
    "a signed length": head("Content-Length: +5"),
    "a negative length": head("Content-Length: -5"),
    "a hexadecimal length": head("Content-Length: 0x5"),
    "an empty length": head("Content-Length: "),
    "a length that overflows": head("Content-Length: 99999999999999999999"),
    "a length in other digits": head("Content-Length: \xb2"),
    "two codings": head("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
    "a coding in HTTP/1.0": head("Transfer-Encoding: chunked", start="PUT / HTTP/1.0"),
    "a coding with a vertical tab": head("Transfer-Encoding: \x0bchunked"),
    "a space before the colon": head("Content-Length : 5"),
    "a folded line": head("X: a", " b"),
    "a line that begins with white space": head(" X: a"),
    "a bare line feed": b"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
    "a bare carriage return": b"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
    "a zero byte": head("X: a\0b"),
    "no colon": head("X"),
    "an empty name": head(": x"),
    "no host": head(host=False),
    "two hosts": head("Host: other"),
    "an absolute target": head(start="GET http://other/b HTTP/1.1"),
    "an asterisk": head(start="OPTIONS * HTTP/1.1"),
    "a tunnel": head(start="CONNECT other:443 HTTP/1.1"),
    "a fragment": head(start="GET /a#b HTTP/1.1"),
    "a space in the target": head(start="GET /a b HTTP/1.1"),
    "bytes beyond ASCII in the target": head(start="GET /\xe9 HTTP/1.1"),
    "an unknown method": head(start="BREW / HTTP/1.1"),
    "another version": head(start="GET / HTTP/2.0"),
    "no version": head(start="GET /"),
    "another expectation": head("Expect: 200-ok"),
    "two heads": head() + head(),
}


@pytest.mark.parametrize("block", SMUGGLING.values(), ids=SMUGGLING.keys())
def test_a_head_with_two_readings_is_refused(block: bytes) -> None:
    """Each of these has been used to smuggle a request past a proxy."""
    with pytest.raises(ServiceError) as refused:
        parse_head(block, LIMITS)
    assert refused.value.code == "BadRequest"


@pytest.mark.parametrize(
    "headers",
    [
        (("content-length", "5"), ("transfer-encoding", "chunked")),
        (("content-length", "5"), ("content-length", "5")),
        (("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")),
        (("content-length", "5_0"),),
        (("content-length", "+5"),),
    ],
)
def test_a_length_has_one_reading_whatever_the_parser_lets_through(
    headers: tuple[tuple[str, str], ...],
) -> None:
    """A more lenient release of it would open nothing."""
    with pytest.raises(ServiceError) as refused:
        body_length(headers, "1.1")
    assert refused.value.code == "BadRequest"


@pytest.mark.parametrize("coding", ["gzip, chunked", "gzip", "identity", "xchunked"])
def test_an_unknown_transfer_coding_is_refused(coding: str) -> None:
    """Nothing but `chunked` alone is undone here."""
    with pytest.raises(ServiceError) as refused:
        parse_head(head(f"Transfer-Encoding: {coding}"), LIMITS)
    assert refused.value.code in {"NotImplemented", "BadRequest"}


@pytest.mark.parametrize(
    "block",
    [
        head("X: " + "a" * LIMITS.head_bytes),
        head(*[f"X-{each}: 1" for each in range(LIMITS.header_count)]),
        head(start=f"GET /{'a' * LIMITS.target_bytes} HTTP/1.1"),
    ],
    ids=["bytes", "headers", "target"],
)
def test_a_head_is_bounded(block: bytes) -> None:
    """In bytes, in headers and in its target."""
    with pytest.raises(ServiceError) as refused:
        parse_head(block, LIMITS)
    assert refused.value.code == "RequestHeaderSectionTooLarge"


@given(st.binary(max_size=300))
def test_any_bytes_are_a_head_or_a_refusal(data: bytes) -> None:
    """Nothing else escapes, whatever is sent."""
    for block in (data, b"GET / HTTP/1.1\r\nHost: a\r\n" + data + b"\r\n\r\n"):
        try:
            parsed = parse_head(block, LIMITS)
        except ServiceError:
            continue
        assert parsed.target.startswith("/")
