"""Restarts wait longer and longer, but never for good."""

from securecart.adapters.seaweedfs.backoff import Backoff


def test_pauses_double_up_to_a_bound() -> None:
    """A store that keeps dying is tried every ten seconds in the end."""
    backoff = Backoff()
    pauses = [backoff.pause(lived=0) for _ in range(12)]
    assert pauses[:4] == [0.05, 0.1, 0.2, 0.4]
    assert pauses == sorted(pauses)
    assert pauses[-2:] == [10, 10]


def test_a_steady_minute_is_forgiven() -> None:
    """The next death after it is answered at once."""
    backoff = Backoff()
    for _ in range(12):
        backoff.pause(lived=0)
    assert backoff.pause(lived=61) == 0.05
    assert backoff.pause(lived=0) == 0.1
