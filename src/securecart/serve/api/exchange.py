"""One request and what became of it, for the audit record."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from securecart.names.clock import Random
from securecart.names.errors import ServiceError
from securecart.names.principal import Anonymous, Principal
from securecart.serve.api.backend import Backend
from securecart.trail import Event, Resource
from securecart.wire.http import HttpRequest

_UNKNOWN_OPERATION = "Unknown"
"""The name of an event whose request did not get as far as being parsed."""


@dataclass(slots=True)
class Exchange:
    """Filled in step by step; what a step did not reach stays as it is here.

    Nobody is `principal` before the signature was verified; the access key
    id is recorded as it was claimed.
    """

    request: HttpRequest = field(repr=False)
    backend: Backend
    now: datetime
    request_id: str
    event_id: str
    principal: Principal = field(default_factory=Anonymous)
    access_key_id: str | None = None
    operation: str = _UNKNOWN_OPERATION
    parameters: Mapping[str, Any] = field(default_factory=dict, repr=False)
    result: Mapping[str, Any] | None = field(default=None, repr=False)
    read_only: bool = True
    resources: tuple[Resource, ...] = ()
    error_code: str | None = None
    error_message: str | None = None
    explanation: tuple[str, ...] = ()

    def parse(self) -> None:
        """Read the operation and its parameters by the service's model.

        Raises:
            ServiceError: if they are not as the model has them.
        """
        self.operation, self.parameters = self.backend.wire.parse(self.request)

    def parse_for_the_record(self) -> None:
        """Read what a refused request tried, if it can be; nothing believes it."""
        with suppress(ServiceError):
            self.parse()

    def event(self, *, account: str, region: str) -> Event:
        """Answer what the audit record tells."""
        return Event(
            time=self.now,
            source=self.backend.source,
            name=self.operation,
            region=region,
            account=account,
            source_ip=self.request.source_ip,
            user_agent=self.request.header("user-agent") or "",
            principal=self.principal,
            access_key_id=self.access_key_id,
            request_id=self.request_id,
            event_id=self.event_id,
            read_only=self.read_only,
            data=False,
            error_code=self.error_code,
            error_message=self.error_message,
            request_parameters=self.parameters,
            response_elements=self._recorded_result(),
            additional=_additional(self.explanation),
            resources=self.resources,
        )

    def _recorded_result(self) -> Mapping[str, Any] | None:
        # As in CloudTrail: what changed something, and the keys that STS gave.
        given = self.result is not None and "Credentials" in self.result
        return self.result if given or not self.read_only else None


def _additional(explanation: tuple[str, ...]) -> Mapping[str, Any] | None:
    return {"explanation": explanation} if explanation else None


def new_uuid(random: Random) -> str:
    """Answer a random UUID as text (RFC 9562, section 5.4)."""
    digits = random(16).hex()
    variant = "89ab"[int(digits[16], 16) & 3]
    return (
        f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}"
        f"-{digits[20:]}"
    )
