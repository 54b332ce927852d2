"""Answers of the store that are given again while nothing has changed.

This is below every decision: who asks is authenticated, allowed, asked for the
key's permission, and recorded as ever; only the store is not asked. What is
kept and why it is right stands in `generations`. Beside that:

- Only what is small, whole and a success is kept; nothing that was read by
  a customer's key, under a condition, in part, or of a version that is named.
- Nothing is kept for longer than `LONGEST_SECONDS`, whether it is still right
  or not. So long the store keeps what KMS decrypted for it, and so much later
  at most is seen what was done to the store behind the gateway's back.
"""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from securecart.serve.gateway.folders import read_slot
from securecart.serve.gateway.generations import Generations, Seen
from securecart.serve.gateway.scoreboard import Word
from securecart.wire.http import HttpResponse

MOST_BYTES = 64 * 1024
"""Of one body: most documents' size; of larger ones the bytes cost, not the store."""
LONGEST_SECONDS = 30.0
"""See `cache_ttl` in `docs/store.md`."""

_OK = 200
_CHECKSUMS = ("x-amz-checksum-mode", "ENABLED")
_CUSTOMERS = "x-amz-server-side-encryption-customer-"
_LENGTH = "content-length"
_OVERHEAD = 1024
_HEADER_OVERHEAD = 200
"""Bytes that Python's objects take beside the text: of an answer, of a header."""


class Asked(NamedTuple):
    """A request whose answer may be kept: all that the answer depends on."""

    method: str
    target: str
    checksums: bool

    @property
    def is_page(self) -> bool:
        """It is for a page of a listing: its path is a bucket's."""
        return self.target.find("/", 1) < 0


def asked_of(
    method: str, target: str, headers: Sequence[tuple[str, str]]
) -> Asked | None:
    """Answer what a read is kept by; None: it says more than may be kept."""
    if not headers:
        return Asked(method, target, checksums=False)
    if len(headers) == 1 and headers[0] == _CHECKSUMS:
        return Asked(method, target, checksums=True)
    return None


class Before(NamedTuple):
    """What was seen of a folder before the store was asked, and when."""

    slot: int
    seen: Seen
    until: float


class _Kept(NamedTuple):
    response: HttpResponse
    before: Before
    size: int


class KeptAnswers:
    """One worker's; for its event loop's thread alone."""

    def __init__(
        self,
        generations: Generations,
        *,
        most_bytes: int,
        count: Callable[[Word], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep up to `most_bytes`, those of Python's own objects estimated."""
        self._generations = generations
        self._most = most_bytes
        self._count = count
        self._clock = clock
        # The oldest goes first: none is there for long enough to ask which is used.
        self._kept: dict[Asked, _Kept] = {}
        self.size = 0

    def find(self, asked: Asked) -> HttpResponse | None:
        """Answer what the store would say now, if that is known."""
        kept = self._kept.get(asked)
        if kept is None:
            return None
        slot, seen, until = kept.before
        if self._clock() >= until or self._generations.begun(slot) != seen:
            self._drop(asked)
            return None
        self._count(Word.KEPT_HITS)
        return kept.response

    def before(self, asked: Asked) -> Before | None:
        """Look, before the store is asked; None: its answer is not to be kept."""
        slot = read_slot(asked.method, asked.target)
        if slot is None:
            return None
        self._count(Word.KEPT_MISSES)
        seen = self._generations.look(slot)
        if seen is None:
            return None
        return Before(slot, seen, self._clock() + LONGEST_SECONDS)

    def keep(self, asked: Asked, before: Before, response: HttpResponse) -> None:
        """Keep an answer that was read to its end, if it is one to keep."""
        if not may_be_kept(asked, response) or not _is_whole(asked, response):
            return
        size = _size(asked, response)
        self._drop(asked)
        self._kept[asked] = _Kept(response, before, size)
        self.size += size
        while self.size > self._most:
            self._drop(next(iter(self._kept)))

    def forget(self) -> None:
        """Drop what is too old; every second or so, for it to be gone."""
        now = self._clock()
        for asked in [
            asked for asked, kept in self._kept.items() if kept.before.until <= now
        ]:
            self._drop(asked)

    def _drop(self, asked: Asked) -> None:
        kept = self._kept.pop(asked, None)
        if kept is not None:
            self.size -= kept.size


def may_be_kept(asked: Asked, head: HttpResponse) -> bool:
    """Say whether an answer with this head is a small success of nobody's key."""
    length = _announced(head)
    return (
        head.status == _OK
        and (asked.method == "HEAD" or length is None or length <= MOST_BYTES)
        and not any(name.startswith(_CUSTOMERS) for name, _ in head.headers)
    )


def _is_whole(asked: Asked, response: HttpResponse) -> bool:
    """Say whether a body is all that was announced; a listing's often is not."""
    if asked.method == "HEAD":
        return not response.body
    length = _announced(response)
    if length is None:
        return asked.is_page and len(response.body) <= MOST_BYTES
    return len(response.body) == length


def _announced(head: HttpResponse) -> int | None:
    value = next((text for name, text in head.headers if name == _LENGTH), "")
    return int(value) if value.isdecimal() else None


def _size(asked: Asked, response: HttpResponse) -> int:
    size = _OVERHEAD + len(asked.target) + len(response.body)
    for name, value in response.headers:
        size += _HEADER_OVERHEAD + len(name) + len(value)
    return size
