"""Wildcards, against a reference that is slow and obviously right."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from securecart.policy.wildcard import Glob, wildcards

ALPHABET = "ab\n"


def reference(pattern: str, text: str) -> bool:
    """Dynamic programming over every prefix of both."""
    row = [True] + [False] * len(text)
    for symbol in pattern:
        above, row = row, [symbol == "*" and row[0]]
        for i, character in enumerate(text):
            if symbol == "*":
                row.append(row[i] or above[i + 1])
            else:
                row.append(above[i] and symbol in ("?", character))
    return row[-1]


@example("*a*a*", "a")
@example("a*a", "a")
@given(st.text(ALPHABET + "*?", max_size=12), st.text(ALPHABET, max_size=14))
def test_agrees_with_the_reference(pattern: str, text: str) -> None:
    """Whatever the pattern and the text."""
    assert Glob(wildcards(pattern)).matches(text) is reference(pattern, text)


@pytest.mark.parametrize("pattern", ["a*" * 20 + "b", "*a?" * 20 + "b", "*" * 60 + "b"])
def test_no_pattern_backtracks(pattern: str) -> None:
    """Twenty stars over a text of thousands answer at once."""
    glob = Glob(wildcards(pattern))
    begun = time.perf_counter()
    assert not glob.matches("a" * 5_000)
    assert time.perf_counter() - begun < 0.5


def test_question_mark_is_one_code_point() -> None:
    """An astral character is one, a combining sequence is two."""
    assert Glob(wildcards("a?c")).matches("a\U0001f512c")
    assert not Glob(wildcards("a?c")).matches("ae\u0301c")
