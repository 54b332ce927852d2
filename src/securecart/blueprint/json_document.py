"""Policy documents as text: written one way, compared by what they mean."""

import json
from collections.abc import Hashable, Mapping
from typing import Any


def render(document: Mapping[str, Any]) -> str:
    """The same document always gives the same text."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)


def same(one: str | None, other: str | None) -> bool:
    """Whether two policies say the same.

    A list in a policy is a set, and a list of one may be written without
    brackets; services give back neither order nor brackets as they were put.
    Text that is no JSON equals only itself.
    """
    if one is None or other is None:
        return one is other
    try:
        return _meaning(json.loads(one)) == _meaning(json.loads(other))
    except ValueError:
        return one == other


def _meaning(value: Any) -> Hashable:
    members = value if isinstance(value, list) else [value]
    return frozenset(
        frozenset((key, _meaning(part)) for key, part in member.items())
        if isinstance(member, dict)
        else _text(member)
        for member in members
    )


def _text(scalar: Any) -> str:
    # Services answer "true" for true; both mean the same in a condition.
    return scalar if isinstance(scalar, str) else json.dumps(scalar)
