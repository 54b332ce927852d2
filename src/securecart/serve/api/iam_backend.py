"""IAM behind the pipeline."""

from collections.abc import Iterator
from contextlib import contextmanager

from securecart import iam, sts
from securecart.names.clock import Random
from securecart.names.entities import Entities
from securecart.names.principal import IamUser, Principal
from securecart.sealing import Keyring
from securecart.serve.api.backend import Asked, Result, Work
from securecart.serve.api.errors import OperationNotOffered
from securecart.wire.service import Service


class IamBackend:
    """Implements `Backend`."""

    source = "iam.amazonaws.com"
    unsigned = frozenset[str]()

    def __init__(
        self,
        wire: Service,
        entities: Entities,
        authorizer: iam.Authorizer,
        *,
        account: str,
        keyring: Keyring,
        regions: frozenset[str],
        random: Random,
    ) -> None:
        self.wire = wire
        self.regions = regions
        self._entities = entities
        self._authorizer = authorizer
        self._account = account
        self._keyring = keyring
        self._random = random

    @contextmanager
    def open(self, asked: Asked) -> Iterator[Work]:
        """See `Backend.open`."""
        operation = iam.OPERATIONS.get(asked.operation)
        if operation is None:
            raise OperationNotOffered(asked.operation)
        if isinstance(asked.caller, IamUser) and asked.caller.session is not None:
            # What GetSessionToken gives without MFA may call nothing of IAM.
            raise sts.InvalidClientTokenId(sts.INVALID)
        rest = (
            self._account,
            asked.caller,
            asked.parameters,
            asked.now,
            self._random,
            self._keyring,
        )
        if isinstance(operation, iam.Changing):
            changing = operation
            with self._entities.writing() as store:
                change = iam.Change(store, *rest)
                yield Work(
                    require=lambda: self._require(asked, changing, change),
                    run=lambda: changing.run(change),
                    read_only=False,
                )
        else:
            reading = operation
            with self._entities.reading() as view:
                call = iam.Call(view, *rest)
                yield Work(
                    require=lambda: self._require(asked, reading, call),
                    run=lambda: reading.run(call),
                    read_only=True,
                )

    def vouched_for(self, asked: Asked, _result: Result) -> Principal:
        """See `Backend.vouched_for`."""
        return asked.caller

    def _require(self, asked: Asked, operation: iam.Operation, call: iam.Call) -> None:
        target = operation.target(call)
        for arn in filter(None, (target.arn, target.becomes)):
            self._authorizer.require(
                asked.caller,
                f"iam:{asked.operation}",
                arn,
                {**asked.context, **iam.conditions(call, target)},
                resource_account=self._account,
            )
