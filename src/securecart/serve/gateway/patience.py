"""Work that may last longer than a client waits for the first byte.

S3 answers 200 then, before it knows, and sends white space until it does; an
error follows as the document of that 200. Ours does so only once the work has
lasted for a while, so that nearly every refusal keeps its status.

Source: Amazon S3 API Reference, "CopyObject" and "CompleteMultipartUpload".
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from securecart.names.errors import ServiceError
from securecart.serve.gateway.answers import XML
from securecart.serve.gateway.message import Answer
from securecart.serve.gateway.refusals import (
    InternalError,
    ServiceUnavailable,
    SlowDown,
)
from securecart.wire.s3_error import s3_error

_log = logging.getLogger(__name__)

_PATIENCE_SECONDS = 15.0
"""Clients wait for 60 s (botocore) and more for an answer to begin."""
_SPACE_SECONDS = 10.0
_PROLOG = b'<?xml version="1.0" encoding="UTF-8"?>\n'


async def patiently(
    work: Coroutine[Any, Any, Answer],
    *,
    settled: Callable[[], Awaitable[None]],
    patience: float = _PATIENCE_SECONDS,
    pause: float = _SPACE_SECONDS,
) -> Answer:
    """Answer what the work answers, or white space and then its document.

    The work ends with the client's connection. What is told late is told after
    `settled`; what is done in time, its caller settles. `patience` and `pause`,
    how often there is white space, are seconds.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task}, timeout=patience)
    except BaseException:
        task.cancel()
        raise
    if task.done():
        return task.result()
    settling = asyncio.create_task(_settling(task, settled))
    # Also where it is called off before it has begun.
    settling.add_done_callback(lambda _: task.cancel())
    return Answer(200, (XML,), _Waiting(settling, pause))


async def _settling(
    task: asyncio.Task[Answer], settled: Callable[[], Awaitable[None]]
) -> Answer:
    answer = await task
    await settled()
    return answer


class _Waiting:
    """The body of an answer that is still being worked out."""

    def __init__(self, task: asyncio.Task[Answer], pause: float) -> None:
        self._task = task
        self._pause = pause
        self._begun = False
        self._told = False

    async def read(self) -> bytes:
        """See `message.Stream`."""
        if not self._begun:
            self._begun = True
            return _PROLOG
        if self._told:
            return b""
        await asyncio.wait({self._task}, timeout=self._pause)
        if not self._task.done():
            return b" "
        self._told = True
        return _without_prolog(self._document())

    def close(self) -> None:
        """See `message.Stream`."""
        self._task.cancel()

    def _document(self) -> bytes:
        try:
            answer = self._task.result()
        except BlockingIOError:
            failure: ServiceError = SlowDown("Please reduce your request rate.")
        except (ConnectionError, TimeoutError) as error:
            _log.warning("the store does not answer: %s", error)
            failure = ServiceUnavailable("Please reduce your request rate.")
        except ServiceError as error:
            failure = error
        except Exception:  # noqa: BLE001 - the head is sent: there is no other exit
            _log.exception("what was answered already failed")
            failure = InternalError(
                "We encountered an internal error. Please try again."
            )
        else:
            return answer.body if isinstance(answer.body, bytes) else b""
        return s3_error(failure, resource="", request_id="", host_id="").body


def _without_prolog(document: bytes) -> bytes:
    return (
        document.partition(b"?>")[2].lstrip() if document[:5] == b"<?xml" else document
    )
