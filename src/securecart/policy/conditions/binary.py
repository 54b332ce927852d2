"""BinaryEquals: the same bytes, both given in base 64."""

from base64 import b64decode


def read_bytes(text: str) -> bytes:
    """Read base 64.

    Raises:
        ValueError: if the text is none (`binascii.Error` is one).
    """
    return b64decode(text, validate=True)
