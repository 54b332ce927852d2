"""A KMS in memory, and operations run as the API runs them."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from securecart.kms import OPERATIONS, Call, Change, Changing
from securecart.names.entities import EntityWriter, InMemoryEntities
from securecart.names.principal import Principal, Root
from securecart.sealing import Keyring, SealingKey

ACCOUNT = "123456789012"
ROOT = Root(ACCOUNT)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

MakeCall = Callable[..., Change]


@pytest.fixture
def entities() -> InMemoryEntities:
    """An empty store."""
    return InMemoryEntities()


@pytest.fixture
def make_call() -> MakeCall:
    """Make a call on an open store."""
    numbers = count(1)
    keyring = Keyring(SealingKey(b"k" * 32))

    def make_call(
        store: EntityWriter,
        *,
        caller: Principal = ROOT,
        now: datetime = NOW,
        **parameters: Any,
    ) -> Change:
        return Change(
            store=store,
            account=ACCOUNT,
            region="us-east-1",
            caller=caller,
            parameters=parameters,
            now=now,
            random=lambda length: next(numbers).to_bytes(length, "little"),
            keyring=keyring,
        )

    return make_call


@pytest.fixture
def run(entities: InMemoryEntities, make_call: MakeCall) -> Callable[..., Any]:
    """Run an operation that was already authorised; answer what it answers."""

    def run(operation: str, **parameters: Any) -> Any:
        known = OPERATIONS[operation]
        with entities.writing() as store:
            change = make_call(store, **parameters)
            if isinstance(known, Changing):
                return known.run(change)
            reading: Callable[[Call], Any] = known.run
            return reading(change)

    return run
