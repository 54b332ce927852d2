"""Who is asking: every kind of principal that a request can have.

Source: AWS IAM User Guide, "AWS JSON policy elements: Principal" and "IAM
policy elements: Variables and tags" for the values of `aws:userid`.
"""

from dataclasses import dataclass

from securecart.names.session import RoleSession, UserSession


@dataclass(frozen=True, slots=True)
class Root:
    """The account itself."""

    account: str

    @property
    def arn(self) -> str:
        """`arn:aws:iam::<account>:root`."""
        return f"arn:aws:iam::{self.account}:root"

    @property
    def userid(self) -> str:
        """The account id."""
        return self.account


@dataclass(frozen=True, slots=True)
class IamUser:
    """A user with long-term keys; here, administrators only.

    `access_key_id` is the long-term key that is used, or that `session` was
    got with; there is no `session` where the long-term key itself signs.
    """

    account: str
    name: str
    user_id: str
    path: str = "/"
    tags: tuple[tuple[str, str], ...] = ()
    access_key_id: str | None = None
    session: UserSession | None = None

    @property
    def arn(self) -> str:
        """`arn:aws:iam::<account>:user<path><name>`."""
        return f"arn:aws:iam::{self.account}:user{self.path}{self.name}"

    @property
    def userid(self) -> str:
        """The unique id, `AIDA…`."""
        return self.user_id


@dataclass(frozen=True, slots=True)
class FederatedUser:
    """Who holds what GetFederationToken gives; policies name it, none is issued."""

    account: str
    name: str

    @property
    def arn(self) -> str:
        """`arn:aws:sts::<account>:federated-user/<name>`."""
        return f"arn:aws:sts::{self.account}:federated-user/{self.name}"

    @property
    def userid(self) -> str:
        """`<account>:<name>`."""
        return f"{self.account}:{self.name}"


@dataclass(frozen=True, slots=True)
class Service:
    """An AWS service acting for itself, as S3 does towards KMS."""

    account: str
    name: str

    @property
    def arn(self) -> str:
        """A service has no ARN; AWS records its name instead."""
        return self.name

    @property
    def userid(self) -> str:
        """The service's name, `s3.amazonaws.com`."""
        return self.name


@dataclass(frozen=True, slots=True)
class Federated:
    """Somebody vouched for by a provider, before a role is assumed.

    `provider` is the ARN of the SAML or OIDC provider, `subject` what the
    verified assertion or ID token calls the person.
    """

    account: str
    provider: str
    subject: str

    @property
    def arn(self) -> str:
        """The provider's ARN: what a trust policy's `Federated` names."""
        return self.provider

    @property
    def userid(self) -> str:
        """`<provider>:<subject>`, as CloudTrail's `principalId` has it."""
        return f"{self.provider}:{self.subject}"


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Nobody: a request without a signature."""

    @property
    def account(self) -> str:
        """Anonymous callers belong to no account."""
        return ""

    @property
    def arn(self) -> str:
        """The value AWS shows for the unauthenticated."""
        return "anonymous"

    @property
    def userid(self) -> str:
        """`anonymous`."""
        return "anonymous"


Principal = (
    Root | IamUser | RoleSession | FederatedUser | Service | Federated | Anonymous
)
