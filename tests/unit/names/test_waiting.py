"""Whoever must not wait is told before anything waits."""

import threading

import pytest

from securecart.names.waiting import WouldWait, about_to_wait, without_waiting


def test_waiting_is_allowed_but_for_the_block() -> None:
    """Also after it was left by the refusal itself."""
    about_to_wait()
    with pytest.raises(WouldWait), without_waiting():
        about_to_wait()
    about_to_wait()


def test_another_thread_may_wait_meanwhile() -> None:
    """Each has its own connections to serve, or none."""
    waited: list[bool] = []

    def wait() -> None:
        about_to_wait()
        waited.append(True)

    with without_waiting():
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join()
    assert waited == [True]


def test_no_boundary_takes_it_for_a_failure() -> None:
    """Whoever catches all failures of a request lets it pass."""
    assert not issubclass(WouldWait, Exception)
