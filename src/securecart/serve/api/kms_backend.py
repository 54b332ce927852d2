"""KMS behind the pipeline."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from securecart import kms
from securecart.names.clock import Random
from securecart.names.entities import Entities
from securecart.names.principal import Principal
from securecart.sealing import Keyring
from securecart.serve.api.backend import Asked, Result, Work
from securecart.serve.api.errors import JsonOperationNotOffered
from securecart.trail import Resource
from securecart.wire.service import Service


class KmsBackend:
    """Implements `Backend`."""

    source = "kms.amazonaws.com"
    unsigned = frozenset[str]()

    def __init__(
        self,
        wire: Service,
        entities: Entities,
        authorizer: kms.KeyAuthorizer,
        *,
        account: str,
        region: str,
        keyring: Keyring,
        random: Random,
    ) -> None:
        self.wire = wire
        self.regions = frozenset({region})
        self._entities = entities
        self._authorizer = authorizer
        self._account = account
        self._region = region
        self._keyring = keyring
        self._random = random

    @contextmanager
    def open(self, asked: Asked) -> Iterator[Work]:
        """See `Backend.open`."""
        operation = kms.OPERATIONS.get(asked.operation)
        if operation is None:
            raise JsonOperationNotOffered(asked.operation)
        rest = (
            self._account,
            self._region,
            asked.caller,
            asked.parameters,
            asked.now,
            self._random,
            self._keyring,
        )
        if isinstance(operation, kms.Changing):
            changing = operation
            with self._entities.writing() as store:
                change = kms.Change(store, *rest)
                checks = changing.checks(change)
                yield Work(
                    require=lambda: self._require(asked, checks),
                    run=lambda: changing.run(change),
                    read_only=False,
                    resources=_keys(checks),
                )
        else:
            reading = operation
            with self._entities.reading() as view:
                call = kms.Call(view, *rest)
                checks = reading.checks(call)
                yield Work(
                    require=lambda: self._require(asked, checks),
                    run=lambda: reading.run(call),
                    read_only=True,
                    resources=_keys(checks),
                )

    def vouched_for(self, asked: Asked, _result: Result) -> Principal:
        """See `Backend.vouched_for`."""
        return asked.caller

    def _require(self, asked: Asked, checks: Iterable[kms.Check]) -> None:
        for check in checks:
            context = {**asked.context, **check.context}
            self._authorizer.require(asked.caller, replace(check, context=context))


def _keys(checks: Iterable[kms.Check]) -> tuple[Resource, ...]:
    keys = (check.key for check in checks)
    return tuple(
        Resource("AWS::KMS::Key", key.arn, key.account)
        for key in keys
        if key is not None
    )
