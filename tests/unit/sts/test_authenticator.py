"""Whose access key a request names."""

from datetime import UTC, datetime, timedelta

import pytest

from securecart.names.credentials import Credentials
from securecart.names.errors import ServiceError
from securecart.names.principal import IamUser
from securecart.names.session import RoleSession
from securecart.sts import Authenticator, Issuer
from securecart.wire.sigv4 import SignatureKind, UnverifiedSignature

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
USER = IamUser("123456789012", "admin", "AIDAEXAMPLE")


class _Keys:
    """One long-term key."""

    def find(self, access_key_id: str) -> tuple[IamUser, str] | None:
        """Answer its owner."""
        return (USER, "secret") if access_key_id == "AKIAEXAMPLE" else None


class _CountingIssuer(Issuer):
    """Counts how often a token is really opened."""

    opened = 0

    def unpack(self, session_token: str) -> tuple[RoleSession | IamUser, str]:
        """Count, and open."""
        self.opened += 1
        return super().unpack(session_token)


@pytest.fixture
def credentials(issuer: Issuer) -> Credentials:
    """Answer a session's credentials."""
    session = RoleSession(
        account="123456789012",
        role_name="SecureCartEmployee",
        role_path="/",
        role_id="AROAEXAMPLE",
        session_name="ada",
        credential_id="",
        issued_at=NOW,
        expires_at=NOW + timedelta(hours=1),
    )
    return issuer.issue(session, random=bytes)[0]


def _signature(
    access_key_id: str, session_token: str | None = None, service: str = "sts"
) -> UnverifiedSignature:
    return UnverifiedSignature(
        kind=SignatureKind.HEADER,
        access_key_id=access_key_id,
        session_token=session_token,
        date="20260302",
        region="us-east-1",
        service=service,
        timestamp="20260302T090000Z",
        signed_at=NOW,
        expires=None,
        signed_headers=("host",),
        signature="0" * 64,
        payload_hash="0" * 64,
    )


def test_a_long_term_key_is_found(issuer: Issuer) -> None:
    """Its owner, and the secret to verify with."""
    caller = Authenticator(issuer, _Keys()).resolve(_signature("AKIAEXAMPLE"), NOW)
    assert caller.principal == USER
    assert caller.secret_access_key == "secret"
    assert "secret'" not in repr(caller)


def test_a_session_token_is_opened(issuer: Issuer, credentials: Credentials) -> None:
    """Without asking anybody."""
    signature = _signature(credentials.access_key_id, credentials.session_token)
    caller = Authenticator(issuer, _Keys()).resolve(signature, NOW)
    assert isinstance(caller.principal, RoleSession)
    assert caller.principal.session_name == "ada"
    assert caller.secret_access_key == credentials.secret_access_key


@pytest.mark.parametrize(
    ("service", "key", "token", "over"),
    [
        ("s3", "InvalidAccessKeyId", "InvalidToken", "ExpiredToken"),
        ("sts", "InvalidClientTokenId", "InvalidClientTokenId", "ExpiredToken"),
        ("iam", "InvalidClientTokenId", "InvalidClientTokenId", "ExpiredToken"),
        (
            "kms",
            "UnrecognizedClientException",
            "UnrecognizedClientException",
            "ExpiredTokenException",
        ),
    ],
)
def test_each_service_refuses_in_its_own_words(
    issuer: Issuer,
    credentials: Credentials,
    service: str,
    key: str,
    token: str,
    over: str,
) -> None:
    """Clients look at the code to know what to do next."""
    authenticator = Authenticator(issuer, _Keys())
    own, session_token = credentials.access_key_id, credentials.session_token
    for access_key_id, shown, now, code in (
        ("AKIAOTHER", None, NOW, key),
        (own, None, NOW, key),
        (own, "AAAA", NOW, token),
        ("AKIAEXAMPLE", session_token, NOW, token),
        ("ASIAOTHER", session_token, NOW, token),
        (own, session_token, NOW + timedelta(hours=1), over),
    ):
        with pytest.raises(ServiceError) as refusal:
            authenticator.resolve(_signature(access_key_id, shown, service), now)
        assert refusal.value.code == code


def test_a_token_is_opened_once_and_checked_each_time(
    credentials: Credentials, issuer: Issuer
) -> None:
    """The cache spares the decryption, never the checks."""
    counting = _CountingIssuer(issuer._keyring)  # noqa: SLF001 — the same keys
    authenticator = Authenticator(counting, _Keys())
    signature = _signature(credentials.access_key_id, credentials.session_token)
    for _ in range(3):
        authenticator.resolve(signature, NOW)
    assert counting.opened == 1
    with pytest.raises(ServiceError):
        authenticator.resolve(signature, NOW + timedelta(hours=1))
    with pytest.raises(ServiceError):
        authenticator.resolve(_signature("ASIAOTHER", signature.session_token), NOW)
    assert counting.opened == 1


def test_the_cache_is_bounded(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The session that was not used for longest goes first."""
    monkeypatch.setattr("securecart.sts.authenticator.MAX_CACHED_SESSIONS", 2)
    counting = _CountingIssuer(issuer._keyring)  # noqa: SLF001 — the same keys
    authenticator = Authenticator(counting, _Keys())
    signatures = []
    for number in range(3):
        made, _ = issuer.issue(
            RoleSession(
                account="1",
                role_name="r",
                role_path="/",
                role_id="AROA",
                session_name=f"n{number}",
                credential_id="",
                issued_at=NOW,
                expires_at=NOW + timedelta(hours=1),
            ),
            random=bytes,
        )
        signatures.append(_signature(made.access_key_id, made.session_token))
    first, second, third = signatures
    for signature in (first, second, first, third, first):
        authenticator.resolve(signature, NOW)
    assert counting.opened == 3
    authenticator.resolve(second, NOW)
    assert counting.opened == 4


def test_a_sessions_secret_comes_from_its_token_alone(
    issuer: Issuer, credentials: Credentials
) -> None:
    """Nobody is asked who it might be, not even for a key that somebody has."""

    class Unasked:
        def find(self, _access_key_id: str) -> None:
            raise AssertionError("a long-term key was looked up")

    authenticator = Authenticator(issuer, Unasked())
    own = _signature(credentials.access_key_id, credentials.session_token)
    caller = authenticator.resolve(own, NOW)
    assert caller.secret_access_key == credentials.secret_access_key
    for other in ("AKIAEXAMPLE", "ASIAANOTHER"):
        with pytest.raises(ServiceError):
            authenticator.resolve(_signature(other, credentials.session_token), NOW)
    with pytest.raises(ServiceError):
        authenticator.resolve(_signature(credentials.access_key_id, "forged"), NOW)
