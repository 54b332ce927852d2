"""Who asks, as far as a name alone says.

Source: AWS IAM User Guide, "AWS JSON policy elements: Principal" and "IAM
identifiers".
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from securecart.names.arn import Arn, MalformedArn
from securecart.names.principal import (
    Anonymous,
    Federated,
    FederatedUser,
    IamUser,
    Principal,
    Root,
    Service,
)
from securecart.names.session import RoleSession
from securecart.policy.errors import NotUnderstood

_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_HOST: Final = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_SERVICE: Final = re.compile(r".+\.amazonaws\.com(?:\.cn)?")
# Both an AWS service and an identity provider; it assumes roles as the latter.
_COGNITO: Final = "cognito-identity.amazonaws.com"
_ENTITY: Final = re.compile(r"(?P<path>/(?:[!-~]+/)?)(?P<name>[\w+=,.@-]+)", re.ASCII)
_UNKNOWN: Final = datetime.fromtimestamp(0, UTC)
"""When a session began and ends, which its ARN does not say."""

_MOST_REMEMBERED: Final = 4096
"""Principals kept: as many as a file of requests is likely to tell apart."""


@lru_cache(_MOST_REMEMBERED)
def read_principal(text: str, account: str | None) -> Principal:
    """Answer who goes by a name.

    `account` is that of a service, whose name does not say it. A role's ARN
    stands for a session of the role whose name is not known: it is empty, and
    so no policy can mean it.

    Raises:
        NotUnderstood: if nobody goes by this name.
    """
    principal = _read(text, account or "")
    if account and principal.account != account:
        of = principal.account or "no account"
        raise NotUnderstood(f"{text[:80]!r} belongs to {of}, not to {account}")
    return principal


def unknown_keys(principal: Principal) -> tuple[str, ...]:
    """The condition keys that this principal has and its ARN does not tell."""
    if isinstance(principal, IamUser):
        return ("aws:userid",)
    if isinstance(principal, RoleSession):
        return ("aws:userid", "aws:tokenissuetime")
    return ()


def _read(text: str, account: str) -> Principal:
    if text in ("anonymous", "*"):
        return Anonymous()
    if _ACCOUNT.fullmatch(text):
        return Root(text)
    if _HOST.fullmatch(text):
        if _SERVICE.fullmatch(text) and text != _COGNITO:
            return Service(account, text)
        return Federated(account, text, "")
    try:
        arn = Arn.parse(text)
    except MalformedArn as error:
        raise NotUnderstood(str(error)) from error
    if arn.partition != "aws" or arn.region or not _ACCOUNT.fullmatch(arn.account):
        raise NotUnderstood(f"{text[:80]!r} is no principal of the partition aws")
    kind, slash, rest = arn.resource.partition("/")
    found = _of_iam(arn, kind, slash + rest) or _of_sts(arn, kind, rest)
    if found is None:
        raise NotUnderstood(
            f"{text[:80]!r} is no user, role, session, federated user, root or provider"
        )
    return found


def _of_iam(arn: Arn, kind: str, path_and_name: str) -> Principal | None:
    if arn.service != "iam":
        return None
    if arn.resource == "root":
        return Root(arn.account)
    if kind in ("saml-provider", "oidc-provider") and len(path_and_name) > 1:
        return Federated(arn.account, str(arn), "")
    found = _ENTITY.fullmatch(path_and_name)
    if found and kind == "user":
        return IamUser(arn.account, found["name"], "", found["path"])
    if found and kind == "role":
        return role_session(arn.account, found["name"], "", found["path"])
    return None


def _of_sts(arn: Arn, kind: str, rest: str) -> Principal | None:
    if arn.service != "sts":
        return None
    role, slash, session = rest.partition("/")
    if kind == "assumed-role" and role and session and "/" not in session:
        return role_session(arn.account, role, session)
    if kind == "federated-user" and role and not slash:
        return FederatedUser(arn.account, role)
    return None


def role_session(account: str, role: str, name: str, path: str = "/") -> RoleSession:
    """A session of which nothing else is known."""
    return RoleSession(
        account=account,
        role_name=role,
        role_path=path,
        role_id="",
        session_name=name,
        credential_id="",
        issued_at=_UNKNOWN,
        expires_at=_UNKNOWN,
    )
