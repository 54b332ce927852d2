"""JSON objects from strangers, read so that every reader sees the same."""

import json
from typing import Any, Final

import orjson


def read_object(text: bytes) -> dict[str, Any]:
    """Read one JSON object.

    Members that occur twice are refused (RFC 7519, section 4): two readers
    could believe two different ones.

    Raises:
        ValueError: if it is anything else than such an object.
    """
    # orjson refuses what json lets pass: NaN, lone surrogates, bad UTF-8 and
    # boundless nesting. Only json can see that a member occurs twice.
    value = orjson.loads(text)
    if orjson.dumps(value) != text:  # As most write it, so it had nothing twice.
        value = _DECODER.decode(text.decode())
    if isinstance(value, dict):
        return value
    raise ValueError("not a JSON object")


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member occurs twice")
    return members


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_once_each)
