"""The walk, over a store that orders keys as SeaweedFS does."""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from securecart.names.errors import ServiceError
from securecart.s3.listing import Listing, level_of
from securecart.serve.gateway import folder_walk
from securecart.serve.gateway.folder_walk import After, FolderWalk
from securecart.serve.gateway.listing import grouped
from securecart.serve.gateway.store_pages import Entry, Page, Place

Run = Callable[[Coroutine[Any, Any, Any]], Any]
_LOOP = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
PARTS = st.text("ab-.0", min_size=1, max_size=3).filter(lambda part: part.strip("."))
KEYS = st.lists(PARTS, min_size=1, max_size=3).map("/".join)


class TreePages:
    """Keys by their names in folders; versioned ones behind an ending."""

    several = False

    def __init__(self, keys: set[str], *, versioned: bool) -> None:
        self._ending = ".versions" if versioned else ""
        self._keys = keys
        self.reads = 0

    def _place_of(self, key: str) -> list[str]:
        *folders, name = key.split("/")
        return [*folders, name + self._ending]

    async def read(
        self, prefix: bytes, place: Place, most: int, *, folders: bool
    ) -> Page:
        self.reads += 1
        begun = prefix.decode()
        level = level_of(prefix).decode()
        lines: dict[tuple[str, ...], Entry] = {}
        for key in self._keys:
            if not key.startswith(begun):
                continue
            end = key.find("/", len(level)) if folders else -1
            if end < 0:
                lines[tuple(self._place_of(key))] = Entry(key.encode(), b"Contents")
            else:
                folder = tuple(key[: end + 1].split("/"))
                lines[folder] = Entry(key[: end + 1].encode())
        start = tuple((place.token or place.key).decode().split("/"))
        if not place.token and not place.key:
            start = ()
        found = [
            (position, entry)
            for position, entry in sorted(lines.items())
            if position > start
            # A page that goes on loses the files it had passed, and one that
            # starts at a file what is in the folder of its name.
            and entry.key > place.key
            and not (not place.token and start and position[: len(start)] == start)
        ]
        entries = [entry for _, entry in found[:most]]
        if len(found) <= most:
            return Page(entries, None, Place())
        last = "/".join(found[most - 1][0]).encode()
        horizon = last.removesuffix(b"/").removesuffix(self._ending.encode())
        return Page(entries, horizon, Place(token=last))

    async def file(self, key: bytes) -> list[Entry]:
        return [Entry(key, b"Contents")] if key.decode() in self._keys else []

    async def any(self, prefix: bytes) -> bool:
        return any(key.startswith(prefix.decode()) for key in self._keys)


async def _walked(
    keys: set[str], prefix: str, after: str, most: int, *, versioned: bool, level: bool
) -> list[str]:
    walk = FolderWalk(
        TreePages(keys, versioned=versioned), most=most, versioned=versioned
    )
    start = After(after.encode())
    batches = (
        walk.level(prefix.encode(), start)
        if level
        else walk.files(prefix.encode(), start)
    )
    return [entry.key.decode() async for batch in batches for entry in batch]


@settings(deadline=None, suppress_health_check=_LOOP)
@given(
    keys=st.sets(KEYS, max_size=25),
    prefix=st.sampled_from(["", "a", "a/", "a-", "b/a"]),
    after=st.one_of(st.just(""), KEYS),
    most=st.integers(1, 8),
    versioned=st.booleans(),
)
def test_files_come_in_the_order_of_bytes(
    run: Run, keys: set[str], prefix: str, after: str, most: int, *, versioned: bool
) -> None:
    """All that a prefix begins and that comes after a key, each once."""
    got = run(_walked(keys, prefix, after, most, versioned=versioned, level=False))
    assert got == sorted(key for key in keys if key.startswith(prefix) and key > after)


@settings(deadline=None, suppress_health_check=_LOOP)
@given(
    keys=st.sets(KEYS, max_size=25),
    prefix=st.sampled_from(["", "a", "a/", "a-", "b/a"]),
    after=st.one_of(st.just(""), KEYS),
    most=st.integers(1, 8),
    versioned=st.booleans(),
)
def test_a_level_has_its_files_and_folders(
    run: Run, keys: set[str], prefix: str, after: str, most: int, *, versioned: bool
) -> None:
    """Folders in the place of what is in them."""
    want = []
    for key in sorted(keys):
        if not key.startswith(prefix) or key <= after:
            continue
        end = key.find("/", len(prefix))
        line = key if end < 0 else key[: end + 1]
        if line not in want:
            want.append(line)
    got = run(_walked(keys, prefix, after, most, versioned=versioned, level=True))
    assert got == want


@pytest.mark.parametrize("most", [1, 2, 10])
def test_groups_end_whatever_is_in_them(run: Run, most: int) -> None:
    """Keys that come after the last text of a group are of it, and are passed."""
    last = chr(0x10FFFF)
    keys = {"a", "a-1", "a-2", f"a-{last}", f"a-{last * 2}", f"a-{last * 3}x", "b-/c"}
    listing = Listing(b"", b"-", b"", b"", most, url=False)

    async def act() -> None:
        pages = TreePages(keys, versioned=False)
        walk = FolderWalk(pages, most=most, versioned=False)
        batches = grouped(walk, listing, After())
        got = [entry.key async for batch in batches for entry in batch]
        assert got == [b"a", b"a-", b"b-"]
        assert pages.reads < 30

    run(act())


class OnePage(TreePages):
    """Answers one page, whatever it is asked for."""

    def __init__(self, *keys: str) -> None:
        super().__init__(set(), versioned=False)
        self._entries = [Entry(key.encode(), b"Contents") for key in keys]

    async def read(self, *_asked: Any, **_folders: Any) -> Page:
        return Page(self._entries, None, Place())


def test_nothing_beside_the_prefix_is_answered(run: Run) -> None:
    """Not even what belongs to it: the store has erred."""

    async def act() -> None:
        for level in (True, False):
            walk = FolderWalk(OnePage("ours/x", "theirs/x"), most=10, versioned=False)
            batches = (walk.level if level else walk.files)(b"ours/", After())
            with pytest.raises(ServiceError, match="internal error"):
                async for _ in batches:
                    pass

    run(act())


def test_the_store_s_own_folders_are_not_shown(run: Run) -> None:
    """Wherever they are."""

    async def act() -> None:
        walk = FolderWalk(
            OnePage(".uploads/1/0001.part", "a", "a.versions/v_1"),
            most=10,
            versioned=True,
        )
        batches = [batch async for batch in walk.files(b"", After())]
        assert [entry.key for batch in batches for entry in batch] == [b"a"]

    run(act())


def test_a_walk_is_bounded(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stops where it can be taken up again, and nothing comes twice."""
    monkeypatch.setattr(folder_walk, "_CALLS", 3)
    keys = {f"{name}/{part}" for name in ("a", "a-", "b", "c") for part in "xyz"}

    async def act() -> None:
        got: list[str] = []
        after, walks = b"", 0
        while True:
            pages = TreePages(keys, versioned=False)
            walk = FolderWalk(pages, most=2, versioned=False)
            async for batch in walk.files(b"", After(after)):
                got += [entry.key.decode() for entry in batch]
            walks += 1
            assert pages.reads < 12
            if walk.stopped is None:
                break
            after = walk.stopped
        assert got == sorted(keys)
        assert walks > 2

    run(act())
