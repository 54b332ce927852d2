"""The fake account: what changes do, without anybody's API."""

from dataclasses import replace
from typing import TypeVar

from securecart.blueprint import changes
from securecart.blueprint.blueprint import Blueprint
from securecart.blueprint.changes import (
    BucketChange,
    Change,
    KeyChange,
    ProviderChange,
    RoleChange,
)
from securecart.blueprint.errors import SetupFailed
from securecart.blueprint.setup import (
    Bucket,
    Encryption,
    Key,
    OidcProvider,
    Role,
    SamlProvider,
    Setup,
)

T = TypeVar("T")


class InMemoryAccount:
    """An account that holds one set-up; see `blueprint.Account`."""

    def __init__(self, setup: Setup | None = None) -> None:
        self.setup = setup or Setup()
        self.carried_out: list[Change] = []

    def read(self, _blueprint: Blueprint) -> Setup:
        """See `Account.read`."""
        return self.setup

    def carry_out(self, change: Change) -> None:
        """See `Account.carry_out`."""
        self.carried_out.append(change)
        setup = self.setup
        if isinstance(change, KeyChange):
            self.setup = replace(setup, key=_key(setup.key, change))
        elif isinstance(change, BucketChange):
            self.setup = replace(setup, bucket=_bucket(setup.bucket, change))
        elif isinstance(change, ProviderChange):
            self.setup = _providers(setup, change)
        else:
            self.setup = replace(setup, role=_role(setup.role, change))


def _there(part: T | None) -> T:
    if part is None:
        raise SetupFailed("it must be created before it is changed")
    return part


def _key(key: Key | None, change: KeyChange) -> Key:
    if isinstance(change, changes.CreateKey):
        arn = "arn:aws:kms:us-east-1:111122223333:key/in-memory"
        return Key(arn, change.policy, rotates=False, has_alias=False)
    key = _there(key)
    match change:
        case changes.CreateAlias():
            return replace(key, has_alias=True)
        case changes.PutKeyPolicy(_, policy):
            return replace(key, policy=policy)
        case changes.EnableKeyRotation():
            return replace(key, rotates=True)


def _bucket(bucket: Bucket | None, change: BucketChange) -> Bucket:
    if isinstance(change, changes.CreateBucket):
        return bucket or Bucket(change.region)
    bucket = _there(bucket)
    match change:
        case changes.BlockPublicAccess():
            bucket = replace(bucket, closed=True)
        case changes.EnforceOwnership():
            bucket = replace(bucket, owner_enforced=True)
        case changes.PutEncryption(_, key_arn, bucket_key):
            bucket = replace(bucket, encryption=Encryption(key_arn, bucket_key))
        case changes.EnableVersioning():
            bucket = replace(bucket, versioned=True)
        case changes.PutCors(_, rule):
            bucket = replace(bucket, cors=(rule,))
        case changes.PutBucketPolicy(_, policy):
            bucket = replace(bucket, policy=policy)
    return bucket


def _providers(setup: Setup, change: ProviderChange) -> Setup:
    match change:
        case changes.CreateSamlProvider(arn, metadata):
            return replace(setup, saml=SamlProvider(arn, metadata))
        case changes.UpdateSamlProvider(_, metadata):
            saml = replace(_there(setup.saml), metadata=metadata)
            return replace(setup, saml=saml)
        case changes.GiveDecryptionKey(_, mode, fingerprint):
            saml = _there(setup.saml)
            saml = replace(saml, encryption=mode, decryption_key=fingerprint)
            return replace(setup, saml=saml)
        case changes.SetAssertionEncryption(_, mode):
            saml = replace(_there(setup.saml), encryption=mode)
            return replace(setup, saml=saml)
        case changes.CreateOidcProvider(arn, url, client_id):
            return replace(setup, oidc=OidcProvider(arn, url, frozenset({client_id})))
        case changes.AddClientId(_, client_id):
            oidc = _there(setup.oidc)
            clients = oidc.client_ids | {client_id}
            return replace(setup, oidc=replace(oidc, client_ids=clients))


def _role(role: Role | None, change: RoleChange) -> Role:
    if isinstance(change, changes.CreateRole):
        return role or Role(change.trust, change.max_session_seconds)
    role = _there(role)
    inline = dict(role.inline)
    match change:
        case changes.UpdateTrust(_, trust):
            return replace(role, trust=trust)
        case changes.UpdateMaxSession(_, seconds):
            return replace(role, max_session_seconds=seconds)
        case changes.PutRolePolicy(_, name, policy):
            inline[name] = policy
        case changes.DeleteRolePolicy(_, name):
            del inline[name]
        case changes.DetachRolePolicy(_, arn):
            return replace(role, attached=role.attached - {arn})
    return replace(role, inline=tuple(inline.items()))
