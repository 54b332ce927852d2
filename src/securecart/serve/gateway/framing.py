"""Where a body ends: by its length, or by chunks. Sans-IO, and strict.

Source: RFC 9112, sections 6.2 and 7.1. Each framing is fed bytes, answers
the payload in them, and once it is `done` holds in `rest` what follows.
"""

import re
from collections.abc import Callable
from typing import Protocol

from securecart.serve.gateway.refusals import BadRequest

_LINE_BYTES = 256
"""A size line: 16 hexadecimal digits and whatever extensions nobody sends."""

_TRAILER_BYTES = 4096
"""Trailers of all checksums together stay under 1 kB."""

_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[\t\x20-\x7e]*)?")
_TRAILER_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*")


class Framing(Protocol):
    """Splits one body from the bytes of a connection."""

    done: bool
    rest: bytes

    def feed(self, data: bytes) -> list[bytes]:
        """Answer the payload pieces in `data`.

        Raises:
            BadRequest: the framing is broken.
        """
        ...


class LengthFraming:
    """A body of a known number of bytes."""

    def __init__(self, length: int) -> None:
        self._remaining = length
        self.done = length == 0
        self.rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """See `Framing.feed`."""
        if len(data) < self._remaining:
            self._remaining -= len(data)
            return [data]
        payload, self.rest = data[: self._remaining], data[self._remaining :]
        self._remaining = 0
        self.done = True
        return [payload] if payload else []


class ChunkedFraming:
    """A body in chunks. Extensions and trailers are read and dropped."""

    def __init__(self) -> None:
        self._buffer = b""
        self._in_chunk = 0
        self._await: Callable[[list[bytes]], bool] = self._size
        self._trailer_bytes = 0
        self.done = False
        self.rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """See `Framing.feed`."""
        self._buffer += data
        pieces: list[bytes] = []
        while not self.done and self._await(pieces):
            pass
        if self.done:
            self.rest, self._buffer = self._buffer, b""
        return pieces

    def _size(self, _pieces: list[bytes]) -> bool:
        line = self._line(_LINE_BYTES)
        if line is None:
            return False
        matched = _SIZE_LINE.fullmatch(line)
        if matched is None:
            raise BadRequest("A chunk's size is not a hexadecimal number.")
        self._in_chunk = int(matched[1], 16)
        self._await = self._payload if self._in_chunk else self._trailer
        return True

    def _payload(self, pieces: list[bytes]) -> bool:
        if not self._buffer:
            return False
        piece = self._buffer[: self._in_chunk]
        self._buffer = self._buffer[self._in_chunk :]
        self._in_chunk -= len(piece)
        pieces.append(piece)
        if self._in_chunk == 0:
            self._await = self._chunk_end
        return True

    def _chunk_end(self, _pieces: list[bytes]) -> bool:
        if not b"\r\n".startswith(self._buffer[:2]):
            raise BadRequest("A chunk is longer than its size.")
        if len(self._buffer) < len(b"\r\n"):
            return False
        self._buffer = self._buffer[2:]
        self._await = self._size
        return True

    def _trailer(self, _pieces: list[bytes]) -> bool:
        line = self._line(_TRAILER_BYTES)
        if line is None:
            return False
        if not line:
            self.done = True
            return True
        self._trailer_bytes += len(line)
        if self._trailer_bytes > _TRAILER_BYTES or not _TRAILER_LINE.fullmatch(line):
            raise BadRequest("The trailer section is malformed or too large.")
        return True

    def _line(self, limit: int) -> bytes | None:
        """Take a line that ends in CRLF; None while it has not ended."""
        end = self._buffer.find(b"\n", 0, limit + 2)
        if end < 0:
            if len(self._buffer) > limit:
                raise BadRequest("A line of the chunked body is too long.")
            return None
        if self._buffer[end - 1 : end] != b"\r":
            raise BadRequest("A line of the chunked body ends in a bare LF.")
        line, self._buffer = self._buffer[: end - 1], self._buffer[end + 1 :]
        return line
