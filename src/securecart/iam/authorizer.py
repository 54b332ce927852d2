"""Which policies bear on a principal, and what they say of a request.

Source: AWS IAM User Guide, "Policy evaluation logic".
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from securecart.iam.layers import GONE, layers_of
from securecart.names.entities import Entities, EntityReader
from securecart.names.entity_cache import EntityCache
from securecart.names.principal import IamUser, Principal
from securecart.names.session import RoleSession
from securecart.policy import (
    Context,
    DeniedByPolicy,
    Layers,
    Policy,
    Request,
    explain,
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
_NOTHING = Layers()
_CAN_GO = (IamUser, RoleSession)

Revoked = Callable[[EntityReader, IamUser | RoleSession], bool]
"""Says whether a session was ended before its time."""


def _never(_: EntityReader, __: IamUser | RoleSession) -> bool:
    return False


class Authorizer:
    """Decides by the policies in the store; shared by threads.

    What is compiled for a principal is kept until the store's generation
    changes, so a policy that was put holds for the next request of every
    session. So does the end of a session that `revoked` tells of.
    """

    def __init__(self, entities: Entities, *, revoked: Revoked = _never) -> None:
        self._revoked = revoked
        self._sessions = EntityCache(
            entities, self._read, most=_MAX_PRINCIPALS, weigh=_weight
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
        return self._sessions.get(principal) or CompiledSession(GONE, principal)

    def is_gone(self, principal: Principal) -> bool:
        """Say whether the principal is no longer there, or was revoked."""
        return isinstance(principal, _CAN_GO) and self._sessions.get(principal) is None

    def layers_for(self, principal: Principal) -> Layers:
        """Answer the principal's own policies; none for who cannot have any."""
        return self.session_for(principal).layers

    def _read(
        self, store: EntityReader, principal: Principal
    ) -> CompiledSession | None:
        if not isinstance(principal, _CAN_GO):
            return CompiledSession(_NOTHING, principal)
        if self._revoked(store, principal):
            return None
        layers = layers_of(store, principal)
        return None if layers is None else CompiledSession(layers, principal)


def _weight(principal: Principal) -> int:
    """What a principal counts for among those that are kept."""
    if not isinstance(principal, RoleSession):
        return 1
    return 1 + sum(map(len, principal.session_policies)) // _CHARACTERS
