"""Which policies bear on a principal, and what they say of a request.

Source: AWS IAM User Guide, "Policy evaluation logic".
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial

from securecart.iam.entities import Role, User
from securecart.iam.find import find_policy, find_role, find_user
from securecart.names.entities import Entities, EntityReader
from securecart.names.entity_cache import EntityCache
from securecart.names.principal import IamUser, Principal
from securecart.names.session import RoleSession
from securecart.policy import (
    Context,
    DeniedByPolicy,
    Layers,
    MalformedPolicyDocument,
    Policy,
    PolicyKind,
    Request,
    explain,
    parse_policy,
)
from securecart.policy.compiled import CompiledSession

_MAX_PRINCIPALS = 1024
"""Principals whose compiled policies are kept: some ten kilobytes each, and
never more than the 96 that a session keeps, so 100 MB whatever they ask. When
they are more, all go; compiling anew takes a session's next request half a
millisecond."""
_CHARACTERS = 512
"""Characters of session policies that count as one more principal. Callers write
them, and compiled the dearest take some 100 kB for each so many: of those as long
as they may be (2,048 characters) 204 are kept, not 400 MB of them."""
_MAX_DOCUMENTS = 4096
"""Compiled policies that are kept, none but what administrators put; sessions of
one role share theirs."""

_NOTHING = Layers()
_DENY_ALL = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}'
)


@lru_cache(_MAX_DOCUMENTS)
def _compiled(document: str, kind: PolicyKind) -> Policy:
    return parse_policy(document, kind)


_GONE = Layers(identity=(_compiled(_DENY_ALL, PolicyKind.IDENTITY),))


class Authorizer:
    """Decides by the policies in the store; shared by threads.

    What is compiled for a principal is kept until the store's generation
    changes, so a policy that was put holds for the next request of every
    session.
    """

    def __init__(self, entities: Entities) -> None:
        self._sessions = EntityCache(
            entities, _session_of, most=_MAX_PRINCIPALS, weigh=_weight
        )

    def require(
        self,
        principal: Principal,
        action: str,
        resource: str,
        context: Context,
        *,
        resource_account: str,
        resource_policy: Policy | None = None,
    ) -> None:
        """Let a request pass on a resource with or without its own policy.

        Raises:
            DeniedByPolicy: if the policies do not allow it.
        """
        session = self.session_for(principal)
        answer = session.decide(
            action, resource, context, resource_account, resource_policy
        )
        if not answer.allowed:
            request = Request(principal, action, resource, context, resource_account)
            layers = replace(session.layers, resource=resource_policy)
            raise DeniedByPolicy(request, answer, partial(explain, layers, request))

    def session_for(self, principal: Principal) -> CompiledSession:
        """Answer the principal's own policies, compiled; for one request only.

        A session whose role is gone, or was made anew under the same name
        with another id, is denied everything: no resource policy that still
        names it may let it in. So is a user's key that outlived the user.
        """
        return self._sessions.get(principal) or CompiledSession(_GONE, principal)

    def layers_for(self, principal: Principal) -> Layers:
        """Answer the principal's own policies; none for who cannot have any."""
        return self.session_for(principal).layers


def _weight(principal: Principal) -> int:
    """What a principal counts for among those that are kept."""
    if not isinstance(principal, RoleSession):
        return 1
    return 1 + sum(map(len, principal.session_policies)) // _CHARACTERS


def _session_of(store: EntityReader, principal: Principal) -> CompiledSession | None:
    if not isinstance(principal, IamUser | RoleSession):
        return CompiledSession(_NOTHING, principal)
    layers = _layers(store, principal)
    return None if layers is None else CompiledSession(layers, principal)


def _layers(store: EntityReader, principal: IamUser | RoleSession) -> Layers | None:
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
    documents = [
        *owner.inline_policies.values(),
        *(_managed(store, arn) for arn in owner.attached_policies),
    ]
    boundary = None if owner.boundary is None else _managed(store, owner.boundary)
    return Layers(
        identity=tuple(_read(document, PolicyKind.IDENTITY) for document in documents),
        boundary=None if boundary is None else _read(boundary, PolicyKind.IDENTITY),
    )


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
