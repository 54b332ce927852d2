"""Which folder of the store a request is about: the unit of what is kept.

Read from the request as it goes to the store, where names are encoded in one
way (`target_of`, `S3Request.target`). What is not understood is in no folder:
then a read is not kept, and a write is one of everything.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from zlib import crc32

from securecart.s3.key import VERSIONS_ENDING
from securecart.serve.gateway.generations import EVERYTHING, SLOTS
from securecart.wire.query_string import percent_encode

_EVERYTHING = (EVERYTHING,)
_OBJECT = re.compile(r"(/[^/?]+/[^/?]+)(/[^?]*)?(?:\?(.+))?")
_LISTING = re.compile(r"(/[^/?]+)\?(.+)")
_SLASH = "%2F"
_PAGE = frozenset(
    {
        "continuation-token",
        "delimiter",
        "key-marker",
        "list-type",
        "max-keys",
        "prefix",
        "start-after",
        "version-id-marker",
        "versions",
    }
)
"""All that a listing's answer depends on, beside the keys that its prefix begins."""
_HEADERS = "response-"
"""Begins the parameters that put a header of the answer in place of another."""
_RESERVED = (VERSIONS_ENDING, ".uploads")
"""How names of the store's own end, in which it keeps what is another folder's."""
_MOST_FOLDERS = 16
"""That a batch of keys is counted in, one by one."""
_NAMES = 4096
"""Of folders whose slot is remembered: below 1 kB each, as a segment is."""


def written_slots(target: str, keys: Sequence[str] | None = None) -> tuple[int, ...]:
    """Answer where a request that is no GET or HEAD may change something.

    `keys` are those of a batch, whose target names none.
    """
    if keys is not None:
        bucket = target.partition("?")[0]
        return _of_all(f"{bucket}/{percent_encode(_first(key))}" for key in keys)
    found = _OBJECT.fullmatch(target)
    return _EVERYTHING if found is None else _of_all(found.groups()[:1])


def read_slot(method: str, target: str) -> int | None:
    """Answer what a read's answer depends on; None: not on one folder alone.

    Those are of an object as it is now, and pages of listings below a folder.
    """
    found = _OBJECT.fullmatch(target)
    if found is not None:
        return _object_slot(*found.groups())
    found = _LISTING.fullmatch(target)
    if found is None or method != "GET":
        return None
    return _page_slot(*found.groups())


def _object_slot(folder: str, rest: str | None, query: str | None) -> int | None:
    # A key that ends in a slash may be nobody's: see `same_name`.
    if rest is not None and rest.endswith("/"):
        return None
    if query and not all(map(_is_header, query.split("&"))):
        return None
    return _slot(folder)


def _page_slot(bucket: str, query: str) -> int | None:
    pairs = [each.partition("=") for each in query.split("&")]
    values = {name: value for name, _, value in pairs}
    known = values.keys() <= _PAGE and len(values) == len(pairs)
    if not known or (values.get("list-type") != "2" and "versions" not in values):
        return None
    first, slash, _ = values.get("prefix", "").partition(_SLASH)
    return _slot(f"{bucket}/{first}") if first and slash else None


def _first(key: str) -> str:
    return key.partition("/")[0]


def _is_header(pair: str) -> bool:
    return pair.startswith(_HEADERS)


def _of_all(folders: Iterable[str]) -> tuple[int, ...]:
    slots = set(map(_slot, set(folders)))
    known = [slot for slot in slots if slot is not None]
    if len(known) < len(slots) or not 0 < len(known) <= _MOST_FOLDERS:
        return _EVERYTHING
    return tuple(known)


@lru_cache(_NAMES)
def _slot(folder: str) -> int | None:
    """Answer the slot of `/bucket/folder`, the same in every process."""
    if folder.endswith(_RESERVED):
        return None
    return 1 + crc32(folder.encode()) % (SLOTS - 1)
