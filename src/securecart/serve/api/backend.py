"""What a service brings to the pipeline."""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from securecart.names.principal import Principal
from securecart.policy import Context
from securecart.sts import Pending
from securecart.trail import Resource
from securecart.wire.service import Service

Result = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was authenticated and parsed, but not yet decided."""

    operation: str
    parameters: Mapping[str, Any] = field(repr=False)
    caller: Principal
    context: Context
    now: datetime


@dataclass(frozen=True, slots=True)
class Work:
    """An operation at hand. The pipeline runs it after `require` let it pass.

    `require` raises `AccessDenied` for the first thing that the operation
    needs and the policies do not allow. It asks nothing where the operation
    itself decides, as those that assume a role do by its trust policy, or
    where nothing can deny it. `run` answers, or says what is left to wait for;
    whoever waits for the disk answers then.
    """

    require: Callable[[], None]
    run: Callable[[], Result | Pending]
    read_only: bool
    resources: tuple[Resource, ...] = ()


class Backend(Protocol):
    """One service."""

    @property
    def wire(self) -> Service:
        """How its requests and answers look."""
        ...

    @property
    def source(self) -> str:
        """Its name in audit records, `iam.amazonaws.com`."""
        ...

    @property
    def regions(self) -> Collection[str]:
        """The regions that a request may be signed for."""
        ...

    @property
    def unsigned(self) -> Collection[str]:
        """The operations that need no signature."""
        ...

    def open(self, asked: Asked) -> AbstractContextManager[Work]:
        """Prepare an operation; its changes are kept when the block ends well.

        Raises:
            OperationNotOffered: if there is no such operation here.
        """
        ...

    def vouched_for(self, asked: Asked, result: Result) -> Principal:
        """Answer who the request was from, once it is done."""
        ...
