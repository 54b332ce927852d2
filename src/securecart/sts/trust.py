"""Whether a role's trust policy lets it be assumed.

Source: AWS IAM User Guide, "Pass session tags in AWS STS" and "Monitor and
control actions taken with assumed roles" for the two actions that tags and a
source identity need beside the assumption itself; Service Authorization
Reference, "Actions, resources, and condition keys for AWS Security Token
Service".
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Final

from securecart.iam import Role, with_bound_principals
from securecart.names.errors import AccessDenied
from securecart.names.principal import Principal
from securecart.policy import (
    Context,
    DeniedByPolicy,
    Layers,
    MalformedPolicyDocument,
    Policy,
    PolicyKind,
    Request,
    decide_trust,
    explain_trust,
    parse_policy,
    trust_decisions,
)
from securecart.policy.casing import ascii_lower

_MAX_DOCUMENTS: Final = 1_000
"""Compiled trust policies kept: IAM's own quota of roles in an account."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """All that a trust policy is asked about.

    `tags` are those that the call passes, `inherited` says that others come
    down a chain. `claims` are the provider's condition keys.
    """

    action: str
    principal: Principal
    layers: Layers
    session_name: str
    duration_seconds: int
    tags: tuple[tuple[str, str], ...]
    transitive_tag_keys: tuple[str, ...]
    inherited: bool
    source_identity: str | None
    external_id: str | None
    claims: Context


def require_trust(role: Role, assumption: Assumption, context: Context) -> None:
    """Let an assumption pass that the role's trust policy allows.

    `context` holds the request's own condition keys; none of them can stand
    in for what was verified.

    Raises:
        AccessDenied: if it does not, in AWS's words.
    """
    trust_policy = _compiled(role.trust_policy, role.bound_principals)
    whole = {**context, **_tags_of(role), **_keys(assumption)}
    request = Request(
        assumption.principal, assumption.action, role.arn, whole, role.account
    )
    layers = assumption.layers
    decision = trust_decisions(trust_policy, request, layers)
    for action in _actions(assumption):
        answer = decision(action)
        if not answer.allowed:
            refused = replace(request, action=action)
            why = partial(explain_trust, trust_policy, refused, layers)
            raise DeniedByPolicy(refused, answer, why)


@lru_cache(_MAX_DOCUMENTS)
def _compiled(document: str, bound: tuple[tuple[str, str], ...]) -> Policy:
    try:
        policy = parse_policy(document, PolicyKind.TRUST)
    except MalformedPolicyDocument:
        # Put by another release: a part of it may have been a Deny.
        raise AccessDenied("The role's trust policy cannot be read.") from None
    return with_bound_principals(policy, bound)


def trusted_by_nobody(request: Request, layers: Layers) -> DeniedByPolicy:
    """The refusal of a role that is not there: as of one that trusts nobody."""
    nobody = Policy("", PolicyKind.TRUST, ())
    why = partial(explain_trust, nobody, request, layers)
    return DeniedByPolicy(request, decide_trust(nobody, request, layers), why)


def not_authorized(action: str) -> AccessDenied:
    """AWS's one answer to the federated, whether or not the role exists."""
    return AccessDenied(f"Not authorized to perform {action}")


def _actions(assumption: Assumption) -> Iterator[str]:
    yield assumption.action
    if assumption.tags or assumption.inherited:
        yield "sts:TagSession"
    if assumption.source_identity is not None:
        yield "sts:SetSourceIdentity"


def _keys(assumption: Assumption) -> Context:
    keys: dict[str, str | tuple[str, ...]] = {
        **assumption.claims,
        "sts:rolesessionname": assumption.session_name,
    }
    if assumption.source_identity is not None:
        keys["sts:sourceidentity"] = assumption.source_identity
    if assumption.external_id is not None:
        keys["sts:externalid"] = assumption.external_id
    if assumption.tags:
        keys["aws:tagkeys"] = tuple(key for key, _ in assumption.tags)
    if assumption.transitive_tag_keys:
        keys["sts:transitivetagkeys"] = assumption.transitive_tag_keys
    return keys | {
        f"aws:requesttag/{ascii_lower(key)}": value for key, value in assumption.tags
    }


def _tags_of(role: Role) -> dict[str, str]:
    return {
        f"{vendor}:resourcetag/{ascii_lower(key)}": value
        for vendor in ("aws", "iam")
        for key, value in role.tags
    }
