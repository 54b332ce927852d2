"""The policies that bear on a user or on a role's session.

Source: AWS IAM User Guide, "Policy evaluation logic".
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from securecart.iam.entities import Group, Role, User
from securecart.iam.find import find_policy, find_role, find_user
from securecart.names.entities import EntityReader
from securecart.names.principal import IamUser
from securecart.names.session import RoleSession
from securecart.policy import (
    Layers,
    MalformedPolicyDocument,
    Policy,
    PolicyKind,
    parse_policy,
)

_MAX_DOCUMENTS = 1024
"""Compiled policies that are kept, none but what administrators put; sessions of
one role share theirs. One of two statements takes 8 kB."""

_DENY_ALL = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}'
)


@lru_cache(_MAX_DOCUMENTS)
def _compiled(document: str, kind: PolicyKind) -> Policy:
    return parse_policy(document, kind)


GONE = Layers(identity=(_compiled(_DENY_ALL, PolicyKind.IDENTITY),))
"""What a principal has that is no longer there: everything is denied."""


def layers_of(store: EntityReader, principal: IamUser | RoleSession) -> Layers | None:
    """Answer the principal's own policies; None where it is gone."""
    if isinstance(principal, IamUser):
        user = find_user(store, principal.name)
        if user is None or user.user_id != principal.user_id:
            return None
        return _own_layers(store, user)
    role = find_role(store, principal.role_name)
    if role is None or role.role_id != principal.role_id:
        return None
    return replace(_own_layers(store, role), session=_session(store, principal))


def _own_layers(store: EntityReader, owner: Role | User) -> Layers:
    documents = [*_documents(store, owner)]
    for key in owner.groups if isinstance(owner, User) else ():
        group = store.get(Group, key)
        # A group that is gone may have denied something.
        documents += [_DENY_ALL] if group is None else _documents(store, group)
    boundary = None if owner.boundary is None else _managed(store, owner.boundary)
    return Layers(
        identity=tuple(_read(document, PolicyKind.IDENTITY) for document in documents),
        boundary=None if boundary is None else _read(boundary, PolicyKind.IDENTITY),
    )


def _documents(store: EntityReader, owner: Role | User | Group) -> list[str]:
    return [
        *owner.inline_policies.values(),
        *(_managed(store, arn) for arn in owner.attached_policies),
    ]


def _session(store: EntityReader, session: RoleSession) -> tuple[Policy, ...] | None:
    if not session.session_policies and not session.session_policy_arns:
        return None
    kind = PolicyKind.SESSION
    managed = (_managed(store, arn) for arn in session.session_policy_arns)
    return (
        # Of the caller's making: kept with this session alone.
        *(_read(own, kind, parse_policy) for own in session.session_policies),
        *(_read(document, kind) for document in managed),
    )


def _managed(store: EntityReader, arn: str) -> str:
    # A policy that is gone cannot have been meant to allow more by going.
    policy = find_policy(store, arn)
    return _DENY_ALL if policy is None else policy.document


def _read(
    document: str,
    kind: PolicyKind,
    parse: Callable[[str, PolicyKind], Policy] = _compiled,
) -> Policy:
    try:
        return parse(document, kind)
    except MalformedPolicyDocument:
        # An older release stored what this one does not understand: a part
        # of it may have been a Deny.
        return _compiled(_DENY_ALL, kind)
