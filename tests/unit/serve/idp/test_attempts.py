"""Counting guesses."""

from datetime import UTC, datetime, timedelta

from securecart.names.expiring import InMemoryExpiringRecords
from securecart.serve.idp.attempts import PAUSE, Attempts, Limit

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
THREE = Limit("test", 3)


def test_guesses_at_one_moment_get_no_further_than_in_a_row() -> None:
    """Each takes its slot before it is checked."""
    attempts = Attempts(InMemoryExpiringRecords())
    slots = [attempts.reserve(THREE, "ana", now=NOW) for _ in range(5)]

    assert [slot is not None for slot in slots] == [True] * 3 + [False] * 2
    assert attempts.exhausted(THREE, "ana", now=NOW)
    assert not attempts.exhausted(THREE, "ana2", now=NOW)


def test_a_slot_comes_back_when_the_answer_was_right_or_the_pause_is_over() -> None:
    """Only wrong answers count, and not for ever."""
    attempts = Attempts(InMemoryExpiringRecords())
    slots = [
        attempts.reserve(THREE, "ana", now=NOW + timedelta(seconds=n)) for n in range(3)
    ]
    assert slots[1] is not None
    attempts.release(slots[1])
    assert not attempts.exhausted(THREE, "ana", now=NOW)
    assert attempts.reserve(THREE, "ana", now=NOW) == slots[1]

    assert attempts.reserve(THREE, "ana", now=NOW + PAUSE) == slots[0]
