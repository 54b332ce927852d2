"""`securecart audit`: what an administrator reads of a refusal."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from securecart.cli import audit
from securecart.cli.place import DEFAULT_DATA, Place
from securecart.cli.settings import load_settings


def shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record: dict[str, Any]
) -> None:
    """Print one record out of a journal."""
    day = tmp_path / "journal" / "2026" / "11" / "23"
    day.mkdir(parents=True)
    line = {"eventTime": "2026-11-23T12:00:00Z", "eventName": "GetObject", **record}
    (day / "securecart-111122223333.jsonl").write_bytes(orjson.dumps(line) + b"\n")
    installation = SimpleNamespace(directory=tmp_path)
    monkeypatch.setattr(audit, "open_installation", lambda _: installation)
    audit.show_audit(
        Place(load_settings(None), None, DEFAULT_DATA, {}),
        person=None,
        document=None,
        action=None,
        outcome="denied",
        since=None,
        until=None,
        as_json=False,
    )


def test_the_reason_stands_below_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Indented, the verdict alone, and nothing in it reaches the terminal."""
    explanation = ["A statement came near.", "Denied, since \x1b[2J no policy allows."]
    record = {
        "errorCode": "AccessDenied",
        "additionalEventData": {"explanation": explanation},
    }
    shown(tmp_path, monkeypatch, record)
    _, reason = capsys.readouterr().out.splitlines()
    assert reason == "    Denied, since �[2J no policy allows."


def test_a_refusal_without_a_reason_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As those of IAM and STS are."""
    shown(tmp_path, monkeypatch, {"errorCode": "AccessDenied"})
    assert len(capsys.readouterr().out.splitlines()) == 1
