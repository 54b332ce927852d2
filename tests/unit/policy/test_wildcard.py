"""Wildcards, against a reference that is slow and obviously right."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from securecart.policy.wildcard import Glob, Wild, wildcards

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


@example("aa?b", "a" * 90 + "b")
@example("?a?b", "a" * 40 + "cb" + "a" * 40 + "xb")
@example("a?b*a?b", ("a" * 30 + "b") * 2 + "a" * 30)
@given(
    st.text("ab?", min_size=1, max_size=9) | st.text("ab?*", max_size=20),
    st.text("ab", max_size=120) | st.text("aaab", min_size=60, max_size=200),
)
def test_agrees_where_the_first_tries_fail(chunk: str, text: str) -> None:
    """Long texts are searched by stretches, and a match may lie across two."""
    pattern = f"*{chunk}*"
    assert Glob(wildcards(pattern)).matches(text) is reference(pattern, text)


def test_a_match_may_lie_across_two_stretches() -> None:
    """Wherever it begins."""
    glob = Glob(wildcards("*a?b*"))
    for before in range(120):
        assert glob.matches("a" * before + "acb")
        assert not glob.matches("a" * before + "aac")


class Watched(str):
    """A text that counts what is looked at in it."""

    __slots__ = ("seen",)

    seen: int

    def startswith(self, *arguments: Any) -> bool:
        """Count one look."""
        self.seen += 1
        return str.startswith(self, *arguments)

    def find(self, wanted: str, start: Any = 0, end: Any = None) -> int:
        """Count the characters that are passed over."""
        found = str.find(self, wanted, start, end)
        last = len(self) if end is None else end
        self.seen += (last if found < 0 else found) - start + 1
        return found

    def __getitem__(self, where: Any) -> str:
        """Count the characters that are cut out."""
        cut = str.__getitem__(self, where)
        self.seen += len(cut)
        return cut


def looks(pattern: str, text: str) -> int:
    """How often a pattern looks at the text before it has an answer."""
    watched = Watched(text)
    watched.seen = 0
    Glob(wildcards(pattern)).matches(watched)
    return watched.seen


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("*a", "a"),
        ("*a?", "a"),
        ("*aab?", "aa"),
        ("*a?b", "a" * 40 + "cb"),
        ("?a", "a"),
        ("*b?a*?", "aab"),
    ],
)
@pytest.mark.parametrize("closing", ["", "b*", "*?b?b*", "*" + "a?" * 200 + "b*"])
def test_the_work_grows_with_the_lengths_and_no_faster(
    pattern: str, text: str, closing: str
) -> None:
    """Twenty stars or two thousand: every character is looked at some few times."""
    for size in (200, 1_600, 12_800):
        long = pattern * (size // 8) + closing
        over = (text * size)[:size]
        assert looks(long, over) <= 48 * (len(long) + len(over))


def test_what_is_longer_than_the_text_is_not_looked_for() -> None:
    """A policy of the greatest length costs a key of the greatest length nothing."""
    assert looks("*" + "?a" * 60_000 + "*", "a" * 1_024) == 0


def test_stars_in_a_row_are_one() -> None:
    """A document full of them stays small."""
    assert tuple(wildcards("*" * 131_072)) == (Wild.ANY,)
    assert tuple(wildcards("a**?*")) == ("a", Wild.ANY, Wild.ONE, Wild.ANY)


def test_question_mark_is_one_code_point() -> None:
    """An astral character is one, a combining sequence is two."""
    assert Glob(wildcards("a?c")).matches("a\U0001f512c")
    assert not Glob(wildcards("a?c")).matches("ae\u0301c")
