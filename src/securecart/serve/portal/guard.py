"""The outermost layer: every request passes in here, every answer out.

Refuses a wrong Host and what is too large or too slow, puts the security
headers on all answers, and keeps tracebacks inside.
"""

import asyncio
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from securecart.names.errors import SecureCartError
from securecart.serve.portal.answers import Answers
from securecart.serve.portal.headers import security_headers
from securecart.serve.portal.options import PortalOptions
from securecart.serve.portal.refusals import (
    BAD_REQUEST,
    TOO_LARGE,
    TOO_SLOW,
    WRONG_HOST,
    Refused,
)

MAX_BODY: Final = 320_000
"""Bytes. STS takes 100,000 characters of base64; percent-encoded, the worst
case triples. Nothing else that is posted here comes near."""

MAX_QUERY: Final = 8_192
"""Bytes. Authorization codes and state have some hundreds."""

MAX_COOKIES: Final = 32_768
"""Bytes. On localhost, ports share cookies, so some are not ours."""

BODY_SECONDS: Final = 20
"""For `MAX_BODY` over a slow mobile line, 128 kbit/s."""

HEALTH_PATH: Final = "/healthz"
"""Probes call it by the machine's address, so its Host is not checked."""


class ClientGone(SecureCartError):
    """The client closed the connection; nobody is left to answer."""


class Guard:
    """ASGI middleware; see the module."""

    def __init__(
        self, app: ASGIApp, *, options: PortalOptions, answers: Answers
    ) -> None:
        self._app = app
        self._host = options.host
        self._headers = security_headers(options)
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection's scope."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        path = scope["path"]
        try:
            self._check_head(Request(scope))
            if scope["method"] == "POST":
                receive = await _buffered(receive)
            await self._app(scope, receive, send_guarded)
        except ClientGone:
            return
        except Refused as refused:
            answer = self._answers.refused(path, refused)
            await answer(scope, receive, send_guarded)
        except Exception as error:
            # The last resort: whatever it was, no traceback leaves the process.
            if begun:
                raise
            answer = self._answers.failed(path, error)
            await answer(scope, receive, send_guarded)

    def _check_head(self, request: Request) -> None:
        hosts = request.headers.getlist("host")
        named = [host.lower() for host in hosts] == [self._host]
        if not named and request.scope["path"] != HEALTH_PATH:
            raise Refused(WRONG_HOST, f"Host {hosts!r:.200}")
        if len(request.scope["query_string"]) > MAX_QUERY:
            raise Refused(TOO_LARGE, "query string")
        if sum(map(len, request.headers.getlist("cookie"))) > MAX_COOKIES:
            raise Refused(TOO_LARGE, "cookies")
        length = request.headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            raise Refused(BAD_REQUEST, f"Content-Length {length!r:.40}")
        if len(length) > len(str(MAX_BODY)) or int(length) > MAX_BODY:
            raise Refused(TOO_LARGE, f"Content-Length {length:.40}")


async def _buffered(receive: Receive) -> Receive:
    """Read the whole body within the limits; answer a `receive` that has it."""
    body = bytearray()
    more = True
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientGone
                body += message.get("body", b"")
                if len(body) > MAX_BODY:
                    raise Refused(TOO_LARGE, "body")
                more = message.get("more_body", False)
    except TimeoutError:
        raise Refused(TOO_SLOW, f"body not whole after {BODY_SECONDS} s") from None
    whole: list[Message] = [{"type": "http.request", "body": bytes(body)}]

    async def replay() -> Message:
        return whole.pop() if whole else await receive()

    return replay
