"""Telling clients that a person has signed out, server to server.

Source: OpenID Connect Back-Channel Logout 1.0, sections 2.3 to 2.5.
"""

from datetime import timedelta
from typing import Final, Protocol

from securecart.federation.oidc import LOGOUT_EVENT
from securecart.serve.idp.identity_provider import IdentityProvider
from securecart.serve.idp.login_session import LoginSession, random_text
from securecart.serve.idp.oidc.id_token import IdTokens

_LOGOUT_TOKEN_LIFE: Final = timedelta(minutes=2)
"""Section 2.4 recommends at most two minutes."""


class LogoutPost(Protocol):
    """Brings a logout token to a client, in the background."""

    def send(self, address: str, logout_token: str) -> None:
        """Take it along and return at once, whatever becomes of it."""
        ...


class BackChannel:
    """Knows which clients a login session reached, and tells those."""

    def __init__(
        self, idp: IdentityProvider, id_tokens: IdTokens, post: LogoutPost
    ) -> None:
        self._idp = idp
        self._id_tokens = id_tokens
        self._post = post

    def note(self, client_id: str, session: LoginSession) -> None:
        """Remember that a client was told of the session."""
        self._idp.records.put(
            _key(session, client_id), b"", expires_at=session.expires_at
        )

    def tell(self, session: LoginSession) -> None:
        """Send a logout token to each client that the session reached."""
        now = self._idp.clock()
        for client in self._idp.options.clients:
            reached = self._idp.records.take(_key(session, client.client_id), now=now)
            if reached is None or client.backchannel_logout_uri is None:
                continue
            token = self._id_tokens.sign_logout(
                {
                    "iss": self._idp.options.base_url,
                    "sub": session.username,
                    "aud": client.client_id,
                    "iat": int(now.timestamp()),
                    "exp": int((now + _LOGOUT_TOKEN_LIFE).timestamp()),
                    "jti": random_text(self._idp.random),
                    "sid": session.session_id,
                    "events": {LOGOUT_EVENT: {}},
                }
            )
            self._post.send(client.backchannel_logout_uri, token)


def _key(session: LoginSession, client_id: str) -> str:
    return f"reached:{session.key}:{client_id}"
