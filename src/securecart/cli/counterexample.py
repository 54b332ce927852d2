"""A counterexample told to people, and as data that can be tried again."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from securecart.names.principal import Federated, Principal
from securecart.policy import (
    Context,
    Layer,
    Layers,
    Policy,
    StatementRef,
    principal_context,
)
from securecart.policy.casing import ascii_lower
from securecart.proof.counterexample import Counterexample, SignIn
from securecart.proof.deployment import Deployment

_NAME = "sts:rolesessionname"
_PREFIX = "s3:prefix"
_LAYERS = {
    Layer.IDENTITY: "their own policies",
    Layer.BOUNDARY: "their permissions boundary",
    Layer.RESOURCE: "the resource's own policy",
}


def told(found: Counterexample, deployment: Deployment) -> str:
    """The whole way into somebody else's folder, step by step."""
    return "\n".join(_story(found, deployment))


def as_data(found: Counterexample) -> dict[str, Any]:
    """The same for programs.

    `evaluate` is a line that `securecart policy evaluate` answers with ALLOW.
    """
    return {
        "harm": found.harm,
        "folder": found.folder,
        "owner": [_step_data(step) for step in found.owner],
        "asker": [_step_data(step) for step in found.asker],
        "statements": [
            {
                "layer": ref.layer,
                "policy": ref.policy,
                "sid": ref.sid,
                "statement": _statement(ref, found.layers),
            }
            for ref in found.statements
        ],
        "evaluate": _line(found),
    }


def _story(found: Counterexample, deployment: Deployment) -> Iterator[str]:
    request, telling = found.request, _telling(deployment)
    yield f"Not isolated: somebody {found.harm}."
    yield f"\n1. One person's folder is {deployment.bucket}/{found.folder}"
    yield from _sign_ins(found.owner, telling)
    if found.asker:
        yield "\n2. Another person signs in:"
        yield from _sign_ins(found.asker, telling)
    else:
        yield f"\n2. Somebody else needs no role: {request.principal.arn}"
    yield "\n3. The other then asks for:"
    yield f"     principal  {request.principal.arn}"
    yield f"     action     {request.action}"
    yield f"     resource   {_shown(request.resource)}"
    yield from _keys("     context    ", request.context, telling)
    yield "   and is allowed to, by:"
    for ref in found.statements:
        statement = _compact(_statement(ref, found.layers))
        yield f"     {_LAYERS[ref.layer]}: {statement}"
    yield "\nThe engine was asked: it allows each sign-in, and the request."


def _sign_ins(steps: Sequence[SignIn], telling: str) -> Iterator[str]:
    for step in steps:
        session = step.session
        yield f"   - {step.action} for {step.role_arn}"
        yield f"     by {_who(step.principal)}"
        yield f"     under the session name {session.session_name!r}"
        yield from _keys("     with ", step.context, telling)
        if session.tags:
            tags = ", ".join(f"{key} = {value!r}" for key, value in session.tags)
            yield f"     session tags: {tags}"
        yield f"     which is {session.arn}, aws:userid {session.userid!r}"


def _who(principal: Principal) -> str:
    if isinstance(principal, Federated):
        return f"a person for whom {principal.provider} vouches"
    return principal.arn


def _telling(deployment: Deployment) -> str:
    """All that the policies say: what they do not name is no part of a story."""
    roles = deployment.roles
    policies = (
        *(role.trust for role in roles),
        *(policy for role in roles for policy in role.identity),
        *(role.boundary for role in roles),
        deployment.bucket_policy,
        *(key.policy for key in deployment.keys),
    )
    return "\n".join(ascii_lower(each.text) for each in policies if each is not None)


def _keys(indent: str, context: Context, telling: str) -> Iterator[str]:
    for key, value in sorted(context.items()):
        # Session names are told already, whoever asks for them; listings are
        # told by their prefix, or by none.
        if key != _NAME and (key in telling or key == _PREFIX):
            values = value if isinstance(value, tuple) else (value,)
            yield f"{indent}{key} = {', '.join(map(repr, values))}"
            indent = " " * len(indent)


def _shown(text: str) -> str:
    """Text as it is, unless a terminal would make something else of it."""
    return text if text.isprintable() else repr(text)


def _compact(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False)


def _step_data(step: SignIn) -> dict[str, Any]:
    session = step.session
    return {
        "action": step.action,
        "principal": step.principal.arn,
        "role": step.role_arn,
        "context": dict(step.context),
        "session": session.arn,
        "userid": session.userid,
        "session_name": session.session_name,
        "tags": dict(session.tags),
    }


def _line(found: Counterexample) -> dict[str, Any]:
    """A line of the form that `securecart policy evaluate` reads."""
    request, layers = found.request, found.layers
    line: dict[str, Any] = {
        "principal": request.principal.arn,
        "action": request.action,
        "resource": request.resource,
        "resource_account": request.resource_account,
        # The principal's keys too: an ARN does not tell them all.
        "context": {**request.context, **principal_context(request.principal)},
        "identity_policies": [_document(policy) for policy in layers.identity],
    }
    if layers.boundary is not None:
        line["permissions_boundaries"] = [_document(layers.boundary)]
    if layers.resource is not None:
        line["resource_policy"] = _document(layers.resource)
    return line


def _statement(ref: StatementRef, layers: Layers) -> Any:
    """The statement as it was written."""
    policy = {
        Layer.RESOURCE: (layers.resource,),
        Layer.BOUNDARY: (layers.boundary,),
        Layer.IDENTITY: layers.identity,
    }[ref.layer][ref.policy]
    statements = _document(policy)["Statement"] if policy is not None else []
    return statements[ref.statement] if isinstance(statements, list) else statements


def _document(policy: Policy) -> Any:
    return json.loads(policy.text)
