"""The clock of every process, where no test puts another."""

from datetime import UTC, datetime


def system_clock() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)
