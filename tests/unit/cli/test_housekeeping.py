"""Of all workers one keeps house, once an hour."""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from securecart.adapters.sql.database import create_tables, open_sqlite
from securecart.cli.housekeeping import Housekeeping
from securecart.cli.installation import prepare_installation

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


class House:
    """Two workers of one installation, as two processes have them."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        installation = prepare_installation(
            directory / "data", account=None, region="us-east-1"
        )
        self.now = NOW
        self.done: list[int] = []
        self.failure: Exception | None = None
        self.workers = []
        for worker in range(2):
            engine = open_sqlite(installation.database)
            create_tables(engine)
            keeper = Housekeeping(installation, engine, lambda: self.now, worker=worker)
            monkeypatch.setattr(keeper, "_work", partial(self._work, worker))
            self.workers.append(keeper)

    def _work(self, worker: int) -> None:
        if self.failure is not None:
            raise self.failure
        self.done.append(worker)

    def ask(self) -> list[bool]:
        """Have each ask for the lease."""
        return [worker.try_once() for worker in self.workers]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """Where nobody has kept house."""
    return House(tmp_path, monkeypatch)


def test_whoever_asks_first_does_it_and_nobody_again_within_the_hour(
    house: House,
) -> None:
    """Afterwards it is whoever is there."""
    assert house.ask() == [True, False]
    house.now += timedelta(minutes=59)
    assert house.ask() == [False, False]
    house.now += timedelta(minutes=2)
    house.workers.reverse()
    assert house.ask() == [True, False]
    assert house.done == [0, 1]


def test_who_fails_leaves_it_to_the_next(house: House) -> None:
    """And says why in the log."""
    house.failure = ValueError("no key")
    assert house.ask() == [False, False]
    house.failure = None
    assert house.ask() == [True, False]


def test_the_work_itself_is_done_on_a_new_installation(tmp_path: Path) -> None:
    """With nothing to rotate, destroy or forget."""
    installation = prepare_installation(
        tmp_path / "data", account=None, region="us-east-1"
    )
    engine = open_sqlite(installation.database)
    create_tables(engine)
    assert Housekeeping(installation, engine, lambda: NOW, worker=0).try_once()
