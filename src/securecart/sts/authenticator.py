"""Who signed a request: the owner of its access key, and the secret."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from securecart.names.errors import ServiceError
from securecart.names.principal import IamUser, Principal, Service
from securecart.sts.errors import (
    ExpiredClient,
    ExpiredToken,
    InvalidAccessKeyId,
    InvalidClientTokenId,
    InvalidToken,
    UnrecognizedClient,
)
from securecart.sts.issuer import (
    Issuer,
    SessionOver,
    Temporary,
    UnknownSessionToken,
    check_session,
)
from securecart.wire.sigv4 import UnverifiedSignature

MAX_CACHED_SESSIONS: Final = 2048
"""Opened tokens kept per process: some 2 kB each, and more sessions than a
company of 1,200 has open at once."""


class LongTermKeys(Protocol):
    """Finds long-term access keys."""

    def find(self, access_key_id: str) -> tuple[IamUser | Service, str] | None:
        """Answer the owner and the secret of an active key, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request says it is from, and the secret that must have signed it.

    Nobody is that principal before the signature was verified with the secret.
    """

    principal: Principal
    secret_access_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Refusals:
    """A service's own errors: no such key, no such token, session over."""

    key: ServiceError
    session_token: ServiceError
    over: ServiceError


_INVALID: Final = "The security token included in the request is invalid."
_EXPIRED: Final = "The security token included in the request is expired"


def _refusals_of(service: str) -> _Refusals:
    match service:
        case "s3":
            return _Refusals(
                InvalidAccessKeyId(
                    "The AWS Access Key Id you provided does not exist in our records."
                ),
                InvalidToken("The provided token is malformed or otherwise invalid."),
                ExpiredToken("The provided token has expired."),
            )
        case "kms":
            return _Refusals(
                UnrecognizedClient(_INVALID),
                UnrecognizedClient(_INVALID),
                ExpiredClient(_EXPIRED),
            )
        case _:
            return _Refusals(
                InvalidClientTokenId(_INVALID),
                InvalidClientTokenId(_INVALID),
                ExpiredToken(_EXPIRED),
            )


class Authenticator:
    """Finds the caller of a signed request; shared by threads."""

    def __init__(self, issuer: Issuer, long_term_keys: LongTermKeys) -> None:
        self._issuer = issuer
        self._long_term_keys = long_term_keys
        self._lock = threading.Lock()
        self._opened: OrderedDict[str, tuple[Temporary, str]] = OrderedDict()

    def resolve(self, unverified: UnverifiedSignature, now: datetime) -> Caller:
        """Answer whose access key a request names.

        Raises:
            ServiceError: in the words of the service that is called, if the
                key is unknown, its session token is missing, not its own or
                not ours, or the session is over.
        """
        if unverified.session_token is None:
            found = self._long_term_keys.find(unverified.access_key_id)
            if found is None:
                raise _refusals_of(unverified.service).key
            return Caller(*found)
        try:
            session, secret = self._open(unverified.session_token)
            check_session(session, unverified.access_key_id, now)
        except UnknownSessionToken:
            raise _refusals_of(unverified.service).session_token from None
        except SessionOver:
            raise _refusals_of(unverified.service).over from None
        return Caller(session, secret)

    def _open(self, session_token: str) -> tuple[Temporary, str]:
        with self._lock:
            opened = self._opened.get(session_token)
            if opened is not None:
                self._opened.move_to_end(session_token)
                return opened
        opened = self._issuer.unpack(session_token)
        with self._lock:
            self._opened[session_token] = opened
            if len(self._opened) > MAX_CACHED_SESSIONS:
                self._opened.popitem(last=False)
        return opened
