"""NumericEquals, NumericLessThan and the rest, over exact decimals."""

import re
from decimal import Decimal

# At most 40 digits either side and a short exponent: far beyond any key that
# AWS has, and cheap to compare.
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?")


def read_number(text: str) -> Decimal:
    """Read a decimal number.

    Raises:
        ValueError: if the text is none.
    """
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"not a number: {text[:40]!r}")
    return Decimal(text)
