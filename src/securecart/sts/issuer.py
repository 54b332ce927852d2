"""Session tokens: sealed, self-contained, and never looked up anywhere.

A token holds its whole session and its secret access key, so nothing about a
session is stored by anybody but its holder.
"""

import base64
import binascii
import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final, TypeVar

import orjson

from securecart.names.access_key_id import new_access_key_id
from securecart.names.clock import Random
from securecart.names.credentials import Credentials
from securecart.names.errors import SecureCartError
from securecart.names.principal import IamUser
from securecart.names.session import RoleSession, UserSession
from securecart.sealing import Keyring, Unsealable, key_id_of
from securecart.sts.errors import PackedPolicyTooLarge
from securecart.sts.session_token import compressed, pack, unpack

MAX_SESSION_TOKEN: Final = 8_192
"""Characters. One with policies at their longest has some 5,000; servers
commonly refuse header fields above 8 kB."""
MAX_PACKED: Final = 3_072
"""Bytes, compressed, for the part of a token that the caller makes long."""

_FEW: Final = 256
"""Bytes: a twelfth of what is allowed."""
_SECRET_BYTES: Final = 30
_PURPOSE: Final = "sts session token, version 2"

Temporary = RoleSession | IamUser
"""Who holds temporary credentials; an `IamUser` here always has a `session`."""
_T = TypeVar("_T", RoleSession, IamUser)


class UnknownSessionToken(SecureCartError):
    """The token was not issued here, or not with this access key id."""


class SessionOver(SecureCartError):
    """The token was issued here, and its time is over."""


class Issuer:
    """Issues temporary credentials, and opens them again; shared by threads.

    `keyring` answers the issuing keys as they are at the moment: one seals,
    and those before it still open.
    """

    def __init__(self, keyring: Callable[[], Keyring]) -> None:
        self._keyring = keyring

    def issue(
        self, session: _T, *, random: Random, minimum_size: int = 0
    ) -> tuple[Credentials, _T]:
        """Answer credentials for a session, and the session as they carry it.

        The session's own `credential_id` is replaced by the new access key
        id; its times are cut to whole seconds. `minimum_size` are the
        characters that the session token has at least.

        Raises:
            PackedPolicyTooLarge: if the session does not fit into a token.
        """
        keyring = self._keyring()
        key_id = new_access_key_id("ASIA", session.account, random)
        issued = _carried(session, key_id, keyring.current_id.hex())
        secret = base64.b64encode(random(_SECRET_BYTES))
        packed = pack(issued, secret).ljust(minimum_size * 3 // 4, b"\0")
        sealed = keyring.seal(packed, purpose=_PURPOSE, random=random)
        session_token = base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()
        if len(session_token) > MAX_SESSION_TOKEN:
            raise PackedPolicyTooLarge(
                f"Session token would be longer than {MAX_SESSION_TOKEN} characters."
            )
        credentials = Credentials(
            access_key_id=key_id,
            secret_access_key=secret.decode(),
            session_token=session_token,
            expiration=lifetime_of(issued).expires_at,
        )
        return credentials, issued

    def open(
        self, session_token: str, access_key_id: str, *, now: datetime
    ) -> tuple[Temporary, str]:
        """Answer the session of a token, and its secret access key.

        Raises:
            UnknownSessionToken: unless it was issued here with that key id.
            SessionOver: from the moment of its expiration on.
        """
        session, secret = self.unpack(session_token)
        check_session(session, access_key_id, now)
        return session, secret

    def unpack(self, session_token: str) -> tuple[Temporary, str]:
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
            packed = self._keyring().unseal(sealed, purpose=_PURPOSE)
        except (binascii.Error, ValueError, Unsealable):
            raise UnknownSessionToken("not issued here") from None
        return unpack(packed, issuing_key_id=key_id_of(sealed).hex())


def lifetime_of(session: Temporary) -> RoleSession | UserSession:
    """Answer what says with which key, since when and until when a session is.

    Raises:
        ValueError: for a user who signs with a long-term key.
    """
    if isinstance(session, RoleSession):
        return session
    if session.session is None:
        raise ValueError("a long-term key is no session")
    return session.session


def check_session(session: Temporary, access_key_id: str, now: datetime) -> None:
    """Refuse a session that is over, or shown with another access key id.

    Raises:
        UnknownSessionToken: if the access key id is not the session's own.
        SessionOver: if it has expired.
    """
    lifetime = lifetime_of(session)
    if not hmac.compare_digest(lifetime.credential_id.encode(), access_key_id.encode()):
        raise UnknownSessionToken("issued with another access key id")
    if now >= lifetime.expires_at:
        raise SessionOver("expired")


def packed_policy_percent(session: RoleSession) -> int | None:
    """Answer `PackedPolicySize`; None where there is nothing to pack.

    Raises:
        PackedPolicyTooLarge: if it is above 100.
    """
    parts = session.session_policies, session.session_policy_arns, session.tags
    if not any(parts):
        return None
    document = orjson.dumps(parts)
    size = len(document)
    if size > _FEW:  # Or to compress it would not tell much else.
        size = len(compressed(document))
    percent = -(-100 * size // MAX_PACKED)
    if size > MAX_PACKED:
        raise PackedPolicyTooLarge(
            f"Packed policy consumes {percent}% of allotted space, please use smaller"
            " policy."
        )
    return percent


def _carried(session: _T, key_id: str, issuing_key_id: str) -> _T:
    if isinstance(session, IamUser):
        lifetime = lifetime_of(session)
        return replace(
            session,
            session=UserSession(
                credential_id=key_id,
                issued_at=lifetime.issued_at.replace(microsecond=0),
                expires_at=lifetime.expires_at.replace(microsecond=0),
                issuing_key_id=issuing_key_id,
                mfa_authenticated=bool(lifetime.mfa_authenticated),
            ),
        )
    return replace(
        session,
        credential_id=key_id,
        issued_at=session.issued_at.replace(microsecond=0),
        expires_at=session.expires_at.replace(microsecond=0),
        issuing_key_id=issuing_key_id,
    )
