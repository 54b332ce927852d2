"""The actions that there are, of the services that are spoken here.

Facts about AWS, not rules: `decide` never asks here, so that a policy may
name an action that is newer than this list. What gives advice and what proves
does, and the condition keys of these services are held to it.

Source: Service Authorization Reference.
"""

from collections.abc import Iterator, Mapping

from securecart.policy.casing import ascii_lower
from securecart.policy.catalogue import iam, kms, s3, sts
from securecart.policy.catalogue.action import AccessLevel, Action
from securecart.policy.wildcard import Glob

__all__ = [
    "SERVICES",
    "AccessLevel",
    "Action",
    "actions_matching",
    "find_action",
]

SERVICES: Mapping[str, Mapping[str, Action]] = {
    "iam": iam.ACTIONS,
    "kms": kms.ACTIONS,
    "s3": s3.ACTIONS,
    "sts": sts.ACTIONS,
}
"""Actions by their names in lower case, by the vendor of the service."""


def find_action(name: str) -> Action | None:
    """Find an action by `service:Name`, in any case."""
    vendor, _, rest = ascii_lower(name).partition(":")
    return SERVICES.get(vendor, {}).get(rest)


def actions_matching(glob: Glob) -> Iterator[Action]:
    """Every action that a pattern of `Action` covers (`Actions.patterns`)."""
    for vendor, named in SERVICES.items():
        for name, action in named.items():
            if glob.matches(f"{vendor}:{name}"):
                yield action
