"""Every step there is between what an account holds and what it should.

Each is safe to repeat. Its `str` says in plain words what it does.
"""

from dataclasses import dataclass, field

from securecart.blueprint.setup import Cors


@dataclass(frozen=True, slots=True)
class CreateKey:
    """Its ARN is known only afterwards; whatever names it is planned then."""

    alias: str
    description: str
    policy: str

    def __str__(self) -> str:
        return f"create a KMS key for the documents ({self.alias})"


@dataclass(frozen=True, slots=True)
class CreateAlias:
    """Lead the alias to the key."""

    alias: str
    key_arn: str

    def __str__(self) -> str:
        return f"name the KMS key {self.key_arn} {self.alias}"


@dataclass(frozen=True, slots=True)
class PutKeyPolicy:
    """Replace the key's policy."""

    key_arn: str
    policy: str

    def __str__(self) -> str:
        return f"let the account's IAM policies decide about the key {self.key_arn}"


@dataclass(frozen=True, slots=True)
class EnableKeyRotation:
    """Have the key's material renewed every year."""

    key_arn: str

    def __str__(self) -> str:
        return f"rotate the key {self.key_arn} every year"


@dataclass(frozen=True, slots=True)
class CreateBucket:
    """Create the bucket in its region."""

    bucket: str
    region: str

    def __str__(self) -> str:
        return f"create the bucket {self.bucket} in {self.region}"


@dataclass(frozen=True, slots=True)
class BlockPublicAccess:
    """Turn all four settings of the public access block on."""

    bucket: str

    def __str__(self) -> str:
        return f"close the bucket {self.bucket} to the public for good"


@dataclass(frozen=True, slots=True)
class EnforceOwnership:
    """Make the account the owner of every object; ACLs then mean nothing."""

    bucket: str

    def __str__(self) -> str:
        return f"switch access control lists off on {self.bucket}"


@dataclass(frozen=True, slots=True)
class PutEncryption:
    """Set the bucket's default encryption: SSE-KMS with this key."""

    bucket: str
    key_arn: str
    bucket_key: bool

    def __str__(self) -> str:
        return f"encrypt whatever is put into {self.bucket} with {self.key_arn}"


@dataclass(frozen=True, slots=True)
class EnableVersioning:
    """Keep what is overwritten or deleted."""

    bucket: str

    def __str__(self) -> str:
        return f"keep earlier versions of every document in {self.bucket}"


@dataclass(frozen=True, slots=True)
class PutCors:
    """Replace the bucket's CORS rules by one."""

    bucket: str
    rule: Cors

    def __str__(self) -> str:
        origins = ", ".join(sorted(self.rule.origins))
        return f"let pages of {origins} use {self.bucket} from a browser"


@dataclass(frozen=True, slots=True)
class PutBucketPolicy:
    """Replace the bucket's policy."""

    bucket: str
    policy: str

    def __str__(self) -> str:
        return (
            f"deny on {self.bucket}: insecure transport, other encryption, other "
            "accounts, deletion of the bucket"
        )


@dataclass(frozen=True, slots=True)
class CreateSamlProvider:
    """Trust a SAML identity provider's signatures."""

    arn: str
    metadata: str

    def __str__(self) -> str:
        return f"create the SAML provider {self.arn}"


@dataclass(frozen=True, slots=True)
class UpdateSamlProvider:
    """Replace a SAML provider's metadata."""

    arn: str
    metadata: str

    def __str__(self) -> str:
        return f"give the SAML provider {self.arn} its new metadata"


@dataclass(frozen=True, slots=True)
class GiveDecryptionKey:
    """Give a SAML provider a private key; of two that it has, the older goes."""

    arn: str
    mode: str
    fingerprint: str
    private_key: bytes = field(repr=False)

    def __str__(self) -> str:
        return f"let the SAML provider {self.arn} decrypt what is encrypted for us"


@dataclass(frozen=True, slots=True)
class SetAssertionEncryption:
    """Say whether a SAML provider's assertions must be encrypted."""

    arn: str
    mode: str

    def __str__(self) -> str:
        what = "encrypted assertions only" if self.mode == "Required" else "plain ones"
        return f"let the SAML provider {self.arn} take {what}"


@dataclass(frozen=True, slots=True)
class CreateOidcProvider:
    """Trust an OpenID provider's tokens for one client."""

    arn: str
    url: str
    client_id: str

    def __str__(self) -> str:
        return f"create the OpenID provider {self.arn} for {self.client_id}"


@dataclass(frozen=True, slots=True)
class AddClientId:
    """Trust an OpenID provider's tokens for one client more."""

    arn: str
    client_id: str

    def __str__(self) -> str:
        return f"let the OpenID provider {self.arn} vouch to {self.client_id}"


@dataclass(frozen=True, slots=True)
class CreateRole:
    """Create the role; it may do nothing until its policy is put."""

    role: str
    trust: str
    max_session_seconds: int

    def __str__(self) -> str:
        return f"create the role {self.role}"


@dataclass(frozen=True, slots=True)
class UpdateTrust:
    """Replace the role's trust policy."""

    role: str
    trust: str

    def __str__(self) -> str:
        return f"say who may take on the role {self.role}, and under which name"


@dataclass(frozen=True, slots=True)
class UpdateMaxSession:
    """Set how long a session of the role may last."""

    role: str
    max_session_seconds: int

    def __str__(self) -> str:
        hours = self.max_session_seconds / 3600
        return f"let sessions of the role {self.role} last up to {hours:g} h"


@dataclass(frozen=True, slots=True)
class PutRolePolicy:
    """Put one of the role's inline policies."""

    role: str
    name: str
    policy: str

    def __str__(self) -> str:
        return f"let the role {self.role} use one's own folder ({self.name})"


@dataclass(frozen=True, slots=True)
class DeleteRolePolicy:
    """Remove an inline policy that the role should not have."""

    role: str
    name: str

    def __str__(self) -> str:
        return f"take the foreign inline policy {self.name} off the role {self.role}"


@dataclass(frozen=True, slots=True)
class DetachRolePolicy:
    """Detach a managed policy that the role should not have."""

    role: str
    policy_arn: str

    def __str__(self) -> str:
        return f"take the foreign policy {self.policy_arn} off the role {self.role}"


KeyChange = CreateKey | CreateAlias | PutKeyPolicy | EnableKeyRotation
BucketChange = (
    CreateBucket
    | BlockPublicAccess
    | EnforceOwnership
    | PutEncryption
    | EnableVersioning
    | PutCors
    | PutBucketPolicy
)
ProviderChange = (
    CreateSamlProvider
    | UpdateSamlProvider
    | GiveDecryptionKey
    | SetAssertionEncryption
    | CreateOidcProvider
    | AddClientId
)
RoleChange = (
    CreateRole
    | UpdateTrust
    | UpdateMaxSession
    | PutRolePolicy
    | DeleteRolePolicy
    | DetachRolePolicy
)
Change = KeyChange | BucketChange | ProviderChange | RoleChange
