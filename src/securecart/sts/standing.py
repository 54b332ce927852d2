"""Whether what a session began with still stands.

A session ends before its time when the key that its token is sealed with, the
long-term access key that it was got with, or the provider that vouched for it
is gone. AWS lets such sessions run out; here they end at once. What hangs on
a role or user is for `iam.layers` to see.
"""

from securecart.iam import AccessKey, find_oidc_provider, find_saml_provider
from securecart.names.entities import EntityReader
from securecart.names.principal import IamUser
from securecart.names.session import RoleSession
from securecart.sts.issuer import lifetime_of
from securecart.sts.issuing_keys import IssuingKey


def is_revoked(store: EntityReader, principal: IamUser | RoleSession) -> bool:
    """Say whether a session no longer counts; a long-term key is never one."""
    if isinstance(principal, IamUser):
        if principal.session is None:
            return False
        origin = principal.access_key_id
    else:
        origin = principal.rests_on
    lifetime = lifetime_of(principal)
    if store.get(IssuingKey, lifetime.issuing_key_id) is None:
        return True
    if origin is None:
        return False
    if not origin.startswith("arn:"):
        key = store.get(AccessKey, origin)
        return key is None or not key.active
    provider = find_saml_provider(store, origin) or find_oidc_provider(store, origin)
    # One made anew under the same name has vouched for nobody yet.
    return provider is None or provider.created > lifetime.issued_at
