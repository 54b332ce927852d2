"""What became of each element of a statement, and of each layer."""

from dataclasses import dataclass

from securecart.policy.document import Effect
from securecart.policy.explain.bound import Bound
from securecart.policy.principals import Grant
from securecart.policy.request import Layer, StatementRef


@dataclass(frozen=True, slots=True)
class PrincipalFinding:
    """`Principal` or `NotPrincipal`, and whom it lists."""

    element: str
    listed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ResourceFinding:
    """`Resource` or `NotResource`, and what its entries stand for."""

    element: str
    wanted: tuple[Bound, ...]


@dataclass(frozen=True, slots=True)
class ConditionFinding:
    """One operator on one key.

    `key` is spelled as in the policy, `actual` the values that the request
    has for it: none, if it is missing. `held` is None where the two cannot be
    compared, which meets a Deny and fails an Allow. Of the operator Null
    `wanted` is `true` or `false`.
    """

    operator: str
    key: str
    wanted: tuple[Bound, ...]
    actual: tuple[str, ...]
    held: bool | None


Finding = PrincipalFinding | ResourceFinding | ConditionFinding


@dataclass(frozen=True, slots=True)
class StatementFinding:
    """A statement that speaks of the action.

    `unmet` are the elements that keep it from matching: none, if it matches.
    `conditions` are all that it has. `grant` says how directly an Allow of
    the resource's policy speaks of the principal.
    """

    ref: StatementRef
    effect: Effect
    unmet: tuple[Finding, ...]
    conditions: tuple[ConditionFinding, ...]
    grant: Grant | None

    @property
    def matches(self) -> bool:
        """Whether it applies to the request."""
        return not self.unmet


@dataclass(frozen=True, slots=True)
class LayerFinding:
    """One layer: the statements that came near, and how many did not.

    `others` counts the statements that speak of other actions.
    """

    layer: Layer
    policies: int
    near: tuple[StatementFinding, ...]
    others: int
