"""What the tests of the wire share: a clock that stands still."""

from datetime import UTC, datetime

import pytest

from securecart.names.credentials import Credentials


@pytest.fixture
def now() -> datetime:
    """The moment at which all of these tests happen."""
    return datetime(2026, 11, 23, 12, 30, 45, tzinfo=UTC)


@pytest.fixture
def credentials() -> Credentials:
    """A key pair of temporary credentials."""
    return Credentials("ASIAEXAMPLE", "secret/of+the=session", "token-1")
