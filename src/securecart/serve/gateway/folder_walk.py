"""A walk through the store's folders, in the order that AWS lists keys.

The store orders names folder by folder, loses files that it had passed when a
page ended, and shows folders with nothing in them. A page that it answers whole
only has to be sorted; otherwise one level is read after another, and what its
order brought too early waits for its turn.
"""

import asyncio
from bisect import bisect_right
from collections import deque
from collections.abc import AsyncIterator, Iterable
from typing import NamedTuple

from securecart.s3.listing import (
    LAST,
    is_name,
    is_possible,
    level_of,
    passed_files,
    passed_folders,
)
from securecart.serve.gateway.refusals import InternalError
from securecart.serve.gateway.store_pages import INTERNAL, Entry, Page, Pages, Place

_CALLS = 1500
"""Questions to the store for one page: some for every entry. A tree of empty
folders is answered in several pages, some of them short."""
_AT_ONCE = 16


class After(NamedTuple):
    """Where to go on: behind a key, or a version of it, that was answered."""

    key: bytes = b""
    version: bytes = b""


class FolderWalk:
    """One walk; `stopped` is where it gave up, None if it went to the end."""

    def __init__(
        self, pages: Pages, *, most: int, versioned: bool, first: Page | None = None
    ) -> None:
        """Walk; `first` is the first page from the beginning, if it was read."""
        self._pages = pages
        self._first = first
        self._most = most
        self._versioned = versioned
        self._calls = 0
        self.stopped: bytes | None = None

    async def level(self, prefix: bytes, after: After) -> AsyncIterator[list[Entry]]:
        """Yield batches of the files and folders that a prefix begins.

        They are those of one folder, in AWS's order; folders with nothing in
        them are left out.

        Raises:
            InternalError: the store answered what does not begin with the
                prefix, or cannot be read.
        """
        async for batch in self._level(prefix, after, None, own=False):
            for start in range(0, len(batch), self._most + 1):
                some = batch[start : start + self._most + 1]
                yield await self._without_empty(some)

    async def files(self, prefix: bytes, after: After) -> AsyncIterator[list[Entry]]:
        """Yield batches of all files that a prefix begins, in AWS's order.

        Raises:
            InternalError: the store answered what does not begin with the
                prefix, or cannot be read.
        """
        found, walk = await self._opened(prefix, after)
        if found:
            yield found
        # Not by recursion: whoever makes folders says how deep they are.
        open_levels: list[tuple[AsyncIterator[list[Entry]], deque[Entry]]] = []
        entered = False
        if walk is not None:
            open_levels.append((walk, deque()))
        while open_levels:
            walk, ready = open_levels[-1]
            if not ready:
                batch = await anext(walk, None)
                if batch is None:
                    open_levels.pop()
                else:
                    ready.extend(batch)
                continue
            if files := _files_first(ready):
                yield files
                continue
            folder = ready.popleft().key
            # The last place before the folder, and after what was answered.
            if entered and self._exhausted(folder[:-1] + b"." + LAST):
                return
            entered = True
            found, inner = await self._opened(
                folder, after if after.key.startswith(folder) else After()
            )
            if found:
                yield found
            if inner is not None:
                open_levels.append((inner, deque()))

    async def _opened(
        self, prefix: bytes, after: After
    ) -> tuple[list[Entry], AsyncIterator[list[Entry]] | None]:
        """All files that a prefix begins, or the level to read them from."""
        after = _from(prefix, after)
        key = after.key
        if key and not await self._store_starts_there(prefix, key):
            return [], self._level(prefix, after, None, own=True)
        place = Place() if key == level_of(prefix) else Place(key, after.version)
        page = await self._read(prefix, place, folders=False)
        if page.horizon is None:
            return _after(_ordered(page.entries), after), None
        below = len(level_of(prefix))
        if b"/" in page.horizon[below:] or any(
            b"/" in entry.key[below:] for entry in page.entries
        ):
            return [], self._level(prefix, after, None, own=True)
        return [], self._level(prefix, after, page, own=True)

    async def _level(
        self, prefix: bytes, after: After, page: Page | None, *, own: bool
    ) -> AsyncIterator[list[Entry]]:
        """Yield the files and folders of a prefix's level, in AWS's order.

        `page` is its first, if that was read. `own` adds the folder that
        `after` is in, whatever is in it.
        """
        level = level_of(prefix)
        after = _from(prefix, after)
        waiting = await self._passed(prefix, after.key)
        waiting += await self._around(prefix, after, unseen=own)
        place = _place(level, after)
        while True:
            if page is None:
                page = await self._read(prefix, place, folders=True)
            waiting += page.entries
            horizon = page.horizon
            if horizon is not None and self._versioned:
                waiting += await self._files(prefix, horizon, after.key, waiting)
            ordered = _after(_ordered(waiting), after)
            reach = _reach(ordered, horizon)
            waiting = ordered[reach:]
            if reach:
                yield ordered[:reach]
            if horizon is None:
                return
            if page.place == place:
                raise _failure()
            if not page.place.version and self._exhausted(max(horizon, after.key)):
                return
            if horizon > after.key:
                after = After(horizon, page.place.version)
            place, page = page.place, None
            if place.key:
                waiting += await self._passed(prefix, place.key)

    def _exhausted(self, place: bytes) -> bool:
        if self._calls >= _CALLS:
            self.stopped = place
        return self.stopped is not None

    async def _read(self, prefix: bytes, place: Place, *, folders: bool) -> Page:
        self._calls += 1
        page, self._first = self._first, None
        if page is None:
            page = await self._pages.read(
                prefix, place, self._most + 1, folders=folders
            )
        for entry in page.entries:
            if not entry.key.startswith(prefix):
                # Nothing of it is answered: who knows what else is wrong.
                raise _failure()
        if any(name in entry.key for entry in page.entries for name in INTERNAL):
            kept = [
                entry
                for entry in page.entries
                if not any(name in entry.key for name in INTERNAL)
            ]
            return page._replace(entries=kept)
        return page

    async def _store_starts_there(self, prefix: bytes, after: bytes) -> bool:
        """Say whether the store has the same files after a key as AWS has."""
        level = level_of(prefix)
        if not after.startswith(level) or not is_possible(after):
            return not after.startswith(level)
        while True:
            if await self._passed(max(prefix, level), after):
                return False
            end = after.find(b"/", len(level))
            if end < 0:
                return True
            level = after[: end + 1]

    async def _passed(self, prefix: bytes, after: bytes) -> list[Entry]:
        """The folders of a level that come after a key, and before its place."""
        level = level_of(prefix)
        if not after.startswith(level):
            return []
        name, inside, _ = after[len(level) :].partition(b"/")
        # Behind a file the store passes over the folder of the same name, too.
        names = passed_folders(name) if inside else (*passed_folders(name), name)
        asked = (level + each + b"/" for each in names if is_name(each))
        return [
            Entry(folder)
            for folder in await self._existing(
                each for each in asked if each.startswith(prefix)
            )
        ]

    async def _around(
        self, prefix: bytes, after: After, *, unseen: bool
    ) -> list[Entry]:
        """The folder of a level that a key is in, if there is more in it."""
        level, key = level_of(prefix), after.key
        end = key.find(b"/", len(level)) + 1
        if not end or end == len(key) or not key.startswith(max(level, prefix)):
            return []
        if not is_name(key[len(level) : end - 1]):
            return []
        folder = Entry(key[:end])
        if unseen:
            return [folder]
        async for batch in self.files(folder.key, after):
            if batch:
                return [folder]
        return []

    async def _files(
        self, prefix: bytes, horizon: bytes, after: bytes, known: list[Entry]
    ) -> list[Entry]:
        """The files that the store has still to come to, though they are due."""
        level = level_of(prefix)
        seen = {entry.key for entry in known}
        asked = [
            key
            for name in passed_files(horizon[len(level) :])
            if is_name(name)
            and (key := level + name).startswith(prefix)
            and key > after
        ]
        if not self._pages.several:
            asked = [key for key in asked if key not in seen]
        found: list[Entry] = []
        for start in range(0, len(asked), _AT_ONCE):
            several = asked[start : start + _AT_ONCE]
            self._calls += len(several)
            for each in await asyncio.gather(*map(self._pages.file, several)):
                found += each
        return found

    async def _without_empty(self, entries: list[Entry]) -> list[Entry]:
        folders = [entry.key for entry in entries if not entry.tag]
        if not folders:
            return entries
        existing = set(await self._existing(folders))
        return [entry for entry in entries if entry.tag or entry.key in existing]

    async def _existing(self, folders: Iterable[bytes]) -> list[bytes]:
        """Those folders that have a key in them."""
        asked = list(folders)
        found: list[bytes] = []
        for start in range(0, len(asked), _AT_ONCE):
            several = asked[start : start + _AT_ONCE]
            self._calls += len(several)
            there = await asyncio.gather(*map(self._pages.any, several))
            found += (
                each for each, is_there in zip(several, there, strict=True) if is_there
            )
        return found


def _failure() -> InternalError:
    """The store answers what it cannot, or gets nowhere."""
    return InternalError("We encountered an internal error. Please try again.")


def _files_first(ready: deque[Entry]) -> list[Entry]:
    """Take the files that come before any folder."""
    files = []
    while ready and ready[0].tag:
        files.append(ready.popleft())
    return files


def _from(prefix: bytes, after: After) -> After:
    """Where to go on; from the beginning, if that is behind it."""
    return After() if after.key < prefix else after


def _place(level: bytes, after: After) -> Place:
    """Where the store is to begin with a level, as a name and never a path."""
    if not after.key.startswith(level):
        return Place()
    name = after.key[len(level) :].partition(b"/")[0]
    if not is_name(name):
        return Place()
    key = level + name
    return Place(key, after.version if key == after.key else b"")


def _ordered(entries: list[Entry]) -> list[Entry]:
    """In AWS's order, each once; the versions of a key in the store's order."""
    unique = {(entry.key, entry.version): entry for entry in entries}
    return sorted(unique.values(), key=lambda entry: entry.key)


def _reach(ordered: list[Entry], horizon: bytes | None) -> int:
    """How many entries cannot be followed by any that should come before them."""
    if horizon is None:
        return len(ordered)
    return bisect_right(ordered, horizon, key=lambda entry: entry.key)


def _after(entries: list[Entry], after: After) -> list[Entry]:
    """What comes after a key; a folder does if the key is in it."""
    key = after.key
    if not key:
        return entries
    return [
        entry
        for entry in entries
        if entry.key > key
        or (entry.key == key and after.version)
        or (not entry.tag and entry.key != key and key.startswith(entry.key))
    ]
