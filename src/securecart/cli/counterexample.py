"""A counterexample told to people, and as data that can be tried again."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from securecart.names.principal import Federated, Principal
from securecart.names.session import RoleSession
from securecart.policy import (
    Context,
    Layer,
    Policy,
    Request,
    StatementRef,
    principal_context,
)
from securecart.proof.counterexample import Counterexample, SignIn
from securecart.proof.deployment import DeployedRole, Deployment

_LAYERS = {
    Layer.IDENTITY: "the role's policies",
    Layer.BOUNDARY: "the role's permissions boundary",
    Layer.RESOURCE: "the resource's own policy",
    Layer.SESSION: "the session's policies",
    Layer.TRUST: "the role's trust policy",
}


def told(found: Counterexample, deployment: Deployment) -> str:
    """The whole way into somebody else's folder, step by step."""
    return "\n".join(_story(found, deployment))


def as_data(found: Counterexample, deployment: Deployment) -> dict[str, Any]:
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
                "statement": _statement(ref, found.request, deployment),
            }
            for ref in found.statements
        ],
        "evaluate": _line(found.request, deployment),
    }


def _story(found: Counterexample, deployment: Deployment) -> Iterator[str]:
    request = found.request
    yield f"Not isolated: somebody {found.harm}."
    yield f"\n1. One person's folder is {deployment.bucket}/{found.folder}"
    yield from _sign_ins(found.owner)
    if found.asker:
        yield "\n2. Another person signs in:"
        yield from _sign_ins(found.asker)
    else:
        yield f"\n2. Somebody else needs no role: {request.principal.arn}"
    yield "\n3. The other then asks for:"
    yield f"     principal  {request.principal.arn}"
    yield f"     action     {request.action}"
    yield f"     resource   {_shown(request.resource)}"
    yield from _keys("     context    ", request.context)
    yield "   and is allowed to, by:"
    for ref in found.statements:
        statement = _compact(_statement(ref, request, deployment))
        yield f"     {_LAYERS[ref.layer]}: {statement}"
    yield "\nThe engine was asked: it allows each sign-in, and the request."


def _sign_ins(steps: Sequence[SignIn]) -> Iterator[str]:
    for step in steps:
        session = step.session
        yield f"   - {step.action} for {step.role_arn}"
        yield f"     by {_who(step.principal)}"
        yield f"     under the session name {session.session_name!r}"
        yield from _keys("     with ", step.context)
        if session.tags:
            tags = ", ".join(f"{key} = {value!r}" for key, value in session.tags)
            yield f"     session tags: {tags}"
        yield f"     which is {session.arn}, aws:userid {session.userid!r}"


def _who(principal: Principal) -> str:
    if isinstance(principal, Federated):
        return f"{principal.subject!r}, for whom {principal.provider} vouches"
    return principal.arn


def _keys(indent: str, context: Context) -> Iterator[str]:
    for key, value in sorted(context.items()):
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


def _line(request: Request, deployment: Deployment) -> dict[str, Any]:
    """A line of the form that `securecart policy evaluate` reads."""
    principal = request.principal
    role = _role(principal, deployment)
    resource = _resource_policy(request, deployment)
    line = {
        "principal": principal.arn,
        "action": request.action,
        "resource": request.resource,
        "resource_account": request.resource_account,
        # The principal's keys too: an ARN does not tell them all.
        "context": {**request.context, **principal_context(principal)},
    }
    if role is not None:
        line["identity_policies"] = [_document(policy) for policy in role.identity]
        if role.boundary is not None:
            line["permissions_boundaries"] = [_document(role.boundary)]
    if resource is not None:
        line["resource_policy"] = _document(resource)
    return line


def _statement(ref: StatementRef, request: Request, deployment: Deployment) -> Any:
    """The statement as it was written."""
    role = _role(request.principal, deployment)
    policies: tuple[Policy | None, ...] = ()
    if ref.layer is Layer.RESOURCE:
        policies = (_resource_policy(request, deployment),)
    elif role is not None:
        policies = role.identity if ref.layer is Layer.IDENTITY else (role.boundary,)
    policy = policies[ref.policy] if ref.policy < len(policies) else None
    if policy is None:
        raise LookupError(f"no such policy: {ref}")
    statements = _document(policy)["Statement"]
    return statements[ref.statement] if isinstance(statements, list) else statements


def _document(policy: Policy) -> Any:
    return json.loads(policy.text)


def _role(principal: Principal, deployment: Deployment) -> DeployedRole | None:
    if not isinstance(principal, RoleSession):
        return None
    arn = principal.role_arn
    return next((role for role in deployment.roles if role.arn == arn), None)


def _resource_policy(request: Request, deployment: Deployment) -> Policy | None:
    keys = {key.arn: key.policy for key in deployment.keys}
    return keys.get(request.resource, deployment.bucket_policy)
