"""uvicorn for the portal and the stand-in IdP, with every choice spelled out."""

import contextlib
import socket
from collections.abc import Sequence

import uvicorn
from fastapi import FastAPI

_IDLE_SECONDS = 15
_CONCURRENT_REQUESTS = 512
"""Beyond it a request is answered 503 at once."""
_BACKLOG = 1024
_DRAIN_SECONDS = 5


def serve_web(app: FastAPI, sockets: Sequence[socket.socket]) -> None:
    """Serve until SIGTERM or Ctrl-C, then let requests under way finish."""
    config = uvicorn.Config(
        app,
        loop="uvloop",
        # h11 bounds the head of a request, uvicorn's httptools protocol does not.
        http="h11",
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
