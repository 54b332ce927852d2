"""From documents and a request to a decision.

Sources: AWS IAM User Guide, "How AWS enforcement code logic evaluates requests
to allow or deny access", "Cross-account policy evaluation logic" and "Session
policies"; AWS KMS Developer Guide, "Default key policy".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from tests.unit.policy.reference.conditions import conditions_hold, listed
from tests.unit.policy.reference.principals import Grant, full_context, meant
from tests.unit.policy.reference.text import Context, arn_fits, glob, lower
from tests.unit.policy.reference.truth import Truth, every, opposite, some

from securecart.names.principal import Anonymous, Federated, Principal, Root, Service

Document = dict[str, Any]
Place = tuple[str, int, int]
"""Layer, count of the policy, count of the statement."""


@dataclass(frozen=True)
class Case:
    """Documents and a request; `session` None is no session policy at all."""

    decides: Literal["", "key", "trust"]
    principal: Principal
    action: str
    resource: str
    context: Context
    resource_account: str
    identity: list[Document]
    boundary: Document | None = None
    session: list[Document] | None = None
    owner: Document | None = None
    """The policy of the bucket, key or role."""
    asserted: Context | None = None


@dataclass(frozen=True)
class Verdict:
    """A decision, where the statements stand that made it, who refused."""

    decision: str
    """`allowed`, `explicitDeny` or `implicitDeny`."""
    layer: str | None = None
    statements: frozenset[Place] = frozenset()


def judge(case: Case) -> Verdict:
    """Decide one request."""
    if not case.decides and lower(case.action) == "sts:getcalleridentity":
        # AWS STS API Reference, GetCallerIdentity: it needs no permission, and
        # no policy can deny it.
        return Verdict("allowed")
    owner = "trust" if case.decides == "trust" else "resource"
    layers = {
        owner: [] if case.owner is None else [case.owner],
        "identity": case.identity,
        "boundary": [] if case.boundary is None else [case.boundary],
        "session": case.session or [],
    }
    for layer, documents in layers.items():
        denying = _applying(case, layer, documents, "Deny")
        if denying:
            return Verdict("explicitDeny", layer, frozenset(denying))
    allowing = {
        layer: _applying(case, layer, documents, "Allow")
        for layer, documents in layers.items()
    }
    return _without_deny(case, owner, allowing)


def _without_deny(
    case: Case, owner: str, allowing: dict[str, dict[Place, Grant]]
) -> Verdict:
    # What has to allow, in the order in which a refusal is told.
    cuts = [
        layer
        for layer, policies in (("boundary", case.boundary), ("session", case.session))
        if policies is not None
    ]
    best = max(allowing[owner].values(), default=Grant.NONE)
    at_home = case.principal.account == case.resource_account
    match case.principal:
        case Service() | Federated() | Anonymous():
            needed = [owner]
        case Root() if at_home and not case.decides:
            return Verdict("allowed", None, frozenset(allowing[owner]))
        case Root():
            needed = [owner]
        case _ if case.decides and best is Grant.NONE:
            # A key or a role is nobody's to give away but its own policy's.
            needed = [owner]
        case _ if not at_home:
            needed = ["identity", *cuts, owner]
        case _ if best is Grant.DIRECT:
            needed = [owner]
        case _ if best is Grant.ROLE:
            needed = [owner, *cuts]
        case _:
            needed = ["identity", *cuts]
    for layer in needed:
        if not allowing[layer]:
            return Verdict("implicitDeny", layer)
    return Verdict(
        "allowed", None, frozenset().union(*(allowing[one] for one in needed))
    )


def _applying(
    case: Case, layer: str, documents: list[Document], effect: str
) -> dict[Place, Grant]:
    """The statements of an effect that apply, and whom each means."""
    found: dict[Place, Grant] = {}
    for place, version, statement in _statements(layer, documents):
        if statement["Effect"] != effect:
            continue
        grant = Grant.DIRECT
        if layer in {"resource", "trust"}:
            bounded = case.boundary is not None
            grant = meant(statement, case.principal, has_boundary=bounded)
        if grant is Grant.NONE:
            continue
        applies = _applies(statement, case, variables=version == "2012-10-17")
        # What cannot be decided counts against the request.
        if applies or (applies is None and effect == "Deny"):
            found[place] = grant
    return found


def _statements(
    layer: str, documents: list[Document]
) -> Iterator[tuple[Place, str, Document]]:
    for count, document in enumerate(documents):
        version = document.get("Version", "2008-10-17")
        for position, statement in enumerate(listed(document["Statement"])):
            yield (layer, count, position), version, statement


def _applies(statement: Document, case: Case, *, variables: bool) -> Truth:
    asserted = case.asserted or {}
    context = full_context(
        case.principal, case.context, case.resource_account, asserted
    )
    return every(
        (
            _action(statement, case.action),
            _resource(statement, case.resource, context, variables=variables),
            conditions_hold(
                statement.get("Condition", {}), context, variables=variables
            ),
        )
    )


def _action(statement: Document, action: str) -> bool:
    def named(patterns: Any) -> bool:
        return any(glob(lower(one), lower(action)) for one in listed(patterns))

    if "NotAction" in statement:
        return not named(statement["NotAction"])
    return named(statement["Action"])


def _resource(
    statement: Document, resource: str, context: Context, *, variables: bool
) -> Truth:
    def fit(pattern: str) -> Truth:
        return arn_fits(pattern, resource, context, variables=variables)

    if "NotResource" in statement:
        # Whether an entry with a missing variable excludes cannot be decided.
        return opposite(some(map(fit, listed(statement["NotResource"]))))
    if "Resource" in statement:
        # Such an entry matches nothing.
        return any(fit(pattern) for pattern in listed(statement["Resource"]))
    return True
