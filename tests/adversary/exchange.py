"""Requests and answers as bytes: nothing is normalised on the way."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Self

_PATIENCE_SECONDS = 20


@dataclass(frozen=True)
class Request:
    """A request that may be odd: target and header values are latin-1 text."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    service: str = "s3"

    @property
    def raw(self) -> bytes:
        """What goes out."""
        headers = [*self.headers]
        if not any(name == "content-length" for name, _ in headers) and (
            self.body or self.method in {"POST", "PUT"}
        ):
            headers.append(("content-length", str(len(self.body))))
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        lines += (f"{name}: {value}" for name, value in headers)
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body

    def header(self, name: str) -> str | None:
        """A header's first value."""
        return next((value for key, value in self.headers if key == name), None)

    def adding(self, *headers: tuple[str, str]) -> Self:
        """The same with headers in the place of those of that name."""
        names = {name for name, _ in headers}
        kept = [pair for pair in self.headers if pair[0] not in names]
        return replace(self, headers=(*kept, *headers))


@dataclass(frozen=True)
class Answer:
    """An answer; status 0 where the connection was closed without one."""

    status: int
    head: bytes = b""
    body: bytes = b""
    closed: bool = False
    headers: dict[str, str] = field(default_factory=dict, compare=False)

    @property
    def code(self) -> str:
        """The code of an error document."""
        return _between(self.body, b"<Code>", b"</Code>")

    @property
    def request_id(self) -> str:
        """The request's id, S3's or another service's."""
        headers = self.headers
        return headers.get("x-amz-request-id") or headers.get("x-amzn-requestid", "")


def _between(text: bytes, before: bytes, after: bytes) -> str:
    return text.partition(before)[2].partition(after)[0].decode("latin-1")


class Line:
    """A connection to loopback that is opened again when it was closed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, request: Request) -> Answer:
        """Send it and answer what comes."""
        answer = Answer(0, closed=True)
        for fresh in (False, True):
            reused = self._reader is not None
            try:
                answer = await asyncio.wait_for(
                    self._ask(request), timeout=_PATIENCE_SECONDS
                )
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                self.close()
                answer = Answer(0, closed=True)
            if answer.status or fresh or not reused:
                break  # One that was closed meanwhile says nothing.
        if answer.closed:
            self.close()
        return answer

    def close(self) -> None:
        """Let it go."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None

    async def _ask(self, request: Request) -> Answer:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(
                "127.0.0.1", self._port, limit=2**20
            )
        self._writer.write(request.raw)
        head = b"HTTP/1.1 100"
        while head.startswith(b"HTTP/1.1 100"):
            head = await self._reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines[1:-2])
        }
        closed = headers.get("connection", "").lower() == "close"
        body = b""
        if request.method != "HEAD" and status not in {204, 304}:
            body = await self._body(self._reader, headers)
        return Answer(status, head, body, closed, headers)

    @staticmethod
    async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
                body += (await reader.readexactly(size + 2))[:-2]
            await reader.readuntil(b"\r\n")
            return body
        if "content-length" in headers:
            return await reader.readexactly(int(headers["content-length"]))
        return await reader.read()
