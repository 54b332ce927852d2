"""What an account holds of the set-up, or should hold: one shape for both.

`None` stands for what is not there. Policies are JSON text.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """The KMS key of the documents.

    `state` is AWS's `KeyState` (`Enabled`, `Disabled`, `PendingDeletion` …).
    `has_alias` says whether the alias leads to it.
    """

    arn: str
    policy: str
    rotates: bool = True
    state: str = "Enabled"
    has_alias: bool = True


@dataclass(frozen=True, slots=True)
class Encryption:
    """A bucket's default encryption by SSE-KMS; None would be AWS's own key."""

    key_arn: str | None
    bucket_key: bool


@dataclass(frozen=True, slots=True)
class Cors:
    """The one rule that lets a web page use the bucket."""

    origins: frozenset[str]
    methods: frozenset[str]
    headers: frozenset[str]
    exposed: frozenset[str]
    max_age_seconds: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """The bucket of the documents.

    `encryption` is None for any but SSE-KMS. `closed` means that all four
    settings of the public access block are on, `owner_enforced` that there
    are no ACLs. `cors` holds every rule that there is.
    """

    region: str
    versioned: bool = False
    encryption: Encryption | None = None
    closed: bool = False
    owner_enforced: bool = False
    cors: tuple[Cors, ...] = ()
    policy: str | None = None


@dataclass(frozen=True, slots=True)
class SamlProvider:
    """A SAML identity provider: its metadata document, and what decrypts for it.

    `encryption` is AWS's `AssertionEncryptionMode`. `decryption_key` is the
    fingerprint of the private key that it was given last, None where it has
    none.
    """

    arn: str
    metadata: str
    encryption: str | None = None
    decryption_key: str | None = None


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """An OpenID provider: its issuer, and the clients it may vouch to."""

    arn: str
    url: str
    client_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Role:
    """The role of every employee, and every permission that it carries."""

    trust: str
    max_session_seconds: int
    inline: tuple[tuple[str, str], ...] = ()
    attached: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Setup:
    """All of it."""

    key: Key | None = None
    bucket: Bucket | None = None
    saml: SamlProvider | None = None
    oidc: OidcProvider | None = None
    role: Role | None = None
