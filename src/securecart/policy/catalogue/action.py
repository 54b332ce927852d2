"""One action, as the Service Authorization Reference describes it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from securecart.policy.casing import ascii_lower


class AccessLevel(Enum):
    """What an action does to a resource, in AWS's five words."""

    READ = "Read"
    LIST = "List"
    WRITE = "Write"
    PERMISSIONS = "Permissions management"
    TAGGING = "Tagging"


Group: TypeAlias = tuple[AccessLevel, str, str, str]
"""A level, resource types, condition keys and names that share them.

The last three are words with blanks between. A key of the service itself
stands without its vendor.
"""


@dataclass(frozen=True, slots=True)
class Action:
    """An action that there is; `name` as AWS writes it, such as `s3:GetObject`.

    No `resource_types` means that only `*` can be its resource. The
    `condition_keys` are in lower case; one that ends in `/` or `:` is a
    family, whose keys go on with a name of somebody's choice. Neither the
    global keys (`aws:…`) are listed nor those named after an OIDC provider.
    """

    name: str
    level: AccessLevel
    resource_types: tuple[str, ...]
    condition_keys: frozenset[str]

    def has_key(self, key: str) -> bool:
        """Whether a condition key, in any case, is one of the action's own."""
        return has_key(self.condition_keys, ascii_lower(key))


def has_key(keys: frozenset[str], key: str) -> bool:
    """Whether a key, in lower case, is among others or of a family of theirs."""
    for end, letter in enumerate(key, 1):
        if letter in "/:" and key[:end] in keys:
            return end < len(key)
    return key in keys


def actions(
    vendor: str, keys_of_resources: Mapping[str, str], groups: Iterable[Group]
) -> dict[str, Action]:
    """Spread groups out into actions, by their names in lower case."""
    return {
        ascii_lower(name): Action(
            f"{vendor}:{name}",
            level,
            tuple(types.split()),
            frozenset(
                _with_vendor(
                    vendor,
                    [
                        keys,
                        *(keys_of_resources.get(type_, "") for type_ in types.split()),
                    ],
                )
            ),
        )
        for level, types, keys, names in groups
        for name in names.split()
    }


def _with_vendor(vendor: str, texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for key in text.split():
            yield key if ":" in key[:-1] else f"{vendor}:{key}"
