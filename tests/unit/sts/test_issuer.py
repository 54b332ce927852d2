"""Session tokens: what they hold, and that nobody else can make them."""

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securecart.names.principal import IamUser
from securecart.names.session import RoleSession, UserSession
from securecart.sealing import Keyring, SealingKey
from securecart.sts import (
    Issuer,
    PackedPolicyTooLarge,
    SessionOver,
    UnknownSessionToken,
)
from securecart.sts.issuer import packed_policy_percent

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SESSION = RoleSession(
    account="123456789012",
    role_name="SecureCartEmployee",
    role_path="/",
    role_id="AROAEXAMPLE",
    session_name="ada",
    credential_id="",
    issued_at=NOW,
    expires_at=NOW + timedelta(hours=1),
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
CONTEXT = st.lists(
    st.tuples(TEXT, TEXT | st.lists(TEXT, max_size=2).map(tuple)), max_size=3
).map(tuple)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple)


USER = IamUser(
    account="123456789012",
    name="ada",
    user_id="AIDAEXAMPLE",
    path="/admins/",
    tags=(("team", "ops"),),
    access_key_id="AKIAEXAMPLE",
    session=UserSession("", NOW, NOW + timedelta(hours=12)),
)


def _issuer(seal: bytes = b"k") -> Issuer:
    keyring = Keyring(SealingKey(seal * 32))
    return Issuer(lambda: keyring)


def _random(count: int) -> bytes:
    return bytes(count)


def test_a_token_is_opened_by_its_own_access_key_id() -> None:
    """Until the moment it expires."""
    issuer = _issuer()
    credentials, issued = issuer.issue(SESSION, random=_random)
    token = credentials.session_token
    assert token is not None
    assert issued == replace(
        SESSION,
        credential_id=credentials.access_key_id,
        issuing_key_id=SealingKey(b"k" * 32).key_id.hex(),
    )
    last = SESSION.expires_at - timedelta(microseconds=1)
    opened = issuer.open(token, credentials.access_key_id, now=last)
    assert opened == (issued, credentials.secret_access_key)
    with pytest.raises(SessionOver):
        issuer.open(token, credentials.access_key_id, now=SESSION.expires_at)
    with pytest.raises(UnknownSessionToken):
        issuer.open(token, "ASIABBBBBBBBBBBBBBBB", now=NOW)


@given(
    session=st.builds(
        replace,
        st.just(SESSION),
        session_name=TEXT,
        tags=PAIRS,
        context=CONTEXT,
        transitive_tag_keys=st.lists(TEXT, max_size=2).map(tuple),
        session_policies=st.lists(TEXT, max_size=2).map(tuple),
        session_policy_arns=st.lists(TEXT, max_size=2).map(tuple),
        source_identity=st.none() | TEXT,
        federated_provider=st.none() | TEXT,
        mfa_authenticated=st.sampled_from([None, True, False]),
        chained=st.booleans(),
        rests_on=st.none() | TEXT,
    )
)
def test_any_session_comes_back_whole(session: RoleSession) -> None:
    """Nothing is lost or changed on the way through the holder's hands."""
    issuer = _issuer()
    credentials, issued = issuer.issue(session, random=_random)
    assert credentials.session_token is not None
    opened, _ = issuer.unpack(credentials.session_token)
    assert opened == issued
    assert replace(opened, credential_id="", issuing_key_id="") == session


def test_times_are_in_whole_seconds() -> None:
    """The answer, the token and the audit record say the same."""
    half = timedelta(milliseconds=500)
    session = replace(SESSION, issued_at=NOW + half, expires_at=NOW + half)
    credentials, issued = _issuer().issue(session, random=_random)
    assert issued.issued_at == issued.expires_at == credentials.expiration == NOW


def test_secrets_are_not_shown() -> None:
    """A log line may hold the credentials object."""
    credentials, _ = _issuer().issue(SESSION, random=_random)
    assert credentials.secret_access_key not in repr(credentials)
    assert str(credentials.session_token) not in repr(credentials)


def test_every_token_has_its_own_secret() -> None:
    """It is random, and nothing else about the session tells it."""
    one, _ = _issuer().issue(SESSION, random=_random)
    two, _ = _issuer().issue(SESSION, random=lambda count: b"\x01" * count)
    assert one.secret_access_key != two.secret_access_key


def test_a_user_s_session_comes_back_whole() -> None:
    """It names the key that it was got with, and the one it is sealed with."""
    issuer = _issuer()
    credentials, issued = issuer.issue(USER, random=_random)
    token = str(credentials.session_token)
    opened = issuer.open(token, credentials.access_key_id, now=NOW)
    assert opened == (issued, credentials.secret_access_key)
    assert issued.session is not None
    assert issued.session.issuing_key_id == SealingKey(b"k" * 32).key_id.hex()
    assert credentials.expiration == NOW + timedelta(hours=12)
    with pytest.raises(SessionOver):
        issuer.open(token, credentials.access_key_id, now=NOW + timedelta(hours=12))
    with pytest.raises(UnknownSessionToken):
        issuer.open(token, "ASIABBBBBBBBBBBBBBBB", now=NOW)


def test_a_token_of_another_key_is_unknown() -> None:
    """Another installation's tokens open nothing here."""
    credentials, _ = _issuer(seal=b"x").issue(SESSION, random=_random)
    assert credentials.session_token is not None
    with pytest.raises(UnknownSessionToken):
        _issuer().unpack(credentials.session_token)


def test_a_token_survives_the_change_of_its_key() -> None:
    """Older sealing keys still open."""
    old, new = SealingKey(b"k" * 32), SealingKey(b"n" * 32)
    credentials, issued = _issuer().issue(SESSION, random=_random)
    assert credentials.session_token is not None
    rotated = Issuer(lambda: Keyring(new, old))
    opened = rotated.unpack(credentials.session_token)
    assert opened == (issued, credentials.secret_access_key)


def test_a_changed_token_is_unknown() -> None:
    """Whichever byte was changed."""
    issuer = _issuer()
    credentials, _ = issuer.issue(SESSION, random=_random)
    token = str(credentials.session_token)
    sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    for index in range(len(sealed)):
        changed = bytearray(sealed)
        changed[index] ^= 1
        with pytest.raises(UnknownSessionToken):
            issuer.unpack(base64.urlsafe_b64encode(changed).decode().rstrip("="))


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda b: b.decode("latin-1")))
def test_any_text_is_unknown(text: str) -> None:
    """No text brings out another error."""
    with pytest.raises(UnknownSessionToken):
        _issuer().unpack(text)


def test_a_long_token_is_not_even_decoded() -> None:
    """Headers are the caller's."""
    with pytest.raises(UnknownSessionToken, match="longer"):
        _issuer().unpack("A" * 8_193)


def test_the_longest_token_is_within_bounds() -> None:
    """What may be issued can be opened, and carried in a header."""
    noise = hashlib.shake_256(b"noise").hexdigest(2_600)
    session = replace(SESSION, session_policies=(noise,))
    credentials, _ = _issuer().issue(session, random=_random)
    assert 4_096 < len(str(credentials.session_token)) < 8_192
    with pytest.raises(PackedPolicyTooLarge):
        packed_policy_percent(replace(SESSION, session_policies=(noise * 3,)))
    subject = hashlib.shake_256(b"noise").hexdigest(6_000)
    with pytest.raises(PackedPolicyTooLarge, match="longer than 8192"):
        _issuer().issue(replace(SESSION, context=(("a", subject),)), random=_random)
