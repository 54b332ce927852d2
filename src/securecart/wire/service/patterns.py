"""The regular expressions of service models, which are Java's."""

import re
from functools import cache

_LETTERS_SPACES_NUMBERS = r"\p{L}\p{Z}\p{N}_"
_SPACES = " \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""Unicode's category Z, which has no name in Python's expressions."""


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    r"""Compile a model's pattern so that `fullmatch` means what AWS means.

    In Java `\w` and `\d` are ASCII; letters of any script are `\p{L}`. The
    models use that only together with numbers and the underscore, which is
    Python's own `\w`.

    Raises:
        ValueError: for a Unicode category in any other company.
    """
    translated = pattern.replace(_LETTERS_SPACES_NUMBERS, rf"\w{_SPACES}")
    if r"\p{" in translated:
        raise ValueError(f"no translation for the pattern {pattern}")
    flags = re.ASCII if translated == pattern else re.UNICODE
    return re.compile(translated, flags)
