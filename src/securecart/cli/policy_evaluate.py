"""`securecart policy evaluate`: decide the requests of JSON lines."""

from typing import BinaryIO


def evaluate_lines(file: BinaryIO) -> None:
    """Answer each line of a file with one line."""
    raise NotImplementedError(file.name)
