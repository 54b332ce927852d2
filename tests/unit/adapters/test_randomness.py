"""Bytes that are drawn together, and answered once each."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from securecart.adapters.randomness import Randomness


def numbered() -> Callable[[int], bytes]:
    """A source that never repeats four bytes in a row."""
    numbers = count()

    def draw(size: int) -> bytes:
        words = (next(numbers).to_bytes(4, "big") for _ in range(-(-size // 4)))
        return b"".join(words)[:size]

    return draw


def test_no_byte_is_answered_twice() -> None:
    """In several threads, and across draws."""
    random = Randomness(numbered())
    with ThreadPoolExecutor(4) as executor:
        answered = list(executor.map(random, [48] * 2000))
    assert {len(each) for each in answered} == {48}
    words = [each[at : at + 4] for each in answered for at in range(0, 48, 4)]
    assert len(set(words)) == len(words)


def test_as_many_as_are_asked_for() -> None:
    """None, some, and more than are drawn at once."""
    random = Randomness()
    for size in (0, 1, 30, 8192, 8193, 100_000):
        assert len(random(size)) == size


def test_a_fork_draws_its_own() -> None:
    """Or two processes would issue the same keys."""
    random = Randomness()
    random(16)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, random(32))
        os._exit(0)
    ours = random(32)
    assert os.waitpid(child, 0)[1] == 0
    assert os.read(reading, 32) != ours
    os.close(reading)
    os.close(writing)
