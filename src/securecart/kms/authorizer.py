"""Who may do what with a key: its policy, and the caller's own.

Source: AWS KMS Developer Guide, "Determining access to AWS KMS keys" and
"kms:ViaService".
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from securecart.kms.checks import Check, encryption_context_keys, key_context
from securecart.kms.entities import Key
from securecart.kms.key_policy import compiled
from securecart.kms.material import EncryptionContext
from securecart.names.entities import Entities, EntityReader
from securecart.names.entity_cache import EntityCache
from securecart.names.principal import Principal, Service
from securecart.policy import Answer, Context, Decision, Layer
from securecart.policy.compiled import CompiledSession

S3 = "s3.amazonaws.com"
_S3_MAY = frozenset({"kms:DescribeKey", "kms:GenerateDataKey", "kms:Decrypt"})
"""What the object store asks for by itself. The gateway has decided before
for whoever it asks on behalf of, by `authorize_via_s3`."""
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

    def authorize(self, principal: Principal, check: Check) -> Answer:
        """Decide one action of a call."""
        if isinstance(principal, Service):
            return self._service(principal, check.action)
        return self._decide(
            principal, check.action, check.resource, check.context, check.key
        )

    def authorize_via_s3(
        self,
        principal: Principal,
        action: str,
        key_arn: str,
        encryption_context: EncryptionContext,
        *,
        now: datetime,
    ) -> Answer:
        """Decide what S3 will do with a key on somebody's behalf.

        `action` is `kms:GenerateDataKey` to write and `kms:Decrypt` to read.
        A key that does not exist here is nobody's to use.
        """
        stored = self._keys.get(key_arn)
        if stored is None or stored.key.destroyed_by(now):
            return Answer(Decision.IMPLICIT_DENY, (), Layer.RESOURCE)
        context = {
            **stored.context,
            "kms:calleraccount": principal.account,
            "kms:viaservice": self._via_s3,
            **encryption_context_keys(encryption_context),
        }
        return self._decide(principal, action, key_arn, context, stored.key)

    def _decide(
        self,
        principal: Principal,
        action: str,
        resource: str,
        context: Context,
        key: Key | None,
    ) -> Answer:
        session = self._session_for(principal)
        if key is None:
            return session.decide(action, resource, context, self._account)
        policy = compiled(key.policy)
        return session.decide_key(action, resource, context, self._account, policy)

    def _service(self, service: Service, action: str) -> Answer:
        known = service == Service(self._account, S3)
        if known and action in _S3_MAY:
            return Answer(Decision.ALLOW)
        return Answer(Decision.IMPLICIT_DENY, (), Layer.IDENTITY)
