"""The first and last thing every request meets: bounds and headers."""

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_MAX_BODY = 256 * 1024
"""Bytes. The largest body is a SAML request by POST; one with a signature and
a certificate is below 20 kB."""

_MAX_TARGET = 32 * 1024
"""Bytes of path and query: a sealed errand or a signed SAML request, twice."""


class Edge:
    """Refuses what is too large, and puts the same headers on every answer."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        if len(scope["raw_path"]) + len(scope["query_string"]) > _MAX_TARGET:
            refusal = PlainTextResponse("The address is too long.\n", 414)
            await refusal(scope, receive, send_with_headers)
            return
        body = await _read(receive)
        if body is None:
            refusal = PlainTextResponse("The request is too large.\n", 413)
            await refusal(scope, receive, send_with_headers)
            return
        await self._app(scope, _replay(body, receive), send_with_headers)


async def _read(receive: Receive) -> bytes | None:
    """Answer the whole body, or None where it is too large."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > _MAX_BODY:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Hand the body on in one piece, then whatever else arrives."""
    messages: list[Message] = [
        {"type": "http.request", "body": body, "more_body": False}
    ]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay
