"""Alive, and ready: what is told, and what is refused."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import pytest

from securecart.serve.gateway import server as server_module
from securecart.serve.gateway.health import StoreHealth
from securecart.serve.gateway.limits import Limits
from securecart.serve.gateway.meter import Meter
from securecart.serve.gateway.readiness import LIVE, READY, Readiness, is_asked
from securecart.serve.gateway.refusals import ServiceUnavailable
from securecart.serve.gateway.scoreboard import Word
from securecart.serve.gateway.server import GatewayServer
from securecart.wire.http import HttpRequest

Run = Callable[[Coroutine[Any, Any, None]], None]


class _Machine:
    """A database and a disk that can fail."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.room = True
        self.asked, self.answers = asyncio.Event(), asyncio.Event()
        self.answers.set()
        store = StoreHealth(self._ask_store, self)
        self.readiness = Readiness(store, database=self._ask, room=lambda: self.room)

    answered = 0

    def abandon(self) -> None:
        pass

    async def _ask_store(self) -> None:
        self.asked.set()
        await self.answers.wait()

    def _ask(self) -> int:
        if self.failure is not None:
            raise self.failure
        return 1


@pytest.fixture
def machine() -> _Machine:
    """One that is well."""
    return _Machine()


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


def test_nothing_is_accepted_before_everything_was_asked_once(run: Run) -> None:
    """Clients of one that only begins would be turned away for nothing."""

    async def act() -> None:
        machine, meter = _Machine(), Meter.alone()
        machine.answers.clear()
        machine.failure = OSError("gone")
        server = GatewayServer(
            Mock(),
            readiness=machine.readiness,
            upstream=Mock(busy=0, idle=0, waiting=0),
            meter=meter,
            clock=lambda: datetime.now(UTC),
            limits=Limits(),
        )
        row = meter.scoreboard.rows[0]
        serving = asyncio.create_task(server.serve([]))
        await machine.asked.wait()
        assert not row[Word.ACCEPTING]
        machine.answers.set()
        async with asyncio.timeout(5):
            # It is another's to know when it does.
            while not row[Word.ACCEPTING]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert machine.readiness.wanting() == ["database"]
        serving.cancel()
        await asyncio.wait({serving})

    run(act())


def test_what_is_too_old_is_forgotten_every_second(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as it serves, whether anybody asks or not."""
    monkeypatch.setattr(server_module, "_SWEEP_SECONDS", 0.01)

    async def act() -> None:
        machine, forgotten = _Machine(), asyncio.Event()
        server = GatewayServer(
            Mock(),
            readiness=machine.readiness,
            upstream=Mock(busy=0, idle=0, waiting=0),
            meter=Meter.alone(),
            clock=lambda: datetime.now(UTC),
            limits=Limits(),
            forget=forgotten.set,
        )
        serving = asyncio.create_task(server.serve([]))
        for _ in range(2):
            async with asyncio.timeout(5):
                await forgotten.wait()
            forgotten.clear()
        serving.cancel()
        await asyncio.wait({serving})

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
