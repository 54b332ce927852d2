"""The data directory: made once, kept whole, refused when it is not."""

from pathlib import Path

import pytest

from securecart.cli.installation import (
    DataDirectoryError,
    lock,
    open_installation,
    prepare_installation,
)


def _prepare(directory: Path, account: str | None = None) -> str:
    installation = prepare_installation(directory, account=account, region="us-east-1")
    return installation.account


def test_the_account_stays_the_same(tmp_path: Path) -> None:
    """A second start finds what the first one made."""
    first = _prepare(tmp_path / "data")
    assert first.isdigit()
    assert len(first) == 12
    assert _prepare(tmp_path / "data") == first


def test_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    """Directories 0700, files 0600."""
    _prepare(tmp_path / "data")
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    for path in (tmp_path / "data").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_half_a_key_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system did not draw would be zeros, which anybody can guess."""
    short = tmp_path / "short"
    short.write_bytes(b"few")
    monkeypatch.setattr("securecart.cli.installation._RANDOM", short)
    with pytest.raises(DataDirectoryError, match="too few bytes"):
        _prepare(tmp_path / "data")
    assert list((tmp_path / "data" / "keys").iterdir()) == []


def test_an_interrupted_first_start_is_taken_up_again(tmp_path: Path) -> None:
    """Keys that were written stay; the marker comes last."""
    data = tmp_path / "data"
    _prepare(data)
    key = (data / "keys/root.key").read_bytes()
    (data / "installation.json").unlink()
    (data / "keys/portal.key").write_bytes(b"short")
    _prepare(data)
    assert (data / "keys/root.key").read_bytes() == key
    assert len((data / "keys/portal.key").read_bytes()) == 32


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (lambda d: (d / "keys/root.key").unlink(), r"root\.key: No such file.*backup"),
        (lambda d: (d / "keys/idp.key").write_bytes(b"x"), "not a 32-byte key"),
        (lambda d: (d / "installation.json").write_text("{"), "damaged"),
        (lambda d: (d / "installation.json").write_text('{"account":1}'), "damaged"),
    ],
)
def test_a_directory_that_lost_a_part_is_refused(
    tmp_path: Path, break_it: object, words: str
) -> None:
    """What is gone is named, and what to do about it."""
    assert callable(break_it)
    data = tmp_path / "data"
    _prepare(data)
    break_it(data)
    with pytest.raises(DataDirectoryError, match=words):
        _prepare(data)


def test_somebody_elses_directory_is_left_alone(tmp_path: Path) -> None:
    """A folder with other files never becomes ours."""
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(DataDirectoryError, match=r"not empty.*holiday\.jpg"):
        _prepare(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["holiday.jpg"]


def test_a_database_without_its_marker_is_not_set_up_anew(tmp_path: Path) -> None:
    """New keys beside old data would lose every document."""
    data = tmp_path / "data"
    _prepare(data)
    (data / "securecart.db").touch()
    (data / "installation.json").unlink()
    with pytest.raises(DataDirectoryError, match=r"installation\.json is gone"):
        _prepare(data)


def test_another_account_is_refused(tmp_path: Path) -> None:
    """An account id is for life."""
    _prepare(tmp_path / "data", "123456789012")
    with pytest.raises(DataDirectoryError, match=r"account\.id = '123456789012'"):
        _prepare(tmp_path / "data", "210987654321")


def test_two_at_once_are_refused(tmp_path: Path) -> None:
    """The second is told about the first."""
    _prepare(tmp_path / "data")
    lock(open_installation(tmp_path / "data"))
    with pytest.raises(DataDirectoryError, match="another `securecart up`"):
        lock(open_installation(tmp_path / "data"))
