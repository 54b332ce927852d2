"""Calls that are at hand together go from step to step together."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from securecart.names.cohort import step
from securecart.names.waiting import WouldWait, about_to_wait, without_waiting
from securecart.serve.gateway import cohort
from securecart.serve.gateway.cohort import Cohorts

Run = Callable[[Coroutine[Any, Any, Any]], Any]


async def gathered(cohorts: Cohorts[Any], *works: Callable[[], Any]) -> list[Any]:
    """Run them in one turn; answer what each answered or raised."""
    return await asyncio.gather(*map(cohorts.run, works), return_exceptions=True)


def test_each_step_is_taken_by_all_before_the_next(run: Run) -> None:
    """Those with fewer steps are done earlier, and answer for themselves."""
    taken: list[str] = []

    def work(name: str, steps: int) -> Callable[[], str]:
        def steps_of_it() -> str:
            for number in range(steps):
                taken.append(f"{name}{number}")
                step()
            return name

        return steps_of_it

    works = work("a", 3), work("b", 1), work("c", 2)
    assert run(gathered(Cohorts(), *works)) == ["a", "b", "c"]
    assert taken == ["a0", "b0", "c0", "a1", "c1", "a2"]


def test_alone_nobody_is_waited_for(run: Run) -> None:
    """And outside of any cohort a step is nothing."""
    step()
    assert run(gathered(Cohorts(), step)) == [None]


def test_what_one_raises_no_other_hears_of(run: Run) -> None:
    """Not even where it ends the others' turn."""

    def fails() -> None:
        step()
        raise KeyError("mine")

    def waits() -> None:
        step()
        about_to_wait()

    def succeeds() -> str:
        step()
        step()
        return "done"

    found = run(gathered(Cohorts(without_waiting), fails, succeeds, waits))
    assert [type(each) for each in found] == [KeyError, str, WouldWait]


def test_none_may_wait_because_another_has_ended(run: Run) -> None:
    """What holds for the cohort holds until the last of it is done."""

    def waits() -> None:
        step()
        step()
        about_to_wait()

    found = run(gathered(Cohorts(without_waiting), lambda: 1, waits))
    assert [type(each) for each in found] == [int, WouldWait]
    about_to_wait()


def test_whoever_has_gone_is_not_worked_for(run: Run) -> None:
    """Before it began; or while it was under way, when nobody hears the answer."""
    begun: list[str] = []

    async def act() -> int:
        cohorts: Cohorts[int] = Cohorts()

        def is_gone() -> int:
            begun.append("gone")
            return 1

        def cancels() -> int:
            leaves.cancel()
            return 2

        def goes_on() -> int:
            begun.append("goes on")
            step()
            return 3

        gone = cohorts.run(is_gone)
        leaves = cohorts.run(goes_on)
        stays = cohorts.run(cancels)
        gone.cancel()
        return await stays

    assert run(act()) == 2
    assert begun == ["goes on"]


def test_a_cohort_is_bounded(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest has the next turn of the loop, which others have had meanwhile."""
    monkeypatch.setattr(cohort, "MOST", 2)
    entered: list[int] = []

    @contextmanager
    def within() -> Iterator[None]:
        entered.append(0)
        yield

    def work() -> int:
        entered[-1] += 1
        return entered[-1]

    assert run(gathered(Cohorts(within), *[work] * 5)) == [1, 2, 1, 2, 1]
    assert entered == [2, 2, 1]


def test_those_whose_ends_are_told_together_are_run_together(run: Run) -> None:
    """By another thread, which wakes the loop once for all of them."""
    taken: list[tuple[int, int]] = []
    here = threading.get_ident()

    async def act() -> list[int]:
        loop, cohorts, tell = asyncio.get_running_loop(), Cohorts[int](), list[Any]()

        def work(name: int) -> Callable[[], int]:
            def steps() -> int:
                taken.append((name, threading.get_ident()))
                step()
                taken.append((name, threading.get_ident()))
                return name

            return steps

        results = [cohorts.run_after(tell.append, work(name)) for name in (1, 2)]
        assert len(tell) == len(results)
        woken: list[Any] = []
        wake = loop.call_soon_threadsafe

        def waking(callback: Any) -> None:
            woken.append(callback)

        loop.call_soon_threadsafe = waking  # type: ignore[assignment,method-assign]  # to see it
        teller = threading.Thread(target=lambda: [told() for told in tell])
        teller.start()
        teller.join()
        loop.call_soon_threadsafe = wake  # type: ignore[method-assign]  # as it was
        (callback,) = woken
        callback()
        return await asyncio.gather(*results)

    assert run(act()) == [1, 2]
    assert taken == [(1, here), (2, here), (1, here), (2, here)]
