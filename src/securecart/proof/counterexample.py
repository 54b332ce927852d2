"""One way for a person to come to another's folder, replayed in the engine."""

from dataclasses import dataclass

from securecart.names.principal import Principal
from securecart.names.session import RoleSession
from securecart.policy import Context, Layers, Request, StatementRef


@dataclass(frozen=True, slots=True)
class SignIn:
    """One step to a session: who assumes which role, and what comes of it.

    `action` is one of the three `sts:AssumeRole…`. `context` are the condition
    keys that the trust policy saw: the session name, tags and claims.
    """

    action: str
    principal: Principal
    role_arn: str
    context: Context
    session: RoleSession


@dataclass(frozen=True, slots=True)
class Counterexample:
    """Two people, and the one request that stands between their folders.

    `asker` and `owner` are the steps of each to a session; an asker without
    steps is somebody who is in no role: `request.principal` says who.
    `folder` is the beginning of every key of the owner, `layers` are the
    policies that bear on the request, and `harm` says in words what it does.
    The engine has said ALLOW to each step and, by `statements`, to the
    request.
    """

    asker: tuple[SignIn, ...]
    owner: tuple[SignIn, ...]
    folder: str
    request: Request
    layers: Layers
    harm: str
    statements: tuple[StatementRef, ...]
