"""Work that lasts: white space until there is an answer."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from securecart.names.errors import AccessDenied
from securecart.serve.gateway.answers import document
from securecart.serve.gateway.call import at_once
from securecart.serve.gateway.message import Answer
from securecart.serve.gateway.patience import patiently
from securecart.wire.xml_document import parse_xml

Run = Callable[[Coroutine[Any, Any, None]], None]
DONE = document(b'<?xml version="1.0" encoding="UTF-8"?>\n<Done><Tag>1</Tag></Done>')


async def work(seconds: float, failure: Exception | None = None) -> Answer:
    """Work for so long, and then answer or fail."""
    await asyncio.sleep(seconds)
    if failure is not None:
        raise failure
    return DONE


async def read_out(answer: Answer) -> bytes:
    """Answer the whole body of a stream, and close it."""
    assert not isinstance(answer.body, bytes)
    pieces = []
    while piece := await answer.body.read():
        pieces.append(piece)
    answer.body.close()
    return b"".join(pieces)


def test_quick_work_is_answered_as_it_is(run: Run) -> None:
    """Its status and headers too, and what it raises."""

    async def act() -> None:
        assert await patiently(work(0), settled=at_once, patience=5) is DONE
        with pytest.raises(AccessDenied):
            await patiently(work(0, AccessDenied("no")), settled=at_once, patience=5)

    run(act())


def test_slow_work_is_answered_200_and_in_the_end_with_its_document(run: Run) -> None:
    """One document, with white space where XML allows it."""

    async def act() -> None:
        answer = await patiently(
            work(0.05), settled=at_once, patience=0.001, pause=0.01
        )
        assert answer.status == 200
        assert answer.length is None
        body = await read_out(answer)
        assert body.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n  ')
        assert body.count(b"<?xml") == 1
        assert parse_xml(body).text_of("Tag") == "1"

    run(act())


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (AccessDenied("no"), "AccessDenied"),
        (ConnectionError("gone"), "ServiceUnavailable"),
        (BlockingIOError("full"), "SlowDown"),
        (RuntimeError("secret"), "InternalError"),
    ],
    ids=str,
)
def test_slow_work_that_fails_is_told_in_the_200(
    run: Run, failure: Exception, code: str
) -> None:
    """As S3 does, and without a word of what nobody should read."""

    async def act() -> None:
        answer = await patiently(
            work(0.01, failure), settled=at_once, patience=0.001, pause=0.01
        )
        error = parse_xml(await read_out(answer))
        assert error.name == "Error"
        assert error.text_of("Code") == code
        assert "secret" not in (error.text_of("Message") or "")

    run(act())


def test_what_is_told_late_is_told_after_it_has_settled(run: Run) -> None:
    """The document of an answer that has begun is the acknowledgment."""
    happened: list[str] = []

    async def noting() -> Answer:
        await asyncio.sleep(0.01)
        happened.append("done")
        return DONE

    async def settled() -> None:
        await asyncio.sleep(0.01)
        happened.append("settled")

    async def act() -> None:
        answer = await patiently(noting(), settled=settled, patience=0.001)
        assert b"<Tag>" in await read_out(answer)
        assert happened == ["done", "settled"]

    run(act())


def test_what_may_be_lost_is_told_as_an_error_however_late(run: Run) -> None:
    """The store had it, the disk has not."""

    async def failing() -> None:
        raise OSError(5, "Input/output error")

    async def act() -> None:
        answer = await patiently(work(0.01), settled=failing, patience=0.001)
        error = parse_xml(await read_out(answer))
        assert error.text_of("Code") == "InternalError"

    run(act())


def test_who_leaves_ends_the_work(run: Run) -> None:
    """While it is waited for, and while there is white space."""
    ended: list[str] = []

    async def noting() -> Answer:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append("ended")
            raise
        return DONE

    async def act() -> None:
        answer = await patiently(noting(), settled=at_once, patience=0.001)
        assert not isinstance(answer.body, bytes)
        answer.body.close()
        waiting = asyncio.create_task(patiently(noting(), settled=at_once, patience=60))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
        await asyncio.sleep(0)
        assert ended == ["ended", "ended"]

    run(act())
