"""Who may do what with a key: its policy, and the caller's own.

Source: AWS KMS Developer Guide, "Determining access to AWS KMS keys" and
"kms:ViaService".
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from securecart.kms.checks import Check, encryption_context_keys, key_context
from securecart.kms.entities import Key
from securecart.kms.key_policy import compiled
from securecart.kms.material import EncryptionContext
from securecart.names.entities import Entities, EntityReader
from securecart.names.entity_cache import EntityCache
from securecart.names.errors import AccessDenied
from securecart.names.principal import Principal, Service
from securecart.policy import (
    Answer,
    Context,
    Decision,
    DeniedByPolicy,
    Layer,
    Request,
    denial_message,
    explain,
    explain_key,
)
from securecart.policy.compiled import CompiledSession

S3 = "s3.amazonaws.com"
_S3_MAY = frozenset({"kms:DescribeKey", "kms:GenerateDataKey", "kms:Decrypt"})
"""What the object store asks for by itself. The gateway has decided before
for whoever it asks on behalf of, by `require_via_s3`."""
_MAX_KEPT = 1024
"""Keys whose policies are at hand; buckets share few."""


@dataclass(frozen=True, slots=True)
class _Stored:
    """A key, and the condition keys that it brings."""

    key: Key
    context: Context


def _stored_key(store: EntityReader, arn: str) -> _Stored | None:
    key = store.get(Key, arn.rpartition("/")[2])
    if key is None or key.arn != arn:
        return None
    return _Stored(key, key_context(store, key))


class KeyAuthorizer:
    """Decides by key policies and the caller's policies; shared by threads.

    `session_for` answers a principal's own policies (`iam.Authorizer`).
    """

    def __init__(
        self,
        entities: Entities,
        session_for: Callable[[Principal], CompiledSession],
        *,
        account: str,
        region: str,
    ) -> None:
        self._keys = EntityCache(entities, _stored_key, most=_MAX_KEPT)
        self._session_for = session_for
        self._account = account
        self._via_s3 = f"s3.{region}.amazonaws.com"

    def require(self, principal: Principal, check: Check) -> None:
        """Let one action of a call pass.

        Raises:
            AccessDenied: if it may not; `DeniedByPolicy` where a policy says so.
        """
        if isinstance(principal, Service):
            self._require_service(principal, check)
        else:
            self._require(
                principal, check.action, check.resource, check.context, check.key
            )

    def require_via_s3(
        self,
        principal: Principal,
        action: str,
        key_arn: str,
        encryption_context: EncryptionContext,
        *,
        now: datetime,
    ) -> None:
        """Let S3 use a key on somebody's behalf.

        `action` is `kms:GenerateDataKey` to write and `kms:Decrypt` to read.
        A key that does not exist here is nobody's to use.

        Raises:
            AccessDenied: if it may not; `DeniedByPolicy` where a policy says so.
        """
        stored = self._keys.get(key_arn)
        if stored is None or stored.key.destroyed_by(now):
            request = Request(principal, action, key_arn, {}, self._account)
            raise _refused(request, Layer.RESOURCE)
        context = {
            **stored.context,
            "kms:calleraccount": principal.account,
            "kms:viaservice": self._via_s3,
            **encryption_context_keys(encryption_context),
        }
        self._require(principal, action, key_arn, context, stored.key)

    def _require(
        self,
        principal: Principal,
        action: str,
        resource: str,
        context: Context,
        key: Key | None,
    ) -> None:
        session = self._session_for(principal)
        if key is None:
            policy, why = None, explain
            answer = session.decide(action, resource, context, self._account)
        else:
            policy, why = compiled(key.policy), explain_key
            answer = session.decide_key(
                action, resource, context, self._account, policy
            )
        if not answer.allowed:
            request = Request(principal, action, resource, context, self._account)
            layers = replace(session.layers, resource=policy)
            raise DeniedByPolicy(request, answer, partial(why, layers, request))

    def _require_service(self, service: Service, check: Check) -> None:
        known = service == Service(self._account, S3)
        if not known or check.action not in _S3_MAY:
            request = Request(
                service, check.action, check.resource, check.context, self._account
            )
            raise _refused(request, Layer.IDENTITY)


def _refused(request: Request, layer: Layer) -> AccessDenied:
    """In the words of a policy's refusal, where there is no policy to ask."""
    answer = Answer(Decision.IMPLICIT_DENY, (), layer)
    return AccessDenied(denial_message(request, answer))
