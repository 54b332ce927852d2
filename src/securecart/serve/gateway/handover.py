"""Requests for IAM, STS and KMS that arrive on the same listener.

They are read whole and answered by the API, which authenticates, decides and
records by itself: at once, in the gateway's own thread, or where that would keep
documents waiting in another.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from typing import Protocol

from securecart.names.waiting import WouldWait, without_waiting
from securecart.serve.gateway.cohort import Cohorts
from securecart.serve.gateway.message import Answer, Body, Incoming
from securecart.serve.gateway.payload import MaxMessageLengthExceeded
from securecart.wire.http import HttpRequest, HttpResponse
from securecart.wire.sigv4 import UnverifiedSignature


class Unfinished(Protocol):
    """An answer that waits for the disk."""

    def redeem(self, then: Callable[[], None]) -> None:
        """Begin; `then` is called when the disk has it, in any thread."""
        ...

    def finish(self) -> HttpResponse:
        """Answer, once `then` was called."""
        ...


Api = Callable[[HttpRequest], HttpResponse | Unfinished]
"""Answers a whole request; it may wait, says so before it does (see
`names.waiting`), and is called from several threads."""

_SERVICES = frozenset({"iam", "kms", "sts"})
_FORM = "application/x-www-form-urlencoded"
_KMS_THREADS = 2
"""They wait for nothing but the database."""
_AT_ONCE_BYTES = 64 * 1024
"""What is longer takes its time to be read; no ID token is half as long."""
_AT_ONCE = frozenset({"kms", "sts"})
"""IAM's answers may be long lists."""
_MAX_BYTES = 1024 * 1024
"""A SAML assertion of 100,000 characters, encoded three times over."""


class HandOver:
    """Tells such requests apart, and has them answered."""

    def __init__(self, api: Api, executor: Executor) -> None:
        """`executor` is for IAM and STS; KMS has threads of its own.

        The store asks KMS within every write, and STS may wait for an identity
        provider: one that is slow must not hold up documents.
        """
        self._api = api
        self._executor = executor
        self._kms_executor = ThreadPoolExecutor(_KMS_THREADS, "kms")
        self._beginning = Cohorts[HttpResponse | Unfinished | None](without_waiting)
        self._finishing = Cohorts[HttpResponse]()

    @staticmethod
    def service(
        request: HttpRequest, unverified: UnverifiedSignature | None
    ) -> str | None:
        """Answer whose a request is: by its scope, or STS's as a plain form.

        None stands for S3's.
        """
        if unverified is not None:
            return unverified.service if unverified.service in _SERVICES else None
        content_type = request.header("content-type") or ""
        if (
            request.method == "POST"
            and request.path == "/"
            and content_type.partition(";")[0].strip().lower() == _FORM
        ):
            return "sts"
        return None

    async def answer(self, incoming: Incoming, service: str) -> Answer:
        """Read the body and answer.

        Raises:
            MaxMessageLengthExceeded: it is over 1 MiB.
            BadRequest, IncompleteBody, RequestTimeout: it cannot be read.
        """
        request = incoming.request.with_body(await _read(incoming.body))
        loop = asyncio.get_running_loop()
        executor = self._kms_executor if service == "kms" else self._executor
        response = None
        if service in _AT_ONCE and len(request.body) <= _AT_ONCE_BYTES:
            response = await self._beginning.run(partial(self._begun, request))
        if response is None:
            response = await loop.run_in_executor(executor, self._api, request)
        if not isinstance(response, HttpResponse):
            finishing = self._finishing
            response = await finishing.run_after(response.redeem, response.finish)
        return Answer(response.status, response.headers, response.body)

    def _begun(self, request: HttpRequest) -> HttpResponse | Unfinished | None:
        """Answer in this thread; None where that would have to wait."""
        try:
            return self._api(request)
        except WouldWait:
            return None


async def _read(body: Body) -> bytes:
    if (body.length or 0) > _MAX_BYTES:
        raise MaxMessageLengthExceeded
    pieces: list[bytes] = []
    size = 0
    while piece := await body.read():
        pieces.append(piece)
        size += len(piece)
        if size > _MAX_BYTES:
            raise MaxMessageLengthExceeded
    return b"".join(pieces)
