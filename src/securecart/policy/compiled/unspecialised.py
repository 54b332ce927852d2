"""What is decided afresh each time, for it would be too much to keep."""

from typing import Final

from securecart.names.principal import Principal
from securecart.policy.compiled.specialisation import Rule
from securecart.policy.decide import case_of
from securecart.policy.request import Answer, Layers, Request
from securecart.policy.variables import Context


class Unspecialised:
    """Stands where a specialisation would, and decides as `decide` does."""

    __slots__ = (
        "_action",
        "_layers",
        "_principal",
        "_rule",
        "resource_account",
        "resource_policy",
    )

    weight: Final = 8
    """In the units of a specialisation's: its own attributes, and little else."""

    def __init__(
        self,
        rule: Rule,
        layers: Layers,
        principal: Principal,
        action: str,
        resource_account: str,
    ) -> None:
        self.resource_policy = layers.resource
        self.resource_account = resource_account
        self._rule = rule
        self._layers = layers
        self._principal = principal
        self._action = action

    def answer(self, resource: str, context: Context) -> Answer:
        """Decide one request."""
        request = Request(
            self._principal, self._action, resource, context, self.resource_account
        )
        return self._rule(case_of(self._layers, request))
