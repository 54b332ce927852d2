"""Version ids and upload ids: the store's own names, passed back to it."""

import re

from securecart.s3.errors import InvalidArgument

# What AWS and the store make them of; no slash, for the store may take one
# for a path. AWS bounds a version id by 1,024 bytes.
_IDENTIFIER = re.compile(r"[A-Za-z0-9._~=-]{1,1024}")
_DOTS = frozenset({".", ".."})


def check_identifier(name: str, value: str) -> None:
    """Refuse what no version id or upload id could be.

    Raises:
        InvalidArgument: naming the parameter.
    """
    if not _IDENTIFIER.fullmatch(value) or value in _DOTS:
        raise InvalidArgument(f"Invalid {name} specified")
