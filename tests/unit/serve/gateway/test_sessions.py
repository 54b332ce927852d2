"""How many requests a session may have under way."""

import pytest

from securecart.serve.gateway.refusals import SlowDown
from securecart.serve.gateway.sessions import CountedStream, Sessions


class _Stream:
    def __init__(self) -> None:
        self.closed = 0

    async def read(self) -> bytes:
        return b""

    def close(self) -> None:
        self.closed += 1


def test_a_session_has_a_bound_of_its_own() -> None:
    """The next is told to slow down, other sessions are not."""
    sessions = Sessions(2)
    leave = sessions.enter("ASIAONE")
    sessions.enter("ASIAONE")
    with pytest.raises(SlowDown):
        sessions.enter("ASIAONE")
    sessions.enter("ASIATWO")
    leave()
    sessions.enter("ASIAONE")


def test_nothing_is_kept_of_sessions_without_requests() -> None:
    """Or memory would grow with everybody who was ever here."""
    sessions = Sessions(2)
    for number in range(100):
        sessions.enter(f"ASIA{number}")()
    assert not vars(sessions)["_under_way"]


def test_a_body_that_is_sent_counts_until_it_is_closed() -> None:
    """Once, however often it is."""
    sessions, stream = Sessions(1), _Stream()
    counted = CountedStream(stream, sessions.enter("ASIAONE"))
    with pytest.raises(SlowDown):
        sessions.enter("ASIAONE")
    counted.close()
    counted.close()
    assert stream.closed == 2
    sessions.enter("ASIAONE")
