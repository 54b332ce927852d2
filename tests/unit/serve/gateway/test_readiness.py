"""Alive, and ready: what is told, and what is refused."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from securecart.serve.gateway.health import StoreHealth
from securecart.serve.gateway.readiness import LIVE, READY, Readiness, is_asked
from securecart.serve.gateway.refusals import ServiceUnavailable
from securecart.wire.http import HttpRequest

Run = Callable[[Coroutine[Any, Any, None]], None]


class _Machine:
    """A database and a disk that can fail."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.room = True
        store = StoreHealth(self._never, self)
        self.readiness = Readiness(store, database=self._ask, room=lambda: self.room)

    answered = 0

    def abandon(self) -> None:
        pass

    async def _never(self) -> None:
        pass

    def _ask(self) -> int:
        if self.failure is not None:
            raise self.failure
        return 1


@pytest.fixture
def machine() -> _Machine:
    """One that was looked at, and is well."""
    machine = _Machine()
    machine.readiness.started = True
    return machine


def _told(machine: _Machine, path: str = READY) -> tuple[int, bytes]:
    answer = machine.readiness.answer(path)
    assert isinstance(answer.body, bytes)
    return answer.status, answer.body


def test_whoever_is_well_is_ready(machine: _Machine) -> None:
    """Both paths say so."""
    machine.readiness.look()
    assert _told(machine) == _told(machine, LIVE) == (200, b"ok\n")


def test_what_is_missing_is_named(machine: _Machine) -> None:
    """The worker is alive all the same: starting it again would not help."""
    machine.failure, machine.room = OSError("gone"), False
    machine.readiness.look()
    machine.readiness.draining = True
    assert _told(machine) == (503, b"draining, database, room\n")
    assert _told(machine, LIVE) == (200, b"ok\n")
    machine.failure, machine.room = None, True
    machine.readiness.look()
    assert _told(machine) == (503, b"draining\n")


def test_nobody_is_ready_before_everything_was_asked_once(run: Run) -> None:
    """Whoever asks earlier would be told what is not known yet."""

    async def act() -> None:
        machine = _Machine()
        assert _told(machine) == (503, b"starting\n")
        watching = asyncio.create_task(machine.readiness.watch())
        async with asyncio.timeout(5):
            # As a load balancer does.
            while _told(machine) != (200, b"ok\n"):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        watching.cancel()
        await asyncio.wait({watching})

    run(act())


def test_without_room_nothing_is_added_and_all_else_goes_on(
    machine: _Machine,
) -> None:
    """Deleting makes room, and reading needs none."""
    machine.room = False
    machine.readiness.look()
    for operation in ("PutObject", "UploadPart", "CopyObject"):
        with pytest.raises(ServiceUnavailable, match="room"):
            machine.readiness.require(operation)
    for operation in ("GetObject", "DeleteObject", "DeleteObjects"):
        machine.readiness.require(operation)


@pytest.mark.parametrize(
    ("method", "target", "headers", "asked"),
    [
        ("GET", LIVE, (), True),
        ("GET", READY, (), True),
        ("PUT", READY, (), False),
        ("GET", f"{READY}?list-type=2", (), False),
        ("GET", READY, (("authorization", "AWS4-HMAC-SHA256 …"),), False),
    ],
)
def test_a_bucket_of_that_name_is_reached_by_whoever_signs(
    method: str, target: str, headers: tuple[tuple[str, str], ...], *, asked: bool
) -> None:
    """Only the bare path is ours."""
    request = HttpRequest(method, target, (("host", "a"), *headers))
    assert is_asked(request) is asked
