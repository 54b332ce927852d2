"""Where records are kept: the port, and a fake beside it."""

from typing import Protocol

from securecart.names.errors import ServiceError


class JournalUnavailable(ServiceError):
    """A record could not be kept, so the request must not be answered."""

    code = "ServiceUnavailable"

    def __init__(self) -> None:
        super().__init__("The request could not be recorded. Please try again.")


class Journal(Protocol):
    """Keeps records, in the order in which they come; shared by processes."""

    def append(self, record: bytes) -> None:
        """Keep one record, its newline included.

        Raises:
            JournalUnavailable: if it is not certain that it was kept whole.
        """
        ...


class InMemoryJournal:
    """The fake for tests: `records` is what was kept."""

    def __init__(self) -> None:
        self.records: list[bytes] = []

    def append(self, record: bytes) -> None:
        """See `Journal.append`."""
        self.records.append(record)
