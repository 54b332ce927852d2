"""Holds a counterexample to the engine, from outside of the proof."""

from securecart.names.principal import Federated
from securecart.names.session import RoleSession
from securecart.policy import (
    Layers,
    Policy,
    PolicyKind,
    Request,
    decide,
    decide_key,
    decide_trust,
    parse_policy,
)
from securecart.proof.counterexample import Counterexample, SignIn
from securecart.proof.deployment import DeployedRole, Deployment
from securecart.proof.targets import Harm

_EVERYTHING = parse_policy(
    '{"Version": "2012-10-17", "Statement":'
    ' {"Effect": "Allow", "Action": "*", "Resource": "*"}}',
    PolicyKind.IDENTITY,
)


def assert_allowed(deployment: Deployment, found: Counterexample) -> None:
    """Both people sign in, and the one request between them is allowed."""
    roles = {role.arn: role for role in deployment.roles}
    for steps in (found.asker, found.owner):
        _assert_signed_in(roles, steps)
    assert found.owner
    request = found.request
    if found.asker:
        assert request.principal == found.asker[-1].session
        assert found.asker[0].principal != found.owner[0].principal
    layers = Layers(
        *_own(roles, request.principal), None, _policy_of(deployment, request)
    )
    of_key = request.resource in {key.arn for key in deployment.keys}
    decides = decide_key if of_key else decide
    answer = decides(layers, request)
    assert answer.allowed
    assert answer.statements == found.statements
    if found.harm == Harm.OBJECT.words:
        assert found.folder in request.resource
    if found.harm == Harm.LISTING.words:
        prefix = str(request.context.get("s3:prefix", ""))
        assert found.folder.startswith(prefix) or prefix.startswith(found.folder)


def _assert_signed_in(
    roles: dict[str, DeployedRole], steps: tuple[SignIn, ...]
) -> None:
    before: RoleSession | None = None
    for step in steps:
        if before is not None:
            assert step.principal == before
        assert step.context["sts:rolesessionname"] == step.session.session_name
        role = roles[step.role_arn]
        answer = decide_trust(
            role.trust,
            Request(
                step.principal,
                step.action,
                step.role_arn,
                step.context,
                step.session.account,
            ),
            Layers(*_own(roles, step.principal)),
        )
        assert answer.allowed
        before = step.session


def _own(
    roles: dict[str, DeployedRole], principal: object
) -> tuple[tuple[Policy, ...], Policy | None]:
    """The policies of a role; somebody of another account may do everything."""
    if not isinstance(principal, RoleSession):
        assert isinstance(principal, Federated) or not hasattr(principal, "tags")
        return (), None
    role = roles.get(principal.role_arn)
    return (role.identity, role.boundary) if role else ((_EVERYTHING,), None)


def _policy_of(deployment: Deployment, request: Request) -> Policy | None:
    keys = {key.arn: key.policy for key in deployment.keys}
    if request.action.startswith("kms:"):
        return keys.get(request.resource)
    _, _, _, _, account, resource = f"{request.resource}:::::".split(":", 5)
    concerns = not account or "/object/" in resource
    return deployment.bucket_policy if concerns else None
