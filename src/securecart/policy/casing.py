"""Ignoring case as AWS does for actions and condition keys: ASCII only.

`str.lower` would fold the Kelvin sign to `k`, and `str.casefold` the long s
to `s`; either would let an action stand for another that it only resembles.
"""

from string import ascii_lowercase, ascii_uppercase

_TO_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


def ascii_lower(text: str) -> str:
    """Lower the letters A to Z and leave every other character alone."""
    return text.lower() if text.isascii() else text.translate(_TO_LOWER)
