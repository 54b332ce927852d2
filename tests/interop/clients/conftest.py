"""One installation, and two people signed in at it, for every client's day."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.installation import Running, free_ports, start, stop, wait_ready
from tests.interop.clients.person import Person
from tests.signing_in import sign_in


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A SecureCart as it comes."""
    data = tmp_path_factory.mktemp("securecart") / "data"
    process = start(data, free_ports())
    try:
        yield wait_ready(data, process)
    finally:
        assert stop(process) == 0


@pytest.fixture(scope="session")
def session_of_alice(
    running: Running, tmp_path_factory: pytest.TempPathFactory
) -> Person:
    """Whoever works here."""
    return Person.of(sign_in(running, "finance"), tmp_path_factory.mktemp("alice"))


@pytest.fixture(scope="session")
def bob(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Person:
    """Somebody else, who has a document that is nobody's business."""
    bob = Person.of(sign_in(running, "engineering"), tmp_path_factory.mktemp("bob"))
    bob.put("private.txt", b"bob's own")
    return bob


@pytest.fixture
def alice(session_of_alice: Person, tmp_path: Path) -> Person:
    """The same person in every test, with a home of the test's own."""
    return replace(session_of_alice, home=tmp_path)


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 30 MB that nothing can compress or repeat."""
    path = tmp_path_factory.mktemp("large") / "large.bin"
    path.write_bytes(random.Random(1).randbytes(30_000_000))  # noqa: S311 - no secret
    return path
