"""One configuration for both targets: `securecart.toml`.

`securecart.example.toml` beside the README holds every key with its default.
A key that is not known, or a value that does not fit, is refused; all such
errors are reported together, each with the file and the key.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from securecart.names.errors import SecureCartError
from securecart.serve.portal.options import MFA_CONTEXTS, MFA_METHODS

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class SettingsError(SecureCartError):
    """The configuration cannot be used; the message lists every reason."""


def _origin(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("give an address such as https://docs.example.com")
    if parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username:
        raise ValueError("give scheme, host and port only, without a path")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError("use https; plain http is for localhost only")
    return address.rstrip("/")


def _issuer(address: str) -> str:
    parts = urlsplit(address)
    loopback = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not parts.hostname or not (parts.scheme == "https" or loopback):
        raise ValueError("give the issuer's https address, as its discovery has it")
    return address


_RoleName = Annotated[str, Field(pattern=r"^[\w+=,.@-]{1,64}$")]
_Uri = Annotated[str, Field(pattern=r"^[!-~]{1,255}$")]
_MAX_FACTORS = 20
"""What asks for a second factor travels in an address."""
_SessionName = Annotated[str, Field(pattern=r"^[\w+=,.@-]{2,64}$")]
Origin = Annotated[str, AfterValidator(_origin)]
Issuer = Annotated[str, AfterValidator(_issuer)]
_Host = Annotated[str, Field(pattern=r"^[a-z0-9.:-]{1,253}$")]


_HostName = Annotated[str, Field(pattern=r"^[a-z0-9.-]{1,253}$")]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Organisation(_Section):
    """Who the documents belong to."""

    name: str = Field(default="Example Corporation", min_length=1, max_length=80)
    domain: str = Field(default="example.com", pattern=r"^[a-z0-9.-]{1,253}$")


class Endpoints(_Section):
    """Where people and programs reach the parts.

    `aws` is the endpoint of S3, STS, IAM and KMS; without it the target
    `aws` uses AWS's own.
    """

    portal: Origin = "http://localhost:8080"
    idp: Origin = "http://localhost:8081"
    aws: Origin | None = None


class Account(_Section):
    """The AWS account, or on the local target the account that we are."""

    id: str | None = Field(default=None, pattern=r"^\d{12}$")
    region: str = Field(default="us-east-1", pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")


class Saml(_Section):
    """The company's SAML identity provider."""

    metadata: str | None = None
    """A file or an https address; without it, the stand-in's."""
    entity_id: str | None = None
    """Which of several identity providers in the metadata is meant."""
    provider: str = Field(default="SecureCart", pattern=r"^[\w.-]{1,128}$")
    logout_url: str | None = None
    encryption: Literal["off", "allowed", "required"] = "off"
    idp_initiated: bool = False
    mfa_contexts: Annotated[
        tuple[_Uri, ...], Field(min_length=1, max_length=_MAX_FACTORS)
    ] = MFA_CONTEXTS
    """The first is asked for where a second factor is needed; each counts."""


class Oidc(_Section):
    """The company's OpenID provider."""

    issuer: Issuer | None = None
    """Without it, the stand-in."""
    client_id: str = Field(default="securecart-portal", min_length=1, max_length=255)
    client_secret_file: Path | None = None
    scope: str = "openid email profile offline_access"
    mfa_methods: Annotated[tuple[_Uri, ...], Field(max_length=_MAX_FACTORS)] = (
        MFA_METHODS
    )
    """Values of `amr`, each of which says that a second factor was used."""
    mfa_acr: Annotated[tuple[_Uri, ...], Field(max_length=_MAX_FACTORS)] = ()
    """Likewise of `acr`; asked for where a second factor is needed."""
    hosts: tuple[_Host, ...] = ()
    """Where else the provider's endpoints and keys may be than on its own host."""


class IdentityProvider(_Section):
    """Who vouches for people, and how `/login` asks."""

    kind: Literal["stand-in", "external"] = "stand-in"
    sign_in: Literal["saml", "oidc"] = "saml"
    employees: int = Field(default=1200, ge=3, le=100_000)
    """How many people the stand-in's sample directory holds."""
    saml: Saml = Saml()
    oidc: Oidc = Oidc()


class Role(_Section):
    """The role that every employee works in.

    `exempt` are roles whose people may reach every folder, such as the
    administrators': the proof of isolation leaves them out, and says so.
    """

    name: _RoleName = "SecureCartEmployee"
    max_session_minutes: int = Field(default=720, ge=60, le=720)
    exempt: tuple[_RoleName, ...] = ()


class Folder(_Section):
    """Where the documents lie: `<bucket>/<role id>:<session name>/`."""

    bucket: str = Field(
        default="securecart-user-docs", pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"
    )
    key_alias: str = Field(
        default="alias/securecart-user-docs", pattern=r"^alias/[a-zA-Z0-9/_-]{1,250}$"
    )


class Session(_Section):
    """How long credentials and sign-ins last, in minutes."""

    minutes: int = Field(default=60, ge=15, le=720)
    portal_minutes: int = Field(default=720, ge=15, le=10_080)


class Mfa(_Section):
    """When a second factor is asked for.

    `required` refuses a sign-in without one. Otherwise the identity provider
    decides, and who used one is asked again after `max_age_minutes`.
    """

    required: bool = False
    max_age_minutes: int = Field(default=720, ge=5, le=10_080)


class Network(_Section):
    """Where this machine may ask for what identity providers publish.

    `private_hosts` are names whose addresses may be private; the stand-in's,
    and those of providers given with a loopback address, need not be here.
    """

    private_hosts: tuple[_Host, ...] = ()


class Portal(_Section):
    """What the portal shows to whom.

    `administrators` are session names; they may read why requests were refused.
    """

    administrators: tuple[_SessionName, ...] = ()


class Gateway(_Section):
    """The processes that answer S3, STS, IAM and KMS on the local target.

    `connections` and `session_requests` hold for each of the workers, which
    share neither. Without `workers` there is one for each usable core. `hosts`
    are names, beside the endpoint's own, below which a name is a bucket's. Up to
    `kept_bytes` of the store's answers each worker keeps, to give them again; 0
    switches it off.
    """

    workers: int | None = Field(default=None, ge=1, le=64)
    connections: int = Field(default=2000, ge=16, le=7000)
    session_requests: int = Field(default=64, ge=1, le=7000)
    kept_bytes: int = Field(default=4 * 2**20, ge=0, le=2**30)
    metrics_port: int | None = Field(default=None, ge=1, le=65_535)
    access_log: bool = False
    hosts: tuple[_HostName, ...] = ()


class Store(_Section):
    """The object store of the local target.

    `durability` is what an acknowledged write survives.
    """

    durability: Literal["power-loss", "process-crash"] = "power-loss"


class Settings(_Section):
    """All of `securecart.toml`."""

    target: Literal["local", "aws"] = "local"
    organisation: Organisation = Organisation()
    endpoints: Endpoints = Endpoints()
    account: Account = Account()
    idp: IdentityProvider = IdentityProvider()
    role: Role = Role()
    folder: Folder = Folder()
    session: Session = Session()
    mfa: Mfa = Mfa()
    network: Network = Network()
    portal: Portal = Portal()
    gateway: Gateway = Gateway()
    store: Store = Store()

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        problems = []
        if self.session.minutes > self.role.max_session_minutes:
            problems.append("session.minutes exceeds role.max_session_minutes")
        if self.target == "aws":
            if self.account.id is None:
                problems.append('account.id is needed where target = "aws"')
            if self.idp.kind == "stand-in":
                problems.append(
                    'idp.kind must be "external" where target = "aws": AWS cannot '
                    "reach the stand-in"
                )
        if self.idp.kind == "external":
            if self.idp.saml.metadata is None and self.idp.oidc.issuer is None:
                problems.append(
                    "idp.saml.metadata or idp.oidc.issuer is needed where "
                    'idp.kind = "external"'
                )
            wanted = (
                self.idp.saml.metadata
                if self.idp.sign_in == "saml"
                else self.idp.oidc.issuer
            )
            if wanted is None:
                problems.append(
                    f'idp.sign_in = "{self.idp.sign_in}", but idp.{self.idp.sign_in} '
                    "says nothing of that provider"
                )
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def aws_endpoint(self) -> str | None:
        """The endpoint of the AWS APIs; None means AWS's own."""
        if self.endpoints.aws is None and self.target == "local":
            return "http://localhost:9000"
        return self.endpoints.aws

    @property
    def bucket_hosts(self) -> tuple[str, ...]:
        """Names below which a name is a bucket's; an address has none below it."""
        host = urlsplit(self.aws_endpoint or "").hostname or ""
        named = host.rpartition(".")[2].isdecimal() or ":" in host or not host
        return self.gateway.hosts if named else (host, *self.gateway.hosts)


def load_settings(path: Path | None) -> Settings:
    """Read a configuration file; without one, every default holds.

    Raises:
        SettingsError: with one line for each thing that is wrong.
    """
    if path is None:
        return Settings()
    try:
        return parse_settings(path.read_bytes(), source=str(path))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None


def parse_settings(document: bytes, *, source: str) -> Settings:
    """Read a configuration document; `source` names it in errors.

    Raises:
        SettingsError: with one line for each thing that is wrong.
    """
    try:
        values = tomllib.loads(document.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{source}: not TOML: {error}") from None
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        lines = []
        for problem in error.errors(include_url=False, include_input=False):
            key = ".".join(str(part) for part in problem["loc"])
            reason = problem["msg"].removeprefix("Value error, ")
            if problem["type"] == "extra_forbidden":
                reason = "no such key; securecart.example.toml has them all"
            lines.append(f"{source}: {key}: {reason}" if key else f"{source}: {reason}")
        raise SettingsError("\n".join(lines)) from None
