"""What a session token holds: the secret access key, and the session.

Layout before it is sealed: 40 bytes secret, then JSON, a list whose first
member says what kind of session it is; compressed where it is long, which its
first byte shows. Zeros may follow it.
"""

import zlib
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from securecart.names.principal import IamUser
from securecart.names.session import RoleSession, UserSession

_SHORT: Final = 1_024
"""Bytes that are not worth compressing: most sessions', whose token then has
some 1,200 characters, as many as AWS's."""
_SECRET_LENGTH: Final = 40
_ROLE: Final = "role"
_USER: Final = "user"
_WINDOW_BITS: Final = 13
"""8 kB, as much as a token has; zlib's own 32 kB take ten times as long to
lay out as the session takes to compress."""
_MEMORY_LEVEL: Final = 6


def pack(session: RoleSession | IamUser, secret: bytes) -> bytes:
    """Write a session with its secret of 40 bytes."""
    fields = (
        _user_fields(session) if isinstance(session, IamUser) else _role_fields(session)
    )
    document = orjson.dumps(fields)
    return secret + (document if len(document) <= _SHORT else compressed(document))


def compressed(document: bytes) -> bytes:
    """Compress a part of a token, so that `zlib.decompress` reads it."""
    compressor = zlib.compressobj(wbits=_WINDOW_BITS, memLevel=_MEMORY_LEVEL)
    return compressor.compress(document) + compressor.flush()


def unpack(packed: bytes, *, issuing_key_id: str) -> tuple[RoleSession | IamUser, str]:
    """Read what `pack` wrote; nobody else could have sealed it."""
    secret = packed[:_SECRET_LENGTH].decode()
    document = packed[_SECRET_LENGTH:]
    if document.startswith(b"["):  # As zlib's own first byte never is.
        document = document.rstrip(b"\0")
    else:
        document = zlib.decompress(document)
    fields: list[Any] = orjson.loads(document)
    read = _user_of if fields[0] == _USER else _role_of
    return read(fields, issuing_key_id), secret


def _role_fields(session: RoleSession) -> tuple[Any, ...]:
    return (
        _ROLE,
        session.account,
        session.role_name,
        session.role_path,
        session.role_id,
        session.session_name,
        session.credential_id,
        _seconds(session.issued_at),
        _seconds(session.expires_at),
        session.tags,
        session.transitive_tag_keys,
        session.source_identity,
        session.federated_provider,
        session.mfa_authenticated,
        session.session_policies,
        session.session_policy_arns,
        session.context,
        session.chained,
        session.rests_on,
    )


def _role_of(fields: list[Any], issuing_key_id: str) -> RoleSession:
    return RoleSession(
        account=fields[1],
        role_name=fields[2],
        role_path=fields[3],
        role_id=fields[4],
        session_name=fields[5],
        credential_id=fields[6],
        issued_at=_moment(fields[7]),
        expires_at=_moment(fields[8]),
        tags=_pairs(fields[9]),
        transitive_tag_keys=tuple(fields[10]),
        source_identity=fields[11],
        federated_provider=fields[12],
        mfa_authenticated=fields[13],
        session_policies=tuple(fields[14]),
        session_policy_arns=tuple(fields[15]),
        context=_context(fields[16]),
        chained=fields[17],
        rests_on=fields[18],
        issuing_key_id=issuing_key_id,
    )


def _user_fields(user: IamUser) -> tuple[Any, ...]:
    session = user.session
    if session is None:
        raise ValueError("a long-term key is no session")
    return (
        _USER,
        user.account,
        user.name,
        user.user_id,
        user.path,
        user.tags,
        user.access_key_id,
        session.credential_id,
        _seconds(session.issued_at),
        _seconds(session.expires_at),
        session.mfa_authenticated,
    )


def _user_of(fields: list[Any], issuing_key_id: str) -> IamUser:
    return IamUser(
        account=fields[1],
        name=fields[2],
        user_id=fields[3],
        path=fields[4],
        tags=_pairs(fields[5]),
        access_key_id=fields[6],
        session=UserSession(
            credential_id=fields[7],
            issued_at=_moment(fields[8]),
            expires_at=_moment(fields[9]),
            issuing_key_id=issuing_key_id,
            mfa_authenticated=fields[10],
        ),
    )


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _pairs(members: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((key, value) for key, value in members)


def _context(members: list[list[Any]]) -> tuple[tuple[str, str | tuple[str, ...]], ...]:
    return tuple(
        (key, tuple(value) if isinstance(value, list) else value)
        for key, value in members
    )
