"""The journal from its end: newest first, bounded, and never past the damage."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from securecart.adapters import journal_tail
from securecart.adapters.journal import JournalFiles
from securecart.adapters.journal_tail import JournalTail
from securecart.trail import NoSuchPlace

ACCOUNT = "123456789012"


def line(name: str, *, denied: bool = True, padding: int = 0) -> bytes:
    """Make a record short enough to read."""
    record = {"eventTime": "2026-11-23T00:00:00Z", "eventName": name}
    if denied:
        record["errorCode"] = "AccessDenied"
    return json.dumps(record | {"padding": "x" * padding}).encode() + b"\n"


def write(directory: Path, day: int, *lines: bytes) -> Path:
    """Append to the file of a day in November; answer the file."""
    clock = lambda: datetime(2026, 11, day, tzinfo=UTC)  # noqa: E731
    kept = JournalFiles(directory, account=ACCOUNT, clock=clock)
    for each in lines:
        kept.append(each)
    kept.close()
    return directory / f"2026/11/{day:02}/securecart-{ACCOUNT}.jsonl"


def look(
    directory: Path, most: int = 50, before: str | None = None
) -> tuple[list[str], str | None]:
    """Read one page: the names, and what leads on."""
    page = JournalTail(directory, account=ACCOUNT).newest(most, before=before)
    return [record["eventName"] for record in page.records], page.older


def whole(directory: Path, most: int) -> list[list[str]]:
    """Read all pages, one after another."""
    pages, older = [], None
    while True:
        names, older = look(directory, most, older)
        pages.append(names)
        if older is None:
            return pages


def test_refusals_come_newest_first_across_days(tmp_path: Path) -> None:
    """What was allowed is left out, and so is another account's file."""
    write(tmp_path, 22, line("a"), line("b", denied=False))
    other = write(tmp_path, 23, line("c"), line("d")).with_name("securecart-1.jsonl")
    other.write_bytes(line("other"))
    assert look(tmp_path) == (["d", "c", "a"], None)


@pytest.mark.parametrize("most", [1, 2, 3, 50])
@pytest.mark.parametrize("block", [1, 7, 100, 2**20])
def test_pages_miss_nothing_and_repeat_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, block: int
) -> None:
    """Wherever a block begins, and however few fit in a page."""
    monkeypatch.setattr(journal_tail, "_BLOCK", block)
    names = [str(number) for number in range(9)]
    for day in (1, 2, 3):
        own = names[3 * (day - 1) : 3 * day]
        write(tmp_path, day, *(line(name, padding=int(name) * 40) for name in own))
    pages = whole(tmp_path, most)
    assert [name for page in pages for name in page] == names[::-1]
    assert max(map(len, pages)) <= most


def test_records_written_meanwhile_do_not_move_the_next_page(tmp_path: Path) -> None:
    """A page leads on to what is older, whatever came since."""
    write(tmp_path, 23, line("a"), line("b"), line("c"))
    _, older = look(tmp_path, most=1)
    write(tmp_path, 23, line("d"))
    write(tmp_path, 24, line("e"))
    assert look(tmp_path, before=older) == (["b", "a"], None)


def test_one_look_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Far from any refusal it stops with an empty page that leads on."""
    monkeypatch.setattr(journal_tail, "_MOST_READ", 1000)
    allowed = [line(f"allowed {number}", denied=False) for number in range(100)]
    write(tmp_path, 23, line("a"), *allowed)
    names, older = look(tmp_path)
    assert names == []
    assert older is not None
    pages = whole(tmp_path, 50)
    assert pages[-1] == ["a"] or pages[-2] == ["a"]
    assert len(pages) > 5


def test_damage_costs_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A torn line, and one without an end, whose memory is bounded too."""
    monkeypatch.setattr(journal_tail, "_BLOCK", 100)
    monkeypatch.setattr(journal_tail, "MAX_LENGTH", 300)
    file = write(tmp_path, 23, line("a"))
    with file.open("ab") as damaged:
        damaged.write(b"\0" * 5000 + b"\n\n" + line("torn")[:20])
    write(tmp_path, 23, line("b"))
    assert look(tmp_path) == (["b", "a"], None)


def test_a_line_without_an_end_is_no_way_around_the_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes piece by piece, over several looks, and what is before it is found."""
    monkeypatch.setattr(journal_tail, "_BLOCK", 100)
    monkeypatch.setattr(journal_tail, "MAX_LENGTH", 300)
    monkeypatch.setattr(journal_tail, "_MOST_READ", 600)
    with write(tmp_path, 23, line("a")).open("ab") as damaged:
        damaged.write(b"\0" * 5000)
    pages = whole(tmp_path, 50)
    assert len(pages) > 5
    assert [name for page in pages for name in page] == ["a"]


def test_a_journal_that_is_not_there_has_nothing(tmp_path: Path) -> None:
    """Nor has one whose days were archived, or that holds strange files."""
    assert look(tmp_path / "missing") == ([], None)
    (tmp_path / "2026/11/23").mkdir(parents=True)
    (tmp_path / "2026/notes.txt").write_text("x")
    (tmp_path / "x/y/z").mkdir(parents=True)
    (tmp_path / f"x/y/z/securecart-{ACCOUNT}.jsonl").write_bytes(line("x"))
    assert look(tmp_path) == ([], None)


@pytest.mark.parametrize("before", ["2026-11-23.99999", "9999-12-31.5"])
def test_a_place_past_the_end_is_the_end(tmp_path: Path, before: str) -> None:
    """A file may have been made shorter by hand."""
    write(tmp_path, 23, line("a"))
    assert look(tmp_path, before=before) == (["a"], None)


@pytest.mark.parametrize(
    "before",
    [
        "",
        "x",
        "2026-11-23",
        "2026-02-30.1",
        "2026-11-23.-1",
        "2026-11-23.1\n",
        "2026-11-23.1" + "0" * 20,
        "../../../etc.5",
        "٢٠٢٦-١١-٢٣.1",  # noqa: RUF001 - digits, but none of ours
    ],
)
def test_what_is_no_place_is_refused(tmp_path: Path, before: str) -> None:
    """It came back from a browser."""
    with pytest.raises(NoSuchPlace):
        look(tmp_path, before=before)
