"""uvicorn for the portal and the stand-in IdP, with every choice spelled out."""

import contextlib
import socket
from collections.abc import Sequence

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

_IDLE_SECONDS = 15
_CONCURRENT_REQUESTS = 512
"""Beyond it a request is answered 503 at once."""
_BACKLOG = 1024
_DRAIN_SECONDS = 5


class _Protocol(H11Protocol):
    """HTTP by h11, which bounds the head of a request; httptools does not.

    uvicorn's own trips, with a traceback in the log, over bytes that break the
    protocol while the request before them is still being answered.
    """

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, unless an answer has gone out already."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None:
            super().send_400_response(msg)
            return
        cycle.disconnected = True
        cycle.message_event.set()
        if cycle.response_started:
            self.transport.close()
        else:
            super().send_400_response(msg)


def serve_web(app: FastAPI, sockets: Sequence[socket.socket]) -> None:
    """Serve until SIGTERM or Ctrl-C, then let requests under way finish."""
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=_Protocol,
        ws="none",
        lifespan="off",
        # Targets carry authorization codes: the applications log what they need.
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_CONCURRENT_REQUESTS,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
        backlog=_BACKLOG,
    )
    # Ctrl-C comes back as an exception once everything is drained.
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=list(sockets))
