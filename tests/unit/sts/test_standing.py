"""A session ends when what it began with is gone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.unit.sts.conftest import ACCOUNT, NOW, OIDC_PROVIDER, SAML_PROVIDER

from securecart.iam import AccessKey, Authorizer, OidcProvider, Role, SamlProvider, User
from securecart.names.entities import Entities
from securecart.names.principal import Anonymous, IamUser, Root
from securecart.names.session import RoleSession, UserSession
from securecart.sts import is_revoked
from securecart.sts.issuing_keys import IssuingKey

if TYPE_CHECKING:
    from tests.unit.sts.conftest import World

ISSUED = NOW.replace(microsecond=0)


@pytest.fixture
def entities(world: "World") -> Entities:
    """The account, with an administrator's key and an issuing key."""
    with world.entities.writing() as store:
        store.put(IssuingKey("0a0b0c0d", 1, "sealed", ISSUED))
        store.put(AccessKey("AKIAEXAMPLE", "root-of-all", "sealed", ISSUED))
        for kind, key in (
            (SamlProvider, "securecart"),
            (OidcProvider, "localhost:8081"),
        ):
            provider = store.get(kind, key)
            assert provider is not None
            store.put(replace(provider, created=ISSUED))
    return world.entities


def _session(rests_on: str | None) -> RoleSession:
    return RoleSession(
        account=ACCOUNT,
        role_name="SecureCartEmployee",
        role_path="/",
        role_id="AROAEXAMPLE",
        session_name="ada",
        credential_id="ASIAEXAMPLE",
        issued_at=ISSUED,
        expires_at=ISSUED + timedelta(hours=1),
        rests_on=rests_on,
        issuing_key_id="0a0b0c0d",
    )


def _user_session() -> IamUser:
    return IamUser(
        account=ACCOUNT,
        name="root-of-all",
        user_id="AIDAEXAMPLE",
        access_key_id="AKIAEXAMPLE",
        session=UserSession(
            "ASIAEXAMPLE", ISSUED, ISSUED + timedelta(hours=1), "0a0b0c0d"
        ),
    )


SESSIONS: dict[str, Callable[[], RoleSession | IamUser]] = {
    "SAML": lambda: _session(SAML_PROVIDER),
    "OIDC": lambda: _session(OIDC_PROVIDER),
    "a user's key": lambda: _session("AKIAEXAMPLE"),
    "GetSessionToken": _user_session,
}
every_session = pytest.mark.parametrize("kind", SESSIONS)


def _is_gone(entities: Entities, kind: str) -> bool:
    return Authorizer(entities, revoked=is_revoked).is_gone(SESSIONS[kind]())


@every_session
def test_what_stands_is_not_gone(entities: Entities, kind: str) -> None:
    """The control for all that follow."""
    assert not _is_gone(entities, kind)


@every_session
def test_a_session_ends_with_its_issuing_key(entities: Entities, kind: str) -> None:
    """Also where a process had opened its token before."""
    authorizer = Authorizer(entities, revoked=is_revoked)
    session = SESSIONS[kind]()
    assert not authorizer.is_gone(session)
    with entities.writing() as store:
        store.delete(IssuingKey, "0a0b0c0d")
    assert authorizer.is_gone(session)
    assert authorizer.session_for(session).layers.identity


@pytest.mark.parametrize(
    ("kind", "entity", "name"),
    [
        ("SAML", SamlProvider, "securecart"),
        ("OIDC", OidcProvider, "localhost:8081"),
        ("a user's key", AccessKey, "AKIAEXAMPLE"),
        ("GetSessionToken", AccessKey, "AKIAEXAMPLE"),
        ("GetSessionToken", User, "root-of-all"),
        ("SAML", Role, "securecartemployee"),
    ],
)
def test_a_session_ends_with_what_it_rests_on(
    entities: Entities,
    kind: str,
    entity: type[SamlProvider | OidcProvider | AccessKey | User | Role],
    name: str,
) -> None:
    """At the next request, and no other session with it."""
    with entities.writing() as store:
        store.delete(entity, name)
    gone = {each for each in SESSIONS if _is_gone(entities, each)}
    assert kind in gone
    assert ("OIDC" if kind == "SAML" else "SAML") not in gone or entity is Role


@pytest.mark.parametrize("kind", ["a user's key", "GetSessionToken"])
def test_a_session_sleeps_with_its_key(entities: Entities, kind: str) -> None:
    """A key that is inactive lets nobody in, and may be made active again."""
    with entities.writing() as store:
        key = store.get(AccessKey, "AKIAEXAMPLE")
        assert key is not None
        store.put(replace(key, active=False))
    assert _is_gone(entities, kind)
    with entities.writing() as store:
        store.put(key)
    assert not _is_gone(entities, kind)


@pytest.mark.parametrize(
    ("kind", "entity", "name"),
    [
        ("SAML", SamlProvider, "securecart"),
        ("OIDC", OidcProvider, "localhost:8081"),
    ],
)
def test_a_provider_made_anew_has_vouched_for_nobody(
    entities: Entities, kind: str, entity: type[SamlProvider | OidcProvider], name: str
) -> None:
    """Under the name of one that was deleted."""
    with entities.writing() as store:
        provider = store.get(entity, name)
        assert provider is not None
        store.put(replace(provider, created=ISSUED + timedelta(seconds=1)))
    assert _is_gone(entities, kind)


def test_who_has_no_session_is_never_revoked(entities: Entities) -> None:
    """A long-term key, the account, nobody."""
    authorizer = Authorizer(entities, revoked=is_revoked)
    user = replace(_user_session(), session=None)
    for principal in (user, Root(ACCOUNT), Anonymous()):
        assert not authorizer.is_gone(principal)
