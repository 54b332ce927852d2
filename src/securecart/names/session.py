"""Sessions: what STS hands out and every later decision rests on."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RoleSession:
    """One person (or program) acting in one role, for a bounded time.

    `context` holds the provider's condition keys that AWS keeps for the
    session's life (`saml:sub`, `<issuer>:sub` …), names in lower case; one
    of many values (`<issuer>:amr`) has a tuple of them.
    `session_policies` are policy documents as text, inline first.
    `credential_id` is the access key id that the session was issued with.
    `rests_on` is what vouched where the chain of sessions began: a provider's
    ARN, or the id of a long-term access key; `issuing_key_id` names the key
    that the session's token is sealed with.
    """

    account: str
    role_name: str
    role_path: str
    role_id: str
    session_name: str
    credential_id: str
    issued_at: datetime
    expires_at: datetime
    tags: tuple[tuple[str, str], ...] = ()
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str | None = None
    federated_provider: str | None = None
    mfa_authenticated: bool | None = None
    session_policies: tuple[str, ...] = ()
    session_policy_arns: tuple[str, ...] = ()
    context: tuple[tuple[str, str | tuple[str, ...]], ...] = ()
    chained: bool = False
    rests_on: str | None = None
    issuing_key_id: str = ""

    def __hash__(self) -> int:
        # Caches find what they keep for a session by it, at every request;
        # the fields together take twenty times as long to hash.
        return hash(self.credential_id)

    @property
    def arn(self) -> str:
        """`arn:aws:sts::<account>:assumed-role/<role>/<session name>`."""
        return (
            f"arn:aws:sts::{self.account}:assumed-role/"
            f"{self.role_name}/{self.session_name}"
        )

    @property
    def role_arn(self) -> str:
        """`arn:aws:iam::<account>:role<path><role>`."""
        return f"arn:aws:iam::{self.account}:role{self.role_path}{self.role_name}"

    @property
    def userid(self) -> str:
        """`<role id>:<session name>`, the value of `aws:userid`."""
        return f"{self.role_id}:{self.session_name}"


@dataclass(frozen=True, slots=True)
class UserSession:
    """A user's temporary credentials, as GetSessionToken gives them.

    `credential_id` is the access key id that they were issued with, and
    `issuing_key_id` names the key that their token is sealed with.
    """

    credential_id: str
    issued_at: datetime
    expires_at: datetime
    issuing_key_id: str = ""
    mfa_authenticated: bool = False
