"""`securecart policy explain`: say in words why requests are decided so."""

from typing import BinaryIO


def explain_lines(file: BinaryIO, *, as_json: bool) -> None:
    """Explain each line of a file."""
    raise NotImplementedError(file.name, as_json)
