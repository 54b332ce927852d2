"""What is wanted, in a few words; and the same, spelt out."""

import re
from dataclasses import dataclass, field, replace
from typing import Final

from securecart.blueprint import documents
from securecart.blueprint.errors import InvalidBlueprint
from securecart.blueprint.json_document import render
from securecart.blueprint.setup import (
    Bucket,
    Cors,
    Encryption,
    Key,
    OidcProvider,
    Role,
    SamlProvider,
    Setup,
)

FOLDER_POLICY: Final = "OwnFolder"
"""The name of the role's only inline policy."""

KEY_TO_COME: Final = "(the ARN of the new key)"
"""What a preview shows where the key's ARN will be."""

_SESSION_SECONDS = range(3600, 43_201)
"""MaxSessionDuration: IAM API Reference, "CreateRole"."""

_CORS_SECONDS = 3000
"""How long a browser remembers the answer to its preflight."""

_ACCOUNT = re.compile(r"\d{12}")


@dataclass(frozen=True, slots=True)
class Decryption:
    """What assertions are encrypted for, and whether plain ones are refused.

    `private_key` is RSA in PEM form. `fingerprint` names it without telling
    it: no API shows a key again, so the provider's tag keeps this instead.
    """

    private_key: bytes = field(repr=False)
    fingerprint: str
    required: bool

    @property
    def mode(self) -> str:
        """AWS's `AssertionEncryptionMode`."""
        return "Required" if self.required else "Allowed"


@dataclass(frozen=True, slots=True)
class Saml:
    """The SAML identity provider, and the portal's address for its answers.

    Without `decryption` assertions come signed only.
    """

    provider: str
    metadata: str
    acs: str
    decryption: Decryption | None = None

    def arn(self, account: str) -> str:
        """The provider's ARN."""
        return f"arn:aws:iam::{account}:saml-provider/{self.provider}"


@dataclass(frozen=True, slots=True)
class Oidc:
    """The OpenID provider, and the portal's client id there."""

    url: str
    client_id: str

    @property
    def issuer(self) -> str:
        """The issuer as ARNs and condition keys name it: without its scheme."""
        return self.url.partition("://")[2]

    def arn(self, account: str) -> str:
        """The provider's ARN."""
        return f"arn:aws:iam::{account}:oidc-provider/{self.issuer}"


@dataclass(frozen=True, slots=True)
class Blueprint:
    """The set-up of one account: at least one way to sign in.

    `portal` is the origin from which the browser asks for documents,
    `key_alias` begins with `alias/`, `max_session_seconds` is the role's
    MaxSessionDuration.

    Raises:
        InvalidBlueprint: if it contradicts itself or AWS's rules.
    """

    account: str
    region: str
    portal: str
    bucket: str
    key_alias: str
    role: str
    saml: Saml | None = None
    oidc: Oidc | None = None
    max_session_seconds: int = 43_200

    def __post_init__(self) -> None:
        if self.saml is None and self.oidc is None:
            raise InvalidBlueprint("nobody could sign in: give SAML, OIDC or both")
        if not _ACCOUNT.fullmatch(self.account):
            raise InvalidBlueprint(f"an account has 12 digits: {self.account!r}")
        if self.max_session_seconds not in _SESSION_SECONDS:
            raise InvalidBlueprint("a role's sessions last between 1 and 12 hours")
        if not self.key_alias.startswith("alias/"):
            raise InvalidBlueprint(f"a key alias begins with alias/: {self.key_alias}")

    @property
    def role_arn(self) -> str:
        """The role's ARN."""
        return f"arn:aws:iam::{self.account}:role/{self.role}"

    @property
    def key_description(self) -> str:
        """By which a key is found again whose alias was never made."""
        return f"SecureCart documents ({self.key_alias})"


def setup_for(blueprint: Blueprint, key_arn: str = KEY_TO_COME) -> Setup:
    """Spell out what is wanted, for the key that there is or will be.

    Every document has its own key, without an S3 Bucket Key: the key's use is
    then tied to the folder and recorded for each document. A bucket key would
    save KMS requests and lose both.
    """
    return Setup(
        key=Key(
            key_arn,
            render(documents.key_policy(blueprint.account)),
        ),
        bucket=Bucket(
            region=blueprint.region,
            versioned=True,
            encryption=Encryption(key_arn, bucket_key=False),
            closed=True,
            owner_enforced=True,
            cors=(_cors(blueprint.portal),),
            policy=render(
                documents.bucket_policy(blueprint.bucket, key_arn, blueprint.account)
            ),
        ),
        saml=_saml(blueprint.saml, blueprint.account),
        oidc=_oidc(blueprint.oidc, blueprint.account),
        role=Role(
            trust=_trust(blueprint),
            max_session_seconds=blueprint.max_session_seconds,
            inline=((FOLDER_POLICY, _folder_policy(blueprint, key_arn)),),
        ),
    )


def _saml(saml: Saml | None, account: str) -> SamlProvider | None:
    if saml is None:
        return None
    provider, decryption = (
        SamlProvider(saml.arn(account), saml.metadata),
        saml.decryption,
    )
    if decryption is None:
        return provider
    return replace(
        provider, encryption=decryption.mode, decryption_key=decryption.fingerprint
    )


def _oidc(oidc: Oidc | None, account: str) -> OidcProvider | None:
    if oidc is None:
        return None
    return OidcProvider(oidc.arn(account), oidc.url, frozenset({oidc.client_id}))


def _trust(blueprint: Blueprint) -> str:
    account, saml, oidc = blueprint.account, blueprint.saml, blueprint.oidc
    statements = []
    if saml is not None:
        statements += documents.saml_trust(saml.arn(account), saml.acs)
    if oidc is not None:
        statements += documents.oidc_trust(
            oidc.arn(account), oidc.issuer, oidc.client_id
        )
    return render(documents.trust_policy(*statements))


def _folder_policy(blueprint: Blueprint, key_arn: str) -> str:
    return render(documents.folder_policy(blueprint.bucket, key_arn, blueprint.region))


def _cors(origin: str) -> Cors:
    return Cors(
        origins=frozenset({origin}),
        methods=frozenset({"GET", "HEAD", "PUT", "POST", "DELETE"}),
        headers=frozenset({"*"}),
        exposed=frozenset(
            {
                "Accept-Ranges",
                "Content-Range",
                "ETag",
                "x-amz-checksum-sha256",
                "x-amz-delete-marker",
                "x-amz-request-id",
                "x-amz-server-side-encryption",
                "x-amz-server-side-encryption-aws-kms-key-id",
                "x-amz-version-id",
            }
        ),
        max_age_seconds=_CORS_SECONDS,
    )
