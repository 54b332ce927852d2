"""Session tokens: sealed, self-contained, and never looked up anywhere.

A token holds its whole session. The secret access key is derived from the
token, so nothing about a session is stored by anybody but its holder.
"""

import base64
import binascii
import hashlib
import hmac
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from securecart.names.access_key_id import new_access_key_id
from securecart.names.clock import Random
from securecart.names.credentials import Credentials
from securecart.names.errors import SecureCartError
from securecart.names.session import RoleSession
from securecart.sealing import Keyring, Unsealable
from securecart.sts.errors import PackedPolicyTooLarge

MAX_SESSION_TOKEN: Final = 8_192
"""Characters. One with policies at their longest has some 5,000; servers
commonly refuse header fields above 8 kB."""
MAX_PACKED: Final = 3_072
"""Bytes, compressed, for the part of a token that the caller makes long."""

_SECRET_BYTES: Final = 30
_PURPOSE: Final = "sts session token, version 1"


class UnknownSessionToken(SecureCartError):
    """The token was not issued here, or not with this access key id."""


class SessionOver(SecureCartError):
    """The token was issued here, and its time is over."""


class Issuer:
    """Issues credentials for role sessions, and opens them again.

    Immutable, so it may be shared between threads.
    """

    def __init__(self, keyring: Keyring, derivation_key: bytes) -> None:
        self._keyring = keyring
        self._derivation_key = derivation_key

    def issue(
        self, session: RoleSession, *, random: Random
    ) -> tuple[Credentials, RoleSession]:
        """Answer credentials for a session, and the session as they carry it.

        The session's own `credential_id` is replaced by the new access key
        id; its times are cut to whole seconds.

        Raises:
            PackedPolicyTooLarge: if the session does not fit into a token.
        """
        packed_policy_percent(session)
        key_id = new_access_key_id("ASIA", session.account, random)
        issued = replace(
            session,
            credential_id=key_id,
            issued_at=session.issued_at.replace(microsecond=0),
            expires_at=session.expires_at.replace(microsecond=0),
        )
        sealed = self._keyring.seal(_pack(issued), purpose=_PURPOSE, random=random)
        session_token = base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()
        if len(session_token) > MAX_SESSION_TOKEN:
            raise PackedPolicyTooLarge(
                f"Session token would be longer than {MAX_SESSION_TOKEN} characters."
            )
        credentials = Credentials(
            access_key_id=key_id,
            secret_access_key=self._secret(session_token),
            session_token=session_token,
            expiration=issued.expires_at,
        )
        return credentials, issued

    def open(
        self, session_token: str, access_key_id: str, *, now: datetime
    ) -> tuple[RoleSession, str]:
        """Answer the session of a token, and its secret access key.

        Raises:
            UnknownSessionToken: unless it was issued here with that key id.
            SessionOver: from the moment of its expiration on.
        """
        session, secret = self.unpack(session_token)
        check_session(session, access_key_id, now)
        return session, secret

    def unpack(self, session_token: str) -> tuple[RoleSession, str]:
        """Answer what a token holds, without asking who shows it and when.

        Raises:
            UnknownSessionToken: unless it was issued here.
        """
        if len(session_token) > MAX_SESSION_TOKEN:
            raise UnknownSessionToken("longer than any token that was issued")
        try:
            sealed = base64.b64decode(
                session_token + "=" * (-len(session_token) % 4),
                altchars=b"-_",
                validate=True,
            )
            session = _unpack(self._keyring.unseal(sealed, purpose=_PURPOSE))
        except (binascii.Error, ValueError, Unsealable):
            raise UnknownSessionToken("not issued here") from None
        return session, self._secret(session_token)

    def _secret(self, session_token: str) -> str:
        digest = hmac.digest(
            self._derivation_key, session_token.encode(), hashlib.sha256
        )
        return base64.b64encode(digest[:_SECRET_BYTES]).decode()


def check_session(session: RoleSession, access_key_id: str, now: datetime) -> None:
    """Refuse a session that is over, or shown with another access key id.

    Raises:
        UnknownSessionToken: if the access key id is not the session's own.
        SessionOver: if it has expired.
    """
    if not hmac.compare_digest(session.credential_id.encode(), access_key_id.encode()):
        raise UnknownSessionToken("issued with another access key id")
    if now >= session.expires_at:
        raise SessionOver("expired")


def packed_policy_percent(session: RoleSession) -> int | None:
    """Answer `PackedPolicySize`; None where there is nothing to pack.

    Raises:
        PackedPolicyTooLarge: if it is above 100.
    """
    parts = session.session_policies, session.session_policy_arns, session.tags
    if not any(parts):
        return None
    size = len(zlib.compress(orjson.dumps(parts)))
    percent = -(-100 * size // MAX_PACKED)
    if size > MAX_PACKED:
        raise PackedPolicyTooLarge(
            f"Packed policy consumes {percent}% of allotted space, please use smaller"
            " policy."
        )
    return percent


def _pack(session: RoleSession) -> bytes:
    return zlib.compress(
        orjson.dumps(
            (
                session.account,
                session.role_name,
                session.role_path,
                session.role_id,
                session.session_name,
                session.credential_id,
                int(session.issued_at.timestamp()),
                int(session.expires_at.timestamp()),
                session.tags,
                session.transitive_tag_keys,
                session.source_identity,
                session.federated_provider,
                session.mfa_authenticated,
                session.session_policies,
                session.session_policy_arns,
                session.context,
                session.chained,
            )
        )
    )


def _unpack(packed: bytes) -> RoleSession:
    # Sealed by `_pack` under a purpose that names its version, so the shape
    # is known.
    members: list[Any] = orjson.loads(zlib.decompress(packed))
    return RoleSession(
        account=members[0],
        role_name=members[1],
        role_path=members[2],
        role_id=members[3],
        session_name=members[4],
        credential_id=members[5],
        issued_at=datetime.fromtimestamp(members[6], UTC),
        expires_at=datetime.fromtimestamp(members[7], UTC),
        tags=_pairs(members[8]),
        transitive_tag_keys=tuple(members[9]),
        source_identity=members[10],
        federated_provider=members[11],
        mfa_authenticated=members[12],
        session_policies=tuple(members[13]),
        session_policy_arns=tuple(members[14]),
        context=_context(members[15]),
        chained=members[16],
    )


def _pairs(members: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((key, value) for key, value in members)


def _context(members: list[list[Any]]) -> tuple[tuple[str, str | tuple[str, ...]], ...]:
    return tuple(
        (key, tuple(value) if isinstance(value, list) else value)
        for key, value in members
    )
