"""A line of the log is one JSON object, whatever is in it."""

import json
import logging
from typing import Any

import pytest

from securecart.cli.logs import JsonLines


def _line(message: str, *arguments: object, **extra: Any) -> dict[str, Any]:
    record = logging.getLogger("test").makeRecord(
        "test", logging.WARNING, __file__, 1, message, arguments, None, extra=extra
    )
    line = JsonLines(worker=3).format(record)
    assert "\n" not in line
    told: dict[str, Any] = json.loads(line)
    return told


def test_a_line_has_time_level_logger_message_and_what_it_was_given() -> None:
    """And of which worker it is."""
    told = _line("%s broke off", "it", request_id="0A1B", status=503)
    assert told.pop("time").endswith("+00:00")
    assert told == {
        "level": "WARNING",
        "logger": "test",
        "message": "it broke off",
        "worker": 3,
        "request_id": "0A1B",
        "status": 503,
    }


@pytest.mark.parametrize("text", ['two\nlines "and" more', "\x1b[2J", "\udcff key"])
def test_what_somebody_wrote_cannot_begin_a_line_of_its_own(text: str) -> None:
    """Neither a line break, nor a control character, nor what is no UTF-8."""
    told = json.dumps(_line("key %s", text))
    assert "\n" not in told
    assert "\x1b" not in told


def test_a_traceback_is_part_of_its_line() -> None:
    """Or the next line would belong to nothing."""
    with pytest.raises(ValueError, match="invalid literal") as failed:
        int("broken")
    exception = (failed.type, failed.value, failed.tb)
    record = logging.getLogger("test").makeRecord(
        "test", logging.ERROR, __file__, 1, "it failed", (), exception
    )
    line = JsonLines().format(record)
    assert "\n" not in line
    assert "ValueError: invalid literal" in json.loads(line)["exception"]
