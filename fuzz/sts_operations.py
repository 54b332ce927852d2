"""Calls of STS: done, or refused by code, whatever the parameters.

No session may come of them whose name could stand for another's folder.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from securecart import iam, sts
from securecart.adapters.service_models import load_service_model
from securecart.federation.oidc import JwkSet, KeysUnavailable
from securecart.iam import Role, User
from securecart.names.entities import InMemoryEntities
from securecart.names.errors import ServiceError
from securecart.names.expiring import InMemoryExpiringRecords
from securecart.names.principal import Anonymous, IamUser, Principal
from securecart.names.session import RoleSession
from securecart.sealing import Keyring, SealingKey
from securecart.wire.http import HttpRequest
from securecart.wire.service import Service

_ROLE = b"arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2FEmployee"
# The first byte chooses who asks.
SEEDS = [
    (
        b"uAction=AssumeRole&Version=2011-06-15&RoleSessionName=ada&RoleArn="
        + _ROLE
        + b"&DurationSeconds=900&Tags.member.1.Key=a&Tags.member.1.Value=b"
        b"&TransitiveTagKeys.member.1=a&SourceIdentity=ada&ExternalId=42"
    ),
    (
        b"sAction=AssumeRole&Version=2011-06-15&RoleSessionName=ada&RoleArn="
        + _ROLE
        + b"&Tags.member.1.Key=Team&Tags.member.1.Value=b&DurationSeconds=3600"
    ),
    (
        b"uAction=AssumeRole&Version=2011-06-15&RoleSessionName=ada&RoleArn="
        + _ROLE
        + b"&Policy=%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22"
        b"Effect%22%3A%22Allow%22%2C%22Action%22%3A%22*%22%2C%22Resource%22%3A%22*%22"
        b"%7D%7D&PolicyArns.member.1.arn=arn%3Aaws%3Aiam%3A%3A123456789012%3Apolicy%2Fa"
    ),
    (
        b"nAction=AssumeRoleWithSAML&Version=2011-06-15&RoleArn="
        + _ROLE
        + b"&PrincipalArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Asaml-provider%2FS"
        b"&SAMLAssertion=PGEvPg%3D%3D"
    ),
    (
        b"nAction=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=ada"
        b"&WebIdentityToken=e30.eyJpc3MiOiJodHRwOi8vYSJ9.e30&RoleArn=" + _ROLE
    ),
    b"uAction=GetAccessKeyInfo&Version=2011-06-15&AccessKeyId=ASIAQNZGKIQY56JQ7WML",
    b"uAction=DecodeAuthorizationMessage&Version=2011-06-15&EncodedMessage=AQIDBAUG",
    b"sAction=GetCallerIdentity&Version=2011-06-15",
]
_ACCOUNT = "123456789012"
_NOW = datetime(2026, 3, 1, tzinfo=UTC)
_WIRE = Service(load_service_model("sts"))
_KEYRING = Keyring(SealingKey(b"k" * 32))
_ALLOW = (
    '{"Version":"2012-10-17","Statement":'
    '{"Effect":"Allow","Action":"*","Resource":"*"}}'
)
_TRUST = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow",'
    '"Principal":{"AWS":"123456789012"},"Action":"sts:*"}}'
)
_NAME = re.compile(r"[a-zA-Z0-9_+=,.@-]{2,64}")


class _NoKeys:
    """No provider is registered, so nobody's keys are asked for."""

    def keys(self, issuer: str, *, now: datetime, renew: bool = False) -> JwkSet:
        raise KeysUnavailable(f"{issuer} {now} {renew}")


def _account() -> InMemoryEntities:
    entities = InMemoryEntities()
    policies = {"all": _ALLOW}
    with entities.writing() as store:
        store.put(
            Role(
                account=_ACCOUNT,
                name="Employee",
                path="/",
                role_id="AROAEMPLOYEE",
                created=_NOW,
                trust_policy=_TRUST,
                inline_policies=policies,
            )
        )
        store.put(
            User(
                account=_ACCOUNT,
                name="ada",
                path="/",
                user_id="AIDAADA",
                created=_NOW,
                inline_policies=policies,
            )
        )
    return entities


_ENTITIES = _account()
_ISSUER = sts.Issuer(lambda: _KEYRING)
_PORTS = sts.Ports(
    entities=_ENTITIES,
    policies=iam.Authorizer(_ENTITIES),
    issuer=_ISSUER,
    key_source=_NoKeys(),
    redeemed=InMemoryExpiringRecords(),
    authorization_messages=sts.AuthorizationMessages(_KEYRING),
)
_CALLERS: Mapping[bytes, Principal] = {
    b"u": IamUser(_ACCOUNT, "ada", "AIDAADA"),
    b"s": RoleSession(
        _ACCOUNT,
        "Employee",
        "/",
        "AROAEMPLOYEE",
        "ada",
        "ASIA",
        _NOW,
        _NOW,
        tags=(("team", "ledger"),),
        transitive_tag_keys=("team",),
        source_identity="ada",
    ),
}


def one(data: bytes) -> None:
    """Parse the request as the model says, and run it on a small account."""
    form = (("content-type", "application/x-www-form-urlencoded"),)
    try:
        name, parameters = _WIRE.parse(HttpRequest("POST", "/", form, data[1:]))
        result = _run(name, parameters, _CALLERS.get(data[:1], Anonymous()))
    except ServiceError as error:
        if _WIRE.serialize_error(error, "r").status >= 500:  # noqa: PLR2004 - HTTP's classes
            raise
        return
    _WIRE.serialize(name, result, "r")
    if "AssumedRoleUser" in result:
        given = result["Credentials"]
        token, key_id = given["SessionToken"], given["AccessKeyId"]
        session, _ = _ISSUER.open(token, key_id, now=_NOW)
        _check(session)


def _run(
    name: str, parameters: Mapping[str, Any], caller: Principal
) -> Mapping[str, Any]:
    operation = sts.OPERATIONS.get(name)
    if operation is None:
        return {}
    outcome = operation(
        sts.Call(
            ports=_PORTS,
            account=_ACCOUNT,
            caller=caller,
            parameters=parameters,
            context={},
            now=_NOW,
            random=bytes,
        )
    )
    if not isinstance(outcome, sts.Pending):
        return outcome
    told = list[bool | Exception]()
    outcome.redeem(told.append)
    return outcome.finish(*told)


def _check(session: object) -> None:
    if not isinstance(session, RoleSession):
        raise TypeError(session)
    names = (session.session_name, session.source_identity or "ada")
    if not all(_NAME.fullmatch(name) for name in names):
        raise ValueError(session)
    if session.chained and ("team", "ledger") not in session.tags:
        raise ValueError(session)
