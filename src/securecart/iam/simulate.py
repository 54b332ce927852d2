"""What policies would say of requests that nobody sends.

The engine that guards the account answers. Whoever asks is believed on every
condition key, as AWS's policy simulator believes them.

Source: AWS IAM API Reference; each function is the action of its name.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from securecart.iam.call import Call, Result
from securecart.iam.errors import InvalidInput
from securecart.iam.paging import page
from securecart.iam.policy_sources import Source, inputs, sources_of
from securecart.names.principal import IamUser
from securecart.policy import Answer, Decision, Layer, Layers, principal_context
from securecart.policy.casing import ascii_lower
from securecart.policy.simulation import (
    MalformedSimulation,
    Position,
    Simulation,
    context_keys,
    read_simulation,
    statement_spans,
)

_MOST_REQUESTS = 10_000
"""Actions times resources of one call; a page evaluates a thousand at most."""

_SINGLE = frozenset({"string", "numeric", "boolean", "ip", "binary", "date"})


@dataclass(frozen=True, slots=True)
class _Question:
    """What all requests of a call have in common."""

    caller: str | None
    account: str
    identity: tuple[Source, ...]
    boundaries: tuple[Source, ...]
    resource_policy: str | None
    owner: str | None
    context: Mapping[str, Any]


def simulate_custom_policy(call: Call) -> Result:
    """Decide requests by the policies that the call brings."""
    return _simulated(call, inputs(call, "PolicyInputList"), None, (), {})


def simulate_principal_policy(call: Call) -> Result:
    """Decide requests by a user's, group's or role's policies, and by more."""
    found = sources_of(call)
    more = inputs(call, "PolicyInputList")
    return _simulated(
        call, (*found.policies, *more), found.arn, found.boundary, found.context
    )


def _simulated(
    call: Call,
    identity: tuple[Source, ...],
    caller: str | None,
    boundary: tuple[Source, ...],
    known: Mapping[str, Any],
) -> Result:
    given = inputs(call, "PermissionsBoundaryPolicyInputList")
    named = call.optional("CallerArn") or caller
    if "CallerArn" in call.parameters and ":user/" not in str(named):
        raise InvalidInput("CallerArn must be the ARN of an IAM user.")
    policy = call.parameters.get("ResourcePolicy")
    if policy is not None and named is None:
        raise InvalidInput("CallerArn is required where ResourcePolicy is given.")
    question = _Question(
        caller=named,
        account=call.account,
        identity=identity,
        boundaries=given or boundary,
        resource_policy=policy,
        owner=_account_in(call.parameters.get("ResourceOwner")),
        context={**(known if named == caller else {}), **_context(call)},
    )
    actions = call.parameters.get("ActionNames", ())
    resources = call.parameters.get("ResourceArns") or ("*",)
    if len(actions) * len(resources) > _MOST_REQUESTS:
        raise InvalidInput(f"Simulate at most {_MOST_REQUESTS} requests in a call.")
    pairs = [(action, resource) for action in actions for resource in resources]
    shown = page(
        call,
        "EvaluationResults",
        {f"{index:05}": pair for index, pair in enumerate(pairs)},
    )
    results = [_result(question, *pair) for pair in shown["EvaluationResults"]]
    return {**shown, "EvaluationResults": results}


def _account_in(owner: str | None) -> str | None:
    """The account of an owner, given by its number or by an ARN."""
    if owner is None or ":" not in owner:
        return owner
    return owner.split(":", 5)[4] if owner.count(":") > 4 else owner  # noqa: PLR2004


def _context(call: Call) -> dict[str, Any]:
    keys: dict[str, Any] = {}
    for entry in call.parameters.get("ContextEntries", ()):
        name, values = (
            entry.get("ContextKeyName", ""),
            entry.get("ContextKeyValues", ()),
        )
        kind = entry.get("ContextKeyType", "string")
        base = kind.removesuffix("List")
        if base not in _SINGLE or (kind in _SINGLE and len(values) != 1):
            raise InvalidInput(f"Invalid type or values of the context key {name}.")
        for value in values:
            if not _fits(base, value):
                raise InvalidInput(f"Invalid {base} value of the context key {name}.")
        keys[ascii_lower(name)] = values[0] if kind in _SINGLE else list(values)
    return keys


def _fits(kind: str, value: str) -> bool:
    if kind == "boolean":
        return value.lower() in {"true", "false"}
    if kind == "numeric":
        try:
            return math.isfinite(float(value))
        except ValueError:
            return False
    return True


def _result(question: _Question, action: str, resource: str) -> dict[str, Any]:
    simulation = _read(question, action, resource)
    answer = simulation.answer()
    missing = _missing(question, simulation)
    result: dict[str, Any] = {
        "EvalActionName": action,
        "EvalResourceName": resource,
        "EvalDecision": answer.decision.value,
        "MatchedStatements": list(_matched(question, answer)),
        "MissingContextValues": missing,
    }
    if simulation.boundaries:
        bounding = replace(
            simulation, layers=Layers(identity=simulation.boundaries), boundaries=()
        )
        allowed = bounding.answer().decision is Decision.ALLOW
        result["PermissionsBoundaryDecisionDetail"] = {
            "AllowedByPermissionsBoundary": allowed
        }
    if resource != "*":
        specific = dict(result, EvalResourceDecision=result["EvalDecision"])
        del specific["EvalActionName"], specific["EvalDecision"]
        result["ResourceSpecificResults"] = [specific]
    return result


def _read(question: _Question, action: str, resource: str) -> Simulation:
    # Root would be let in without any policy; a user that is unknown is not.
    nobody = IamUser(question.account, "unknown", "")
    context = dict(question.context)
    if question.caller is None:
        context = {key: [] for key in principal_context(nobody)} | context
    line = {
        "principal": question.caller or nobody.arn,
        "action": action,
        "resource": resource,
        "context": context,
        "identity_policies": [source.document for source in question.identity],
        "permissions_boundaries": [source.document for source in question.boundaries],
        "resource_policy": question.resource_policy,
        "resource_account": question.owner,
    }
    try:
        return read_simulation(orjson.dumps(line).decode())
    except MalformedSimulation as error:
        raise InvalidInput(str(error)) from error


def _missing(question: _Question, simulation: Simulation) -> list[str]:
    layers, request = simulation.layers, simulation.request
    policies = [*layers.identity, *simulation.boundaries]
    if layers.resource is not None:
        policies.append(layers.resource)
    own = {} if question.caller is None else principal_context(request.principal)
    present = {**own, **request.context, **question.context}
    action = ascii_lower(request.action)
    asked = (key for policy in policies for key in context_keys(policy, action))
    missing = {ascii_lower(key): key for key in asked}
    return [key for name, key in missing.items() if not present.get(name)]


def _matched(question: _Question, answer: Answer) -> Iterator[dict[str, Any]]:
    for ref in answer.statements:
        if ref.layer is Layer.IDENTITY:
            source = question.identity[ref.policy]
        elif ref.layer is Layer.BOUNDARY:
            source = question.boundaries[ref.policy]
        else:
            source = Source("ResourcePolicy", question.resource_policy or "")
        start, end = statement_spans(source.document)[ref.statement]
        yield {
            "SourcePolicyId": source.name,
            "SourcePolicyType": "IAM Policy",
            "StartPosition": _position(start),
            "EndPosition": _position(end),
        }


def _position(position: Position) -> dict[str, int]:
    return {"Line": position.line, "Column": position.column}
