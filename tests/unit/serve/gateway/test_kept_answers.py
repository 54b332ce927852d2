"""What of the store's answers is kept, for how long, and how much of it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from securecart.serve.gateway.folders import read_slot
from securecart.serve.gateway.generations import Generations, Lane
from securecart.serve.gateway.kept_answers import (
    LONGEST_SECONDS,
    MOST_BYTES,
    Asked,
    KeptAnswers,
    asked_of,
)
from securecart.serve.gateway.scoreboard import Word
from securecart.wire.http import HttpResponse

TARGET = "/docs/ada/report"
PAGE = "/docs?list-type=2&prefix=ada%2F"
BOUND = 40_000


@dataclass
class Scene:
    """One worker that keeps, and another that writes."""

    now: float = 100.0
    counted: Counter[Word] = field(default_factory=Counter)
    generations: Generations = field(
        default_factory=lambda: Generations.private(quiet_seconds=0)
    )

    def __post_init__(self) -> None:
        self.lane: Lane = self.generations.lane()
        self.kept = KeptAnswers(
            self.generations,
            most_bytes=BOUND,
            count=lambda word: self.counted.update([word]),
            clock=lambda: self.now,
        )

    def keep(self, asked: Asked, response: HttpResponse) -> bool:
        """Read something; say whether it would be given again."""
        before = self.kept.before(asked)
        if before is not None:
            self.kept.keep(asked, before, response)
        return self.kept.find(asked) is response

    def write(self, target: str = TARGET) -> None:
        """Have the other worker write, and hear that it is done."""
        slot = read_slot("GET", target)
        assert slot is not None
        self.lane.begin((slot,))
        self.lane.end((slot,), known=True)


def asked(method: str = "GET", target: str = TARGET, *, mode: bool = False) -> Asked:
    """One question."""
    return Asked(method, target, checksums=mode)


def whole(body: bytes = b"text", *more: tuple[str, str], status: int = 200) -> Any:
    """An answer that has what it announces."""
    return HttpResponse(status, (("content-length", str(len(body))), *more), body)


@pytest.fixture
def scene() -> Scene:
    """One that has kept nothing."""
    return Scene()


def test_what_was_read_is_given_again_until_it_is_written(scene: Scene) -> None:
    """And counted, as found or not."""
    assert scene.kept.find(asked()) is None
    assert scene.keep(asked(), whole())
    assert scene.counted == {Word.KEPT_HITS: 1, Word.KEPT_MISSES: 1}
    scene.write("/docs/bob/report")
    assert scene.kept.find(asked()) is not None
    scene.write()
    assert scene.kept.find(asked()) is None
    assert scene.kept.size == 0


def test_what_was_asked_before_a_write_is_no_answer_after_it(scene: Scene) -> None:
    """Though it came back only then."""
    before = scene.kept.before(asked())
    assert before is not None
    scene.write()
    scene.kept.keep(asked(), before, whole())
    assert scene.kept.find(asked()) is None


def test_each_question_has_its_own_answer(scene: Scene) -> None:
    """By method, target and whether checksums are wanted."""
    assert scene.keep(asked(), whole())
    for other in (
        asked("HEAD"),
        asked(mode=True),
        asked(target=f"{TARGET}?response-expires=0"),
        asked(target=PAGE),
    ):
        assert scene.kept.find(other) is None


def test_a_question_with_any_other_header_is_none_to_keep() -> None:
    """Ranges, conditions and customers' keys among them."""
    mode = ("x-amz-checksum-mode", "ENABLED")
    assert asked_of("GET", TARGET, ()) == asked()
    assert asked_of("GET", TARGET, [mode]) == asked(mode=True)
    for header in (
        ("range", "bytes=0-1"),
        ("if-match", '"1"'),
        ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
        ("x-amz-checksum-mode", "enabled"),
    ):
        assert asked_of("GET", TARGET, [header]) is None
        assert asked_of("GET", TARGET, [mode, header]) is None


@pytest.mark.parametrize(
    "response",
    [
        whole(status=404),
        whole(status=206),
        whole(status=503),
        whole(bytes(MOST_BYTES + 1)),
        HttpResponse(200, (("content-length", "5"),), b"text"),
        HttpResponse(200, (("content-length", "3"),), b"text"),
        HttpResponse(200, (), b"text"),
        whole(b"text", ("x-amz-server-side-encryption-customer-key-md5", "x")),
    ],
)
def test_only_a_small_whole_success_of_nobodys_key_is_kept(
    scene: Scene, response: HttpResponse
) -> None:
    """Never an error, nor less or more than was announced."""
    assert not scene.keep(asked(), response)
    assert scene.kept.size == 0


def test_pages_come_without_a_length_and_heads_without_a_body(scene: Scene) -> None:
    """Within bounds, too."""
    assert scene.keep(asked(target=PAGE), HttpResponse(200, (), b"<x/>"))
    large = HttpResponse(200, (), bytes(MOST_BYTES + 1))
    assert not scene.keep(asked(target=PAGE), large)
    head = HttpResponse(200, (("content-length", "9" * 12),))
    assert scene.keep(asked("HEAD"), head)


def test_nothing_is_given_or_held_for_longer_than_the_longest(scene: Scene) -> None:
    """From when it was asked for, though nobody has written."""
    before = scene.kept.before(asked())
    assert before is not None
    scene.now += 1
    scene.kept.keep(asked(), before, whole())
    scene.now += LONGEST_SECONDS - 2
    scene.kept.forget()
    assert scene.kept.find(asked()) is not None
    scene.now += 1
    scene.kept.forget()
    assert scene.kept.size == 0
    assert scene.keep(asked(), whole())
    scene.now += LONGEST_SECONDS
    assert scene.kept.find(asked()) is None


def test_what_is_kept_is_bounded_and_the_oldest_goes_first(scene: Scene) -> None:
    """Heads count, and so does what Python takes for an answer."""
    for number in range(100):
        target = f"{TARGET}-{number}"
        assert scene.keep(asked(target=target), whole(bytes(1000), ("etag", "x" * 99)))
        assert 0 < scene.kept.size <= BOUND
    assert scene.kept.find(asked(target=f"{TARGET}-85")) is not None
    assert scene.kept.find(asked(target=f"{TARGET}-0")) is None
    assert not scene.keep(asked(), whole(bytes(BOUND)))
    assert scene.kept.size <= BOUND


def test_what_is_read_again_takes_the_place_of_what_was(scene: Scene) -> None:
    """And is counted once."""
    scene.keep(asked(), whole(bytes(1000)))
    size = scene.kept.size
    scene.write()
    assert scene.keep(asked(), whole(b"new" * 1000))
    assert scene.kept.size == size + 2000


def test_nothing_is_kept_of_a_folder_that_is_being_written(scene: Scene) -> None:
    """Nor of what lies in no folder."""
    slot = read_slot("GET", TARGET)
    assert slot is not None
    scene.lane.begin((slot,))
    assert scene.kept.before(asked()) is None
    assert scene.kept.before(asked(target="/docs?list-type=2")) is None
