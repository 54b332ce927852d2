"""Bool: `true` or `false`, in any case."""

from securecart.policy.casing import ascii_lower

_VALUES = {"true": True, "false": False}


def read_boolean(text: str) -> bool:
    """Read a truth value.

    Raises:
        ValueError: if the text is none.
    """
    try:
        return _VALUES[ascii_lower(text)]
    except KeyError:
        raise ValueError(f"neither true nor false: {text[:40]!r}") from None
