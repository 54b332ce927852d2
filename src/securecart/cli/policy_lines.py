"""JSON lines in, an answer for each out, as they come."""

import sys
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

from securecart.policy.simulation import (
    MalformedSimulation,
    Simulation,
    read_simulation,
)

_LONGEST_LINE: Final = 2**20
"""In bytes: twenty policies of IAM's largest size, and the request."""


def answer_lines(
    file: BinaryIO,
    answer: Callable[[int, Simulation], bytes],
    refuse: Callable[[int, str], bytes],
) -> bool:
    """Write what `answer` makes of each line, `refuse` of the wrong ones.

    Each is given the line's number, which counts from one; blank lines are
    passed over. Every answer is flushed, for a program at the other end of a
    pipe. Says whether all the lines were right.
    """
    out = sys.stdout.buffer
    right = True
    for number, line in _numbered(file):
        try:
            written = answer(number, _read(line))
        except MalformedSimulation as error:
            right = False
            written = refuse(number, str(error))
        out.write(written)
        out.flush()
    return right


def _read(line: bytes) -> Simulation:
    if len(line) > _LONGEST_LINE:
        raise MalformedSimulation(f"longer than {_LONGEST_LINE} bytes")
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise MalformedSimulation(f"no UTF-8: {error.reason}") from error
    return read_simulation(text)


def _numbered(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Every line that is not blank; of one too long only the beginning."""
    number = 0
    while line := file.readline(_LONGEST_LINE + 1):
        number += 1
        rest = line
        while len(rest) > _LONGEST_LINE and not rest.endswith(b"\n"):
            rest = file.readline(_LONGEST_LINE + 1)
        if line.strip():
            yield number, line
