"""Filer and volume server: connections, ids and tokens, each while they are good."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from securecart.adapters.direct_store.chunk import Chunk
from securecart.adapters.direct_store.entry import Unusual
from securecart.adapters.direct_store.messages import Refused
from securecart.adapters.direct_store.processes import NotStored, Processes
from securecart.adapters.direct_store.protobuf import fields_of, number, octets
from securecart.adapters.seaweedfs.location import token_keys
from securecart.wire.http import HttpRequest

Run = Callable[[Coroutine[Any, Any, Any]], Any]
Servers = Any
"""`conftest.Servers`."""

STORE_KEY = bytes(range(32))
PATH = "/buckets/docs/report"


@pytest.fixture
def processes(servers: Servers) -> Processes:
    """As a client has those that run."""
    return Processes(servers.start(), STORE_KEY, servers.limits)


def claims(request: HttpRequest, variable: str) -> dict[str, Any]:
    """What a request's token says, by the key that the store was given for it."""
    key = OctKey.import_key(token_keys(STORE_KEY, "salt")[variable])
    scheme, _, token = (request.header("authorization") or "").partition(" ")
    assert scheme == "Bearer"
    return jwt.decode(token, key, algorithms=["HS256"]).claims


def test_each_is_asked_where_it_is(servers: Servers, processes: Processes) -> None:
    """The filer by its socket, the volume server on loopback."""
    assert [pool.of for pool in servers.pools] == ["filer", "volume"]
    assert str(servers.pools[0].address) == processes.location.filer_socket
    assert servers.pools[1].address == ("127.0.0.1", 8_080)


def test_an_entry_is_asked_for_with_a_token_to_read(
    run: Run, servers: Servers, processes: Processes
) -> None:
    """One for each second, and all of its answers are given back."""

    async def act() -> None:
        servers.keep(PATH, b"hello")
        for _ in range(2):
            entry = await processes.entry(PATH)
            assert entry is not None
            assert entry.chunks[0].size == 5
        servers.now += 1
        await processes.entry(PATH)
        assert await processes.entry("/buckets/docs/none") is None
        variable = "WEED_JWT_FILER_SIGNING_READ_KEY"
        expiries = [claims(each, variable)["exp"] for each in servers.asked]
        assert expiries == [1_700_000_010] * 2 + [1_700_000_011] * 2
        assert all(each.closed == 1 for each in servers.exchanges)
        assert servers.done[0] == f"GET {PATH}?metadata=true"

    run(act())


def test_an_entry_without_an_end_is_not_read(
    run: Run, servers: Servers, processes: Processes
) -> None:
    """Nor one of another form."""

    async def act() -> None:
        servers.entries[f"{PATH}?metadata=true"] = b" " * (8 * 1024 * 1024 + 1)
        with pytest.raises(ConnectionError):
            await processes.entry(PATH)
        servers.entries[f"{PATH}?metadata=true"] = b"<html>"
        with pytest.raises(Unusual):
            await processes.entry(PATH)
        assert all(each.closed == 1 for each in servers.exchanges)

    run(act())


@pytest.mark.parametrize("status", [204, 301, 401, 403, 500])
def test_an_answer_that_is_no_entry_is_of_a_filer_that_is_gone(
    run: Run, servers: Servers, processes: Processes, status: int
) -> None:
    """One that refuses the token, say, was started after it was made."""

    async def act() -> None:
        servers.keep(PATH, b"hello")
        servers.statuses["filer GET"] = status
        with pytest.raises(ConnectionError):
            await processes.entry(PATH)
        assert servers.exchanges[0].closed == 1

    run(act())


def test_a_chunk_is_read_stored_and_deleted_with_a_token_of_its_own(
    run: Run, servers: Servers, processes: Processes
) -> None:
    """To read it, or to write it."""

    async def act() -> None:
        await processes.store("3,010badcafe", b"sealed")
        exchange = await processes.open(Chunk("3,010badcafe", 0, 6, b""))
        assert await exchange.read() == b"sealed"
        await processes.forget("3,010badcafe")
        assert servers.done == [
            f"{method} /3,010badcafe" for method in ("PUT", "GET", "DELETE")
        ]
        put, get, delete = servers.asked
        expected = {"exp": 1_700_000_010, "fid": "3,010badcafe"}
        assert claims(put, "WEED_JWT_SIGNING_KEY") == expected
        assert claims(get, "WEED_JWT_SIGNING_READ_KEY") == expected
        assert claims(delete, "WEED_JWT_SIGNING_KEY") == expected
        assert put.header("content-type") == "application/octet-stream"
        assert [each.closed for each in servers.exchanges] == [1, 0, 1]

    run(act())


@pytest.mark.parametrize("status", [200, 204, 401, 404, 500])
def test_a_chunk_that_was_not_created_is_not_stored(
    run: Run, servers: Servers, processes: Processes, status: int
) -> None:
    """Nothing may refer to it."""

    async def act() -> None:
        servers.statuses["volume PUT"] = status
        with pytest.raises(NotStored):
            await processes.store("3,010badcafe", b"sealed")
        assert servers.exchanges[0].closed == 1

    run(act())


@pytest.mark.parametrize(
    "failure", [BlockingIOError(), ConnectionResetError(), TimeoutError()]
)
def test_deleting_what_nothing_refers_to_may_fail(
    run: Run, servers: Servers, processes: Processes, failure: Exception
) -> None:
    """It is but room that is lost."""

    async def act() -> None:
        servers.failures["volume DELETE"] = failure
        await processes.forget("3,010badcafe")

    run(act())


def test_ids_are_asked_for_by_the_hundreds(
    run: Run, servers: Servers, processes: Processes
) -> None:
    """Each is given out once, then others are asked for."""

    async def act() -> None:
        servers.most_ids = 3
        ids = [await processes.file_id("docs") for _ in range(7)]
        assert len(set(ids)) == 7
        assert ids[:3] == ["3,100badcafe", "3,110badcafe", "3,120badcafe"]
        assert len(servers.assigned) == 3
        assert dict(fields_of(servers.assigned[0])) == {
            1: 1024,
            2: b"docs",
            6: b"/buckets/docs/",
        }
        assert len(servers.connections) == 1

    run(act())


def test_ids_are_good_for_ten_seconds(
    run: Run, servers: Servers, processes: Processes
) -> None:
    """Their volume may be full by then, or gone with its bucket."""

    async def act() -> None:
        await processes.file_id("docs")
        servers.now += 9.9
        await processes.file_id("docs")
        assert len(servers.assigned) == 1
        servers.now += 0.1
        await processes.file_id("docs")
        assert len(servers.assigned) == 2

    run(act())


def test_ids_that_are_renounced_are_used_no_more(
    run: Run, servers: Servers, processes: Processes
) -> None:
    """Other buckets' are."""

    async def act() -> None:
        await processes.file_id("docs")
        await processes.file_id("other")
        processes.renounce("docs")
        processes.renounce("nobody's")
        await processes.file_id("other")
        assert len(servers.assigned) == 2
        await processes.file_id("docs")
        assert len(servers.assigned) == 3

    run(act())


def test_ids_are_held_for_so_many_buckets(
    run: Run, servers: Servers, processes: Processes
) -> None:
    """The oldest are let go."""

    async def act() -> None:
        for at in range(65):
            await processes.file_id(f"bucket-{at}")
        await processes.file_id("bucket-64")
        await processes.file_id("bucket-1")
        assert len(servers.assigned) == 65
        await processes.file_id("bucket-0")
        assert len(servers.assigned) == 66

    run(act())


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", ConnectionError),
        (b"\xff", ConnectionError),
        (octets(1, b"3,x") + number(4, 1), ConnectionError),
        (octets(1, b"3,010badcafe"), ConnectionError),
        (octets(8, b"no free volumes"), Refused),
    ],
)
def test_a_filer_that_assigns_nothing_is_told_of(
    run: Run,
    servers: Servers,
    processes: Processes,
    answer: bytes,
    error: type[Exception],
) -> None:
    """And asked again the next time."""

    async def act() -> None:
        servers.assigning = answer
        for count in (1, 2):
            with pytest.raises(error):
                await processes.file_id("docs")
            assert len(servers.assigned) == count

    run(act())


def test_a_lost_connection_is_made_anew(run: Run, processes: Processes) -> None:
    """A number for each entry, whichever it goes over."""

    async def act() -> None:
        one, first = await processes.connection()
        two, again = await processes.connection()
        assert first is again
        first.drop()
        three, second = await processes.connection()
        assert second is not first
        assert (one, two, three) == (1, 2, 3)

    run(act())


def test_of_two_that_are_made_at_once_one_is_used(
    run: Run, servers: Servers, processes: Processes
) -> None:
    """The other is dropped, and whoever made it goes over the first."""

    async def act() -> None:
        found = await asyncio.gather(processes.connection(), processes.connection())
        assert [number for number, _ in found] == [1, 2]
        assert found[0][1] is found[1][1] is servers.connections[0]
        assert [each.lost for each in servers.connections] == [False, True]

    run(act())


@pytest.mark.parametrize(
    ("what", "failure"),
    [
        ("connect", ConnectionError()),
        ("certificates", FileNotFoundError()),
        ("certificates", PermissionError()),
    ],
)
def test_a_filer_that_cannot_be_trusted_is_not_there(
    run: Run, servers: Servers, processes: Processes, what: str, failure: Exception
) -> None:
    """Its certificates are made anew, say, with the store."""

    async def act() -> None:
        servers.failures[what] = failure
        with pytest.raises(ConnectionError):
            await processes.connection()
        with pytest.raises(ConnectionError):
            await processes.file_id("docs")

    run(act())


@pytest.mark.parametrize("end", [Processes.abandon, Processes.close])
def test_what_is_under_way_can_be_given_up(
    run: Run, servers: Servers, processes: Processes, end: Callable[[Processes], None]
) -> None:
    """With a connection to the filer, and without."""

    async def act() -> None:
        end(processes)
        await processes.connection()
        end(processes)
        assert servers.connections[0].lost
        given_up = [
            pool.abandoned if end is Processes.abandon else pool.closed
            for pool in servers.pools
        ]
        assert given_up == [True, True]
        servers.keep(PATH, b"hello")
        await processes.entry(PATH)
        assert processes.answered == 1

    run(act())
