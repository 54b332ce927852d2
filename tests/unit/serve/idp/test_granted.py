"""Codes and tokens in the records, where two processes meet."""

from datetime import UTC, datetime, timedelta

from securecart.names.expiring import InMemoryExpiringRecords
from securecart.serve.idp.oidc.granted import Granted, Grants, Kind

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
END = NOW + timedelta(hours=1)


def granted_by(grants: Grants) -> Granted:
    """A grant of a new family."""
    return Granted(
        family=grants.begin_family(ends_at=END),
        client_id="client",
        redirect_uri="http://localhost:8080/",
        scope="openid",
        nonce=None,
        code_challenge="x",
        login="login:1",
        session_id="1",
        username="ana.silva",
        auth_time=NOW.timestamp(),
        amr=("pwd",),
        acr="a",
        ends_at=END.timestamp(),
    )


def test_of_two_at_one_moment_one_wins_and_the_family_ends() -> None:
    """Both found the token before either spent it: one of them is a thief."""
    grants = Grants(InMemoryExpiringRecords(), lambda length: b"f" * length)
    granted = granted_by(grants)
    grants.keep(Kind.REFRESH_TOKEN, "old", granted, now=NOW)
    assert grants.find(Kind.REFRESH_TOKEN, "old", now=NOW) == granted

    assert grants.spend(Kind.REFRESH_TOKEN, "old", granted, now=NOW)
    grants.keep(Kind.REFRESH_TOKEN, "new", granted, now=NOW)
    assert grants.find(Kind.REFRESH_TOKEN, "new", now=NOW) == granted
    assert not grants.spend(Kind.REFRESH_TOKEN, "old", granted, now=NOW)
    assert grants.find(Kind.REFRESH_TOKEN, "new", now=NOW) is None


def test_a_secret_of_one_kind_is_nothing_as_another() -> None:
    """A code is no refresh token, and an access token neither."""
    grants = Grants(InMemoryExpiringRecords(), lambda length: b"f" * length)
    granted = granted_by(grants)
    for kind in Kind:
        grants.keep(kind, kind.value, granted, now=NOW)
        for other in Kind:
            found = grants.find(other, kind.value, now=NOW)
            assert (found is not None) == (other is kind)


def test_nothing_outlives_the_login_session() -> None:
    """However long its own kind might live."""
    grants = Grants(InMemoryExpiringRecords(), lambda length: b"f" * length)
    granted = granted_by(grants)
    late = END - timedelta(seconds=10)
    for kind in Kind:
        grants.keep(kind, "secret", granted, now=late)
        assert grants.find(kind, "secret", now=late) == granted
        assert grants.find(kind, "secret", now=END) is None
