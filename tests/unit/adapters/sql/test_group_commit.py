"""Changes that share a commit."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import IntegrityError

from securecart.adapters.sql.database import open_sqlite, reading, writing
from securecart.adapters.sql.group_commit import GroupCommit
from securecart.names.waiting import WouldWait, without_waiting

Put = Callable[[Connection], int]


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """A database with one table of numbers."""
    engine = open_sqlite(tmp_path / "numbers.db")
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE numbers (number INTEGER PRIMARY KEY)"))
    return engine


def put(number: int) -> Put:
    """Make a change that cannot be made twice."""

    def change(connection: Connection) -> int:
        connection.execute(text("INSERT INTO numbers VALUES (:n)"), {"n": number})
        return number

    return change


def numbers(engine: Engine) -> list[int]:
    """What is committed."""
    with reading(engine) as connection:
        return list(connection.scalars(text("SELECT number FROM numbers ORDER BY 1")))


def all_at_once(commits: GroupCommit, changes: list[Put]) -> list[int | Exception]:
    """Run the changes together: the first waits until the others have queued."""
    queued, queued_too = threading.Barrier(len(changes)), threading.Event()

    def first(connection: Connection) -> int:
        queued.wait(10)
        for _ in range(10_000):
            if len(commits._waiting) == len(changes) - 1:  # noqa: SLF001
                break
            queued_too.wait(0.001)
        return changes[0](connection)

    def run(number: int) -> int | Exception:
        change = changes[number]
        if number:
            queued.wait(10)
        else:
            change = first
        try:
            return commits.run(change)
        except IntegrityError as error:
            return error

    with ThreadPoolExecutor(len(changes)) as executor:
        return list(executor.map(run, range(len(changes))))


def test_changes_that_wait_share_one_commit(engine: Engine) -> None:
    """One for the first, and one for all that waited while it was made."""
    commits: list[Connection] = []
    event.listen(engine, "commit", commits.append)
    found = all_at_once(GroupCommit(engine), [put(each) for each in range(5)])
    assert len(commits) == 2
    assert found == [0, 1, 2, 3, 4] == numbers(engine)


def test_an_error_reaches_its_own_caller_alone(engine: Engine) -> None:
    """Who shared the transaction with it is answered as if alone."""
    changes = [put(0), put(1), put(0), put(2)]
    found = all_at_once(GroupCommit(engine), changes)
    assert isinstance(found[2], IntegrityError)
    assert [found[0], found[1], found[3]] == [0, 1, 2] == numbers(engine)


def test_nobody_is_answered_before_the_commit(engine: Engine) -> None:
    """What fails at the commit itself is no success for anybody."""

    @event.listens_for(engine, "commit")
    def _fail(_connection: Connection) -> None:
        raise IntegrityError("COMMIT", {}, OSError("no space"))

    found = all_at_once(GroupCommit(engine), [put(each) for each in range(3)])
    assert all(isinstance(each, IntegrityError) for each in found)
    event.remove(engine, "commit", _fail)
    assert numbers(engine) == []


def test_who_must_not_wait_changes_nothing(engine: Engine) -> None:
    """A commit waits for the disk."""
    commits = GroupCommit(engine)
    with pytest.raises(WouldWait), without_waiting():
        commits.run(put(7))
    assert commits.run(put(8)) == 8
    assert numbers(engine) == [8]


def test_a_bug_in_a_change_leaves_nobody_waiting(engine: Engine) -> None:
    """It is raised, and the next change goes through."""
    commits = GroupCommit(engine)

    def broken(_connection: Connection) -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        commits.run(broken)
    assert commits.run(put(7)) == 7
    assert numbers(engine) == [7]


def test_a_leader_that_is_broken_off_leaves_nobody_waiting(engine: Engine) -> None:
    """As by Ctrl-C: those it committed for are told, the next go on."""
    commits = GroupCommit(engine)

    def broken_off(_connection: Connection) -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        commits.run(broken_off)
    assert commits.run(put(7)) == 7
    assert numbers(engine) == [7]


def test_all_are_answered_by_fewer_commits_than_they_are(engine: Engine) -> None:
    """Each with its own answer, however the threads come by turns."""
    commits, begun = GroupCommit(engine), list[int]()
    event.listen(engine, "begin", lambda _: begun.append(1))
    with ThreadPoolExecutor(8) as executor:
        found = list(executor.map(lambda n: commits.run(put(n)), range(200)))
    assert found == list(range(200))
    assert len(begun) < 150
    assert numbers(engine) == found
