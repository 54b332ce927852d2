"""One call of a KMS operation: all that its function may see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from securecart.names.clock import Random
from securecart.names.entities import EntityReader, EntityWriter
from securecart.names.errors import ValidationError
from securecart.names.principal import Principal
from securecart.sealing import Keyring

Result = Mapping[str, Any]
"""An answer as boto3 shows it: the members of the operation's output shape."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call that only reads. `parameters` have the model's names and types."""

    store: EntityReader
    account: str
    region: str
    caller: Principal
    parameters: Mapping[str, Any]
    now: datetime
    random: Random
    keyring: Keyring = field(repr=False)

    def text(self, name: str) -> str:
        """Answer a required parameter.

        Raises:
            ValidationError: if it was not sent.
        """
        return str(self._required(name))

    def blob(self, name: str) -> bytes:
        """Answer a required parameter of bytes.

        Raises:
            ValidationError: if it was not sent.
        """
        return bytes(self._required(name))

    def optional(self, name: str, default: str = "") -> str:
        """Answer a parameter, or the default where it was not sent."""
        return str(self.parameters.get(name, default))

    def _required(self, name: str) -> Any:
        value = self.parameters.get(name)
        if value is None:
            member = name[0].lower() + name[1:]
            raise ValidationError(
                f"1 validation error detected: Value null at '{member}' failed to"
                " satisfy constraint: Member must not be null"
            )
        return value


@dataclass(frozen=True, slots=True)
class Change(Call):
    """A call that may write."""

    store: EntityWriter
