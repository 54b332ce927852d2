"""The way from what is there to what is wanted.

The order makes an interruption harmless: the key and the closed, encrypting
bucket come before anybody can sign in, and the role's permissions come last;
what a role has too much is taken first.
"""

from collections.abc import Iterator

from securecart.blueprint.blueprint import Blueprint, Decryption, setup_for
from securecart.blueprint.changes import (
    AddClientId,
    BlockPublicAccess,
    Change,
    CreateAlias,
    CreateBucket,
    CreateKey,
    CreateOidcProvider,
    CreateRole,
    CreateSamlProvider,
    DeleteRolePolicy,
    DetachRolePolicy,
    EnableKeyRotation,
    EnableVersioning,
    EnforceOwnership,
    GiveDecryptionKey,
    PutBucketPolicy,
    PutCors,
    PutEncryption,
    PutKeyPolicy,
    PutRolePolicy,
    SetAssertionEncryption,
    UpdateMaxSession,
    UpdateSamlProvider,
    UpdateTrust,
)
from securecart.blueprint.errors import SetupBlocked
from securecart.blueprint.json_document import same
from securecart.blueprint.revocation import is_revocation
from securecart.blueprint.setup import (
    Bucket,
    Key,
    OidcProvider,
    Role,
    SamlProvider,
    Setup,
)


def plan(blueprint: Blueprint, actual: Setup) -> tuple[Change, ...]:
    """What has to be done, in order; nothing, if nothing differs.

    Raises:
        SetupBlocked: if the key is disabled or being deleted, or the bucket
            is in another region.
    """
    if actual.key is None:
        desired = setup_for(blueprint)
    else:
        desired = setup_for(blueprint, actual.key.arn)
    changes: list[Change] = []
    if desired.key is not None:
        changes += _key(blueprint, desired.key, actual.key)
    if desired.bucket is not None:
        changes += _bucket(blueprint.bucket, desired.bucket, actual.bucket)
    if blueprint.saml is not None and desired.saml is not None:
        changes += _saml(desired.saml, actual.saml)
        changes += _decryption(blueprint.saml.decryption, desired.saml, actual.saml)
    if desired.oidc is not None:
        changes += _oidc(desired.oidc, actual.oidc)
    if desired.role is not None:
        changes += _role(blueprint.role, desired.role, actual.role)
    return tuple(changes)


def _key(blueprint: Blueprint, desired: Key, actual: Key | None) -> Iterator[Change]:
    alias = blueprint.key_alias
    if actual is None:
        yield CreateKey(alias, blueprint.key_description, desired.policy)
        actual = Key(desired.arn, desired.policy, rotates=False, has_alias=False)
    if actual.state != "Enabled":
        raise SetupBlocked(
            f"the KMS key {actual.arn} ({alias}) is {actual.state}: enable it, or "
            "cancel its deletion, or lead the alias to another key"
        )
    if not same(actual.policy, desired.policy):
        yield PutKeyPolicy(actual.arn, desired.policy)
    if not actual.rotates:
        yield EnableKeyRotation(actual.arn)
    if not actual.has_alias:
        yield CreateAlias(alias, actual.arn)


def _bucket(name: str, desired: Bucket, actual: Bucket | None) -> Iterator[Change]:
    if actual is None:
        yield CreateBucket(name, desired.region)
        actual = Bucket(desired.region)
    if actual.region != desired.region:
        raise SetupBlocked(
            f"the bucket {name} is in {actual.region}, not in {desired.region}: "
            "choose that region or another bucket"
        )
    if not actual.closed:
        yield BlockPublicAccess(name)
    if not actual.owner_enforced:
        yield EnforceOwnership(name)
    wanted = desired.encryption
    if wanted is not None and wanted.key_arn and actual.encryption != wanted:
        yield PutEncryption(name, wanted.key_arn, wanted.bucket_key)
    if not actual.versioned:
        yield EnableVersioning(name)
    if actual.cors != desired.cors:
        for rule in desired.cors:
            yield PutCors(name, rule)
    if desired.policy is not None and not same(actual.policy, desired.policy):
        yield PutBucketPolicy(name, desired.policy)


def _saml(desired: SamlProvider, actual: SamlProvider | None) -> Iterator[Change]:
    if actual is None:
        yield CreateSamlProvider(desired.arn, desired.metadata)
    elif _lines(actual.metadata) != _lines(desired.metadata):
        yield UpdateSamlProvider(desired.arn, desired.metadata)


def _decryption(
    wanted: Decryption | None, desired: SamlProvider, actual: SamlProvider | None
) -> Iterator[Change]:
    actual = actual or SamlProvider(desired.arn, desired.metadata)
    if wanted is None:
        # A key that is no longer wanted does no harm; a demand for it would.
        if actual.encryption == "Required":
            yield SetAssertionEncryption(desired.arn, "Allowed")
    elif actual.decryption_key != wanted.fingerprint:
        yield GiveDecryptionKey(
            desired.arn, wanted.mode, wanted.fingerprint, wanted.private_key
        )
    elif actual.encryption != wanted.mode:
        yield SetAssertionEncryption(desired.arn, wanted.mode)


def _lines(text: str) -> list[str]:
    """A document without what transport does to it: ends of lines, a mark."""
    return text.removeprefix("\ufeff").strip().splitlines()


def _oidc(desired: OidcProvider, actual: OidcProvider | None) -> Iterator[Change]:
    for client_id in sorted(desired.client_ids):
        if actual is None:
            yield CreateOidcProvider(desired.arn, desired.url, client_id)
        # Other clients may share the provider; the role's trust names ours.
        elif client_id not in actual.client_ids:
            yield AddClientId(desired.arn, client_id)


def _role(name: str, desired: Role, actual: Role | None) -> Iterator[Change]:
    if actual is None:
        yield CreateRole(name, desired.trust, desired.max_session_seconds)
        actual = Role(desired.trust, desired.max_session_seconds)
    wanted, found = dict(desired.inline), dict(actual.inline)
    for policy_arn in sorted(actual.attached - desired.attached):
        yield DetachRolePolicy(name, policy_arn)
    for foreign in sorted(found.keys() - wanted.keys()):
        # An administrator revoked sessions: that is no drift.
        if not is_revocation(foreign, found[foreign]):
            yield DeleteRolePolicy(name, foreign)
    if not same(actual.trust, desired.trust):
        yield UpdateTrust(name, desired.trust)
    if actual.max_session_seconds != desired.max_session_seconds:
        yield UpdateMaxSession(name, desired.max_session_seconds)
    for policy_name, policy in desired.inline:
        if not same(found.get(policy_name), policy):
            yield PutRolePolicy(name, policy_name, policy)
