"""When the store counts as down, and when as back."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from securecart.serve.gateway import health
from securecart.serve.gateway.health import StoreHealth
from securecart.serve.gateway.refusals import InternalError

Run = Callable[[Coroutine[Any, Any, Any]], Any]


class Upstream:
    """A store that fails as it is told to."""

    def __init__(self) -> None:
        self.answered = 0
        self.abandoned = 0
        self.failure: Exception | None = None
        self.silent = False
        self.heard_meanwhile = 0

    async def ask(self) -> None:
        if self.silent:
            self.answered += self.heard_meanwhile
            await asyncio.sleep(3600)
        if self.failure is not None:
            raise self.failure

    def abandon(self) -> None:
        self.abandoned += 1


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "SILENCE_SECONDS", 0.02)
    monkeypatch.setattr(health, "ABANDON_SECONDS", 0.05)


@pytest.mark.parametrize(
    "failure", [ConnectionRefusedError(), InternalError("the filer is away")]
)
def test_a_store_that_refuses_or_fails_is_down_at_once(
    run: Run, failure: Exception
) -> None:
    """And up again as soon as it answers."""

    async def act() -> None:
        upstream = Upstream()
        seen = StoreHealth(upstream.ask, upstream)
        upstream.failure = failure
        await seen.look()
        assert not seen.up
        upstream.failure = None
        await seen.look()
        assert seen.up

    run(act())


def test_a_silent_store_is_down_unless_others_hear_of_it(run: Run) -> None:
    """One slow answer among many others is no outage."""

    async def act() -> None:
        upstream = Upstream()
        seen = StoreHealth(upstream.ask, upstream)
        upstream.silent, upstream.heard_meanwhile = True, 1
        await seen.look()
        assert seen.up
        upstream.heard_meanwhile = 0
        await seen.look()
        assert not seen.up

    run(act())


def test_a_full_pool_is_no_outage_while_answers_come(run: Run) -> None:
    """Who asks has no connection then either."""

    async def act() -> None:
        upstream = Upstream()
        seen = StoreHealth(upstream.ask, upstream)
        upstream.failure = BlockingIOError("taken")
        await seen.look()
        assert not seen.up

    run(act())


def test_what_is_under_way_is_given_up_but_not_at_once(run: Run) -> None:
    """A store that comes back soon finishes it."""

    async def act() -> None:
        upstream = Upstream()
        seen = StoreHealth(upstream.ask, upstream)
        upstream.failure = ConnectionRefusedError()
        await seen.look()
        await seen.look()
        assert upstream.abandoned == 0
        await asyncio.sleep(0.06)
        await seen.look()
        await seen.look()
        assert upstream.abandoned == 2
        upstream.failure = None
        await seen.look()
        assert upstream.abandoned == 2

    run(act())
