"""What IAM stores: one frozen dataclass for each thing that has an ARN.

Policy documents are kept as the text that was put. Names are the key in lower
case, because IAM tells no two names apart by case alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

Tags = tuple[tuple[str, str], ...]
Documents = Mapping[str, str]
"""Policy documents by their name (or version id)."""


@dataclass(frozen=True, slots=True)
class Role:
    """A role with all that hangs on it; `role_id` (`AROA…`) is for life.

    `bound_principals` are the ids that ARNs in the trust policy stood for.
    """

    kind: ClassVar[str] = "iam.role"

    account: str
    name: str
    path: str
    role_id: str
    created: datetime
    trust_policy: str
    description: str = ""
    max_session_duration: int = 3600
    boundary: str | None = None
    tags: Tags = ()
    inline_policies: Documents = field(default_factory=dict)
    attached_policies: tuple[str, ...] = ()
    bound_principals: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """The name in lower case."""
        return self.name.lower()

    @property
    def arn(self) -> str:
        """`arn:aws:iam::<account>:role<path><name>`."""
        return f"arn:aws:iam::{self.account}:role{self.path}{self.name}"


@dataclass(frozen=True, slots=True)
class User:
    """A user with all that hangs on it; `user_id` is `AIDA…`.

    `groups` are the keys of the groups that the user is in.
    """

    kind: ClassVar[str] = "iam.user"

    account: str
    name: str
    path: str
    user_id: str
    created: datetime
    boundary: str | None = None
    tags: Tags = ()
    inline_policies: Documents = field(default_factory=dict)
    attached_policies: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The name in lower case."""
        return self.name.lower()

    @property
    def arn(self) -> str:
        """`arn:aws:iam::<account>:user<path><name>`."""
        return f"arn:aws:iam::{self.account}:user{self.path}{self.name}"


@dataclass(frozen=True, slots=True)
class Group:
    """A group of users; `group_id` is `AGPA…`. Its members know it by its key."""

    kind: ClassVar[str] = "iam.group"

    account: str
    name: str
    path: str
    group_id: str
    created: datetime
    inline_policies: Documents = field(default_factory=dict)
    attached_policies: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The name in lower case."""
        return self.name.lower()

    @property
    def arn(self) -> str:
        """`arn:aws:iam::<account>:group<path><name>`."""
        return f"arn:aws:iam::{self.account}:group{self.path}{self.name}"


@dataclass(frozen=True, slots=True)
class AccountAlias:
    """What the account is called instead of by its number; it has one at most."""

    kind: ClassVar[str] = "iam.account-alias"

    alias: str

    @property
    def key(self) -> str:
        """The same for all, as there is but one."""
        return "alias"


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A user's long-term key; the secret is sealed and in base64."""

    kind: ClassVar[str] = "iam.access-key"

    access_key_id: str
    user_name: str
    sealed_secret: str = field(repr=False)
    created: datetime
    active: bool = True

    @property
    def key(self) -> str:
        """The access key id."""
        return self.access_key_id


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """One text of a managed policy."""

    version_id: str
    document: str
    created: datetime


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """A customer managed policy with its versions, oldest first."""

    kind: ClassVar[str] = "iam.policy"

    account: str
    name: str
    path: str
    policy_id: str
    created: datetime
    updated: datetime
    versions: tuple[PolicyVersion, ...]
    default_version_id: str
    next_version: int
    description: str = ""
    tags: Tags = ()

    @property
    def key(self) -> str:
        """The name in lower case."""
        return self.name.lower()

    @property
    def arn(self) -> str:
        """`arn:aws:iam::<account>:policy<path><name>`."""
        return f"arn:aws:iam::{self.account}:policy{self.path}{self.name}"

    @property
    def document(self) -> str:
        """The text of the version in force."""
        return next(
            version.document
            for version in self.versions
            if version.version_id == self.default_version_id
        )


@dataclass(frozen=True, slots=True)
class DecryptionKey:
    """A SAML provider's RSA private key, sealed; `key_id` is our own name for it."""

    key_id: str
    added: datetime
    sealed: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SamlProvider:
    """A SAML identity provider, known by its metadata document.

    `assertion_encryption_mode` is `Required`, `Allowed` or None;
    `private_keys` decrypt assertions, newest last.
    """

    kind: ClassVar[str] = "iam.saml-provider"

    account: str
    name: str
    metadata: str
    provider_id: str
    created: datetime
    valid_until: datetime
    tags: Tags = ()
    assertion_encryption_mode: str | None = None
    private_keys: tuple[DecryptionKey, ...] = ()

    @property
    def key(self) -> str:
        """The name in lower case."""
        return self.name.lower()

    @property
    def arn(self) -> str:
        """`arn:aws:iam::<account>:saml-provider/<name>`."""
        return f"arn:aws:iam::{self.account}:saml-provider/{self.name}"


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """An OpenID provider, known by its issuer; `url` keeps its scheme."""

    kind: ClassVar[str] = "iam.oidc-provider"

    account: str
    url: str
    client_ids: tuple[str, ...]
    thumbprints: tuple[str, ...]
    created: datetime
    tags: Tags = ()

    @property
    def issuer(self) -> str:
        """The URL without its scheme: what condition keys begin with."""
        return self.url.partition("://")[2]

    @property
    def key(self) -> str:
        """The issuer without its scheme; paths tell case apart."""
        return self.issuer

    @property
    def arn(self) -> str:
        """`arn:aws:iam::<account>:oidc-provider/<issuer>`."""
        return f"arn:aws:iam::{self.account}:oidc-provider/{self.issuer}"


ENTITIES = (
    *(Role, User, Group, AccountAlias, AccessKey, ManagedPolicy),
    *(SamlProvider, OidcProvider),
)
"""All that IAM stores."""
