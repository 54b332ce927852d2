"""The connection to the filer: each answer finds who asked, and a loss finds all."""

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from securecart.adapters.direct_store.filer_connection import (
    FilerConnection,
    connect,
)
from securecart.adapters.direct_store.protobuf import number, octets

Run = Callable[[Coroutine[Any, Any, Any]], Any]
Filer = Any
"""`conftest.Filer`, whose class the fixture `filer` is."""

WINDOW = 65_535
"""RFC 9113, 6.9.2: where nobody says another."""


def entry(request_id: int, size: int = 0) -> bytes:
    """A request to write one, as far as it matters here."""
    return number(1, request_id) + octets(2, bytes(size))


async def settle() -> None:
    """Let every coroutine that can go on do so."""
    for _ in range(20):
        await asyncio.sleep(0)


async def begun(filer: type[Filer], **settings: int) -> Filer:
    """A filer that has said hello, and has the stream of entries open."""
    made = filer(**settings)
    made.begin(made.entries)
    made.flush()
    return made


def mutating(made: Filer, *request_ids: int) -> list[asyncio.Task[str | None]]:
    """Those who wait for an entry to be written."""
    return [
        asyncio.ensure_future(made.connection.mutate(each, entry(each)))
        for each in request_ids
    ]


def test_answers_out_of_order_reach_who_asked(run: Run, filer: type[Filer]) -> None:
    """All of one turn leave in one write, on the one stream."""

    async def act() -> None:
        made = await begun(filer)
        writes = made.writes
        waiting = mutating(made, 1, 2, 3)
        await settle()
        assert made.writes == writes + 1
        assert made.messages(made.entries) == [entry(1), entry(2), entry(3)]
        assert made.connection.pending == 3
        made.answer(3, b"three")
        made.flush()
        await settle()
        assert [each.done() for each in waiting] == [False, False, True]
        made.answer(1)
        made.answer(2, b"two")
        made.flush()
        assert await asyncio.gather(*waiting) == [None, "two", "three"]
        assert made.connection.pending == 0
        assert list(made.paths.values()) == ["/filer_pb.SeaweedFiler/StreamMutateEntry"]

    run(act())


def test_an_answer_may_come_in_pieces(run: Run, filer: type[Filer]) -> None:
    """A frame's end is no message's."""

    async def act() -> None:
        made = await begun(filer)
        waiting = mutating(made, 1, 2)
        await settle()
        answers = b""
        for each in (1, 2):
            message = number(1, each) + octets(3, b"")
            answers += b"\0" + len(message).to_bytes(4, "big") + message
        for at in range(len(answers)):
            made.send(made.entries, answers[at : at + 1], framed=False)
            made.flush()
        assert await asyncio.gather(*waiting) == [None, None]

    run(act())


def test_an_answer_that_nobody_waits_for_is_nobodys(
    run: Run, filer: type[Filer]
) -> None:
    """Who asked was cancelled meanwhile, and leaves nothing behind."""

    async def act() -> None:
        made = await begun(filer)
        cancelled, other = mutating(made, 1, 2)
        call = asyncio.ensure_future(made.connection.assign(b"ids"))
        await settle()
        cancelled.cancel()
        call.cancel()
        await settle()
        assert made.connection.pending == 1
        stream = made.stream("/AssignVolume")
        made.begin(stream)
        made.send(stream, b"late")
        made.end(stream)
        made.answer(1)
        made.answer(2)
        made.flush()
        assert await other is None
        assert made.connection.pending == 0
        assert not made.connection.lost

    run(act())


def test_a_call_is_answered_by_its_message(run: Run, filer: type[Filer]) -> None:
    """Each on a stream of its own."""

    async def act() -> None:
        made = await begun(filer)
        calls = [
            asyncio.ensure_future(made.connection.assign(each)) for each in (b"a", b"b")
        ]
        await settle()
        first, second = (s for s, path in made.paths.items() if "Assign" in path)
        assert [made.messages(each) for each in (first, second)] == [[b"a"], [b"b"]]
        for stream, message in ((second, b"of b"), (first, b"")):
            made.begin(stream)
            made.send(stream, message)
            made.end(stream)
        made.flush()
        assert await asyncio.gather(*calls) == [b"", b"of b"]
        assert made.connection.pending == 0

    run(act())


@pytest.mark.parametrize("how", ["ended", "nothing", "reset"])
def test_a_call_without_a_message_was_refused(
    run: Run, filer: type[Filer], how: str
) -> None:
    """The others' entries are not concerned."""

    async def act() -> None:
        made = await begun(filer)
        (other,) = mutating(made, 1)
        call = asyncio.ensure_future(made.connection.assign(b"ids"))
        await settle()
        stream = made.stream("/AssignVolume")
        if how == "reset":
            made.http.reset_stream(stream)
        else:
            if how == "ended":
                made.begin(stream)
            made.end(stream, begun=how == "ended")
        made.flush()
        with pytest.raises(ConnectionError):
            await call
        assert not made.connection.lost
        made.answer(1)
        made.flush()
        assert await other is None

    run(act())


def end(made: Filer) -> None:
    """End the stream of entries."""
    made.end(made.entries)
    made.flush()


def reset(made: Filer) -> None:
    """Reset it."""
    made.http.reset_stream(made.entries)
    made.flush()


def go_away(made: Filer) -> None:
    """Close the connection in good order, as a filer does that stops."""
    made.http.close_connection()
    made.flush()


def break_off(made: Filer) -> None:
    """Close the socket."""
    made.connection.connection_lost(None)


def fail(made: Filer) -> None:
    """Lose it otherwise."""
    made.connection.connection_lost(ConnectionResetError())


def babble(made: Filer) -> None:
    """Send a frame that RFC 9113, 6.1, has no place for: DATA of no stream."""
    made.connection.data_received(bytes(9))


def compress(made: Filer) -> None:
    """Send a message that says it is compressed."""
    done = number(1, 1) + octets(3, b"")
    made.send(made.entries, b"\1\0\0\0" + bytes([len(done)]) + done, framed=False)
    made.flush()


def exaggerate(made: Filer) -> None:
    """Announce a message of four gigabytes."""
    made.send(made.entries, b"\0\xff\xff\xff\xff", framed=False)
    made.flush()


def misspeak(made: Filer) -> None:
    """Send a message that is no answer."""
    made.send(made.entries, b"\xff")
    made.flush()


def give_up(made: Filer) -> None:
    """What we do ourselves when the store is given up."""
    made.connection.drop()


@pytest.mark.parametrize(
    "lose",
    [
        end,
        reset,
        go_away,
        break_off,
        fail,
        babble,
        compress,
        exaggerate,
        misspeak,
        give_up,
    ],
)
def test_a_loss_is_told_to_everybody_who_waits(
    run: Run, filer: type[Filer], lose: Callable[[Filer], None]
) -> None:
    """What they asked may have been done; and nobody asks here again."""

    async def act() -> None:
        made = await begun(filer)
        waiting: list[Any] = mutating(made, 1, 2)
        waiting.append(asyncio.ensure_future(made.connection.assign(b"ids")))
        await settle()
        lose(made)
        found = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(each) for each in found] == [ConnectionError] * 3
        assert made.connection.lost
        assert made.aborted
        assert made.connection.pending == 0
        with pytest.raises(ConnectionError):
            await made.connection.mutate(3, entry(3))
        with pytest.raises(ConnectionError):
            await made.connection.assign(b"ids")
        assert made.connection.pending == 0
        # The socket ends behind it, and what was still to be sent is not.
        made.connection.connection_lost(None)
        await settle()

    run(act())


@given(st.binary(min_size=1, max_size=80))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_comes_nobody_waits_for_ever_or_learns_what_is_not(
    run: Run, filer: type[Filer], data: bytes
) -> None:
    """Bytes of no kind on the wire, or as a message."""

    async def act() -> None:
        for framed in (False, True):
            made = await begun(filer)
            (waiting,) = mutating(made, 1)
            await settle()
            if framed:
                made.send(made.entries, data)
                made.flush()
            else:
                made.connection.data_received(data)
            made.connection.connection_lost(None)
            try:
                # Only an answer says so: field 3 or 7, as in `test_messages`.
                assert await waiting is None or framed
            except ConnectionError:
                assert made.connection.lost

    run(act())


def test_a_closed_window_is_waited_for(run: Run, filer: type[Filer]) -> None:
    """In order, and whoever is behind waits too."""

    async def act() -> None:
        made = await begun(filer, INITIAL_WINDOW_SIZE=100)
        waiting = mutating(made, *range(1, 41))
        await settle()
        assert 0 < len(made.received[made.entries]) <= 100
        assert made.connection.pending == 40
        while made.acknowledge(made.entries):
            await settle()
        assert made.messages(made.entries) == [entry(each) for each in range(1, 41)]
        for each in range(1, 41):
            made.answer(each)
        made.flush()
        assert await asyncio.gather(*waiting) == [None] * 40

    run(act())


@pytest.mark.parametrize("size", [16_379, 16_380, 40_000, 200_000])
def test_a_long_message_goes_in_several_frames(
    run: Run, filer: type[Filer], size: int
) -> None:
    """A key, its headers and its metadata may be longer than a frame or a window.

    One that never fitted would keep all behind it waiting for ever.
    """

    async def act() -> None:
        made = await begun(filer)
        long = asyncio.ensure_future(made.connection.mutate(1, entry(1, size)))
        (behind,) = mutating(made, 2)
        await settle()
        while made.acknowledge(made.entries):
            await settle()
        assert made.messages(made.entries) == [entry(1, size), entry(2)]
        made.answer(1)
        made.answer(2)
        made.flush()
        assert [await long, await behind] == [None, None]

    run(act())


def test_what_is_read_is_acknowledged(run: Run, filer: type[Filer]) -> None:
    """Else the filer could say no more after some thousands of answers."""

    async def act() -> None:
        made = await begun(filer)
        why = bytes(1000)
        for each in range(1, 4 * WINDOW // len(why)):
            (waiting,) = mutating(made, each)
            await settle()
            made.answer(each, b"x" * len(why))
            made.flush()
            assert await waiting == "x" * len(why)

    run(act())


def test_too_many_calls_at_once_are_refused(run: Run, filer: type[Filer]) -> None:
    """By the filer's own word, before anything is sent."""

    async def act() -> None:
        made = await begun(filer, MAX_CONCURRENT_STREAMS=2)
        call = asyncio.ensure_future(made.connection.assign(b"ids"))
        await settle()
        with pytest.raises(ConnectionError):
            await made.connection.assign(b"more")
        assert made.connection.pending == 1
        assert not made.connection.lost
        stream = made.stream("/AssignVolume")
        made.begin(stream)
        made.send(stream, b"some")
        made.end(stream)
        made.flush()
        assert await call == b"some"
        again = asyncio.ensure_future(made.connection.assign(b"ids"))
        await settle()
        again.cancel()
        await settle()

    run(act())


def test_a_filer_that_is_not_there_is_a_connection_that_failed(
    run: Run, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or another, whom nobody has signed for."""
    failures: list[Exception] = [
        ConnectionRefusedError(),
        ssl.SSLCertVerificationError(),
        TimeoutError(),
        OSError(24, "too many open files"),
    ]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    async def create_connection(
        factory: type[FilerConnection], host: str, port: int, **how: object
    ) -> None:
        assert (factory, host, port) == (FilerConnection, "127.0.0.1", 18_888)
        assert how == {"ssl": context, "server_hostname": "localhost"}
        raise failures.pop()

    monkeypatch.setattr(loop, "create_connection", create_connection)

    async def act() -> None:
        while failures:
            with pytest.raises(ConnectionError):
                await connect(18_888, context)

    run(act())
