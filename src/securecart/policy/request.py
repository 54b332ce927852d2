"""What is asked of the engine, and what it answers."""

from dataclasses import dataclass, field
from enum import Enum, StrEnum

from securecart.names.principal import Principal
from securecart.policy.document import Policy
from securecart.policy.variables import Context


@dataclass(frozen=True, slots=True)
class Request:
    """One principal asks to do one thing to one resource.

    `action` is `service:Action`, `resource` an ARN, `resource_account` the
    twelve digits of its owner. `context` holds the request's condition keys;
    those of the principal the engine adds, and believes nobody else on them.
    `asserted` holds keys that whoever asks vouches for and that replace the
    engine's own, an empty tuple making one absent: for simulations, where the
    principal is known by its ARN alone. No server fills it.
    """

    principal: Principal
    action: str
    resource: str
    context: Context
    resource_account: str
    asserted: Context = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Layers:
    """The policies that bear on a request.

    `session` is None where the session has no session policies; an empty
    tuple would be one that allows nothing. `resource` is the policy of the
    bucket, key or role that is asked for.
    """

    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: tuple[Policy, ...] | None = None
    resource: Policy | None = None


class Layer(StrEnum):
    """Where a statement stands, or which layer failed to allow."""

    IDENTITY = "identity"
    RESOURCE = "resource"
    BOUNDARY = "boundary"
    SESSION = "session"
    TRUST = "trust"


class Decision(Enum):
    """The outcome; whatever is not ALLOW is a refusal."""

    ALLOW = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"


@dataclass(frozen=True, slots=True)
class StatementRef:
    """A statement by its place: layer, policy and statement count from zero."""

    layer: Layer
    policy: int
    statement: int
    sid: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision, the statements that made it, and the layer that refused.

    `layer` is the one that denies, or the first that allows nothing; None
    where the request is allowed. An implicit denial names no statements.
    """

    decision: Decision
    statements: tuple[StatementRef, ...] = ()
    layer: Layer | None = None

    @property
    def allowed(self) -> bool:
        """Whether the request may go on."""
        return self.decision is Decision.ALLOW
