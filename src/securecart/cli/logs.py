"""What our processes have to say: one JSON object a line, on standard error.

`time` (UTC), `level`, `logger`, `message`; `worker` and `request_id` where
there is one, what else the line was given, and `exception` with its traceback.
"""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import orjson

_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
"""What every record has; the rest was given by `extra`."""


class JsonLines(logging.Formatter):
    """Writes a record as one line, whatever is in it."""

    def __init__(self, **always: object) -> None:
        super().__init__()
        self._always = always

    def format(self, record: logging.LogRecord) -> str:
        """Answer the line, without its newline."""
        moment = datetime.fromtimestamp(record.created, UTC)
        found: dict[str, Any] = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **self._always,
        }
        found |= {
            name: value
            for name, value in vars(record).items()
            if name not in _PLAIN and value is not None
        }
        if record.exc_info:
            found["exception"] = self.formatException(record.exc_info)
        try:
            return orjson.dumps(found, default=str).decode()
        except orjson.JSONEncodeError:
            # A key that is no UTF-8 has surrogates in it.
            return orjson.dumps(
                {name: ascii(each) for name, each in found.items()}
            ).decode()


def log_to_stderr(**always: object) -> None:
    """Log so from now on; `always` stands in every line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(**always))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # httpx tells every address it asks, and some carry codes.
    logging.getLogger("httpx").setLevel(logging.WARNING)
