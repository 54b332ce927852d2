"""Where a body ends, however the network cuts it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securecart.serve.gateway.framing import ChunkedFraming, Framing, LengthFraming
from securecart.serve.gateway.refusals import BadRequest

REST = b"GET /next HTTP/1.1\r\n"


def fed(framing: Framing, data: bytes, cuts: list[int]) -> tuple[bytes, bytes]:
    """Feed data in pieces; answer the payload and what was left over."""
    payload = b""
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    for start, end in pairwise(edges):
        if framing.done:
            return payload, framing.rest + data[start:]
        payload += b"".join(framing.feed(data[start:end]))
    assert framing.done
    return payload, framing.rest


@given(body=st.binary(max_size=200), cuts=st.lists(st.integers(0, 500)))
def test_a_length_cuts_the_body_from_what_follows(body: bytes, cuts: list[int]) -> None:
    """Wherever the reads fall."""
    assert fed(LengthFraming(len(body)), body + REST, cuts) == (body, REST)


@given(
    chunks=st.lists(st.binary(min_size=1, max_size=60), max_size=6),
    cuts=st.lists(st.integers(0, 900)),
)
def test_chunks_cut_the_body_from_what_follows(
    chunks: list[bytes], cuts: list[int]
) -> None:
    """Wherever the reads fall."""
    coded = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in chunks)
    coded += b"0\r\n\r\n" + REST
    assert fed(ChunkedFraming(), coded, cuts) == (b"".join(chunks), REST)


def test_extensions_and_trailers_are_dropped() -> None:
    """RFC 9112, 7.1.1 and 7.1.2 let a recipient ignore them."""
    coded = b'5;a="b"\r\nhello\r\n000;x\r\nX-Checksum: abc\r\n\r\n'
    assert fed(ChunkedFraming(), coded, []) == (b"hello", b"")


@pytest.mark.parametrize(
    "coded",
    [
        b"5\nhello\r\n",
        b"\r\n",
        b"-5\r\n",
        b"+5\r\n",
        b"0x5\r\nhello\r\n",
        b"5 5\r\nhello\r\n",
        b"5_0\r\n",
        b"1234567890abcdef0\r\n",
        b"5\r\nhello!\r\n0\r\n\r\n",
        b"5\r\nhelloXX0\r\n\r\n",
        b"5\r\nhello\n0\r\n\r\n",
        b"5\r\nhello\r0\r\n",
        b"0\r\nbroken\r\n\r\n",
        b"0\r\n folded: x\r\n\r\n",
        b"0\r\nX: a\nY: b\r\n\r\n",
        b"5;" + b"x" * 300,
        b"0\r\n" + b"X: y\r\n" * 2000,
    ],
)
def test_a_chunk_with_two_readings_is_refused(coded: bytes) -> None:
    """A lenient reader and a strict one would cut these differently."""
    with pytest.raises(BadRequest):
        ChunkedFraming().feed(coded)
