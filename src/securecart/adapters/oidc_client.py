"""The portal as a client of the company's OpenID provider.

Source: OpenID Connect Core 1.0, sections 3.1.3 and 12; RFC 6749, section 2.3.1
(the client authenticates with HTTP Basic).
"""

import json
import ssl
import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx

from securecart.adapters.fetch import MAX_DOCUMENT, Fetch, FetchFailed
from securecart.adapters.saml_metadata import FRESH
from securecart.federation.oidc import (
    JwkSet,
    KeySource,
    ProviderMetadata,
    discovery_address,
)
from securecart.names.clock import Clock

_SECONDS = 10.0
"""A token endpoint may hash a secret and ask a directory."""
_REFUSED = frozenset({400, 401, 403})
_OK = 200


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a token endpoint answered; kept out of `repr`, and so out of logs."""

    id_token: str | None = field(repr=False)
    refresh_token: str | None = field(repr=False)


class OidcClient:
    """The portal's `OidcProvider`; shared by threads."""

    def __init__(
        self,
        issuer: str,
        *,
        client_id: str,
        client_secret: str | None,
        fetch: Fetch,
        keys: KeySource,
        clock: Clock,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._fetch = fetch
        self._keys = keys
        self._clock = clock
        self._http = httpx.Client(
            transport=transport,
            # The machine's own authorities: companies have some of theirs.
            verify=ssl.create_default_context(),
            timeout=_SECONDS,
            follow_redirects=False,
            trust_env=False,
        )
        self._lock = threading.Lock()
        self._known: tuple[ProviderMetadata, datetime] | None = None

    def metadata(self) -> ProviderMetadata:
        """Answer the discovery document, at most an hour old.

        Raises:
            SecureCartError: if the provider does not answer with one.
        """
        with self._lock:
            now = self._clock()
            if self._known is None or now - self._known[1] >= FRESH:
                document = self._fetch.get(discovery_address(self._issuer))
                parsed = ProviderMetadata.parse(document, issuer=self._issuer)
                self._known = parsed, now
            return self._known[0]

    def keys(self, *, refresh: bool = False) -> JwkSet:
        """Answer the provider's keys; see `FetchedKeys` for how often it asks."""
        return self._keys.keys(self._issuer, now=self._clock(), renew=refresh)

    def exchange_code(
        self, code: str, redirect_uri: str, code_verifier: str
    ) -> Tokens | None:
        """Redeem an authorization code; None when the provider refuses it."""
        return self._ask(
            grant_type="authorization_code",
            code=code,
            redirect_uri=redirect_uri,
            code_verifier=code_verifier,
        )

    def refresh(self, refresh_token: str) -> Tokens | None:
        """Redeem a refresh token; None when the provider refuses it."""
        return self._ask(grant_type="refresh_token", refresh_token=refresh_token)

    def _ask(self, **form: str) -> Tokens | None:
        endpoint = self.metadata().token_endpoint
        authentication: httpx.Auth | None = None
        if self._client_secret is None:
            form["client_id"] = self._client_id
        else:
            # Both are form-encoded before they become a name and a password.
            pair = quote(self._client_id, safe=""), quote(self._client_secret, safe="")
            authentication = httpx.BasicAuth(*pair)
        try:
            with self._http.stream(
                "POST", endpoint, data=form, auth=authentication
            ) as answer:
                if answer.status_code in _REFUSED:
                    return None
                if answer.status_code != _OK:
                    raise FetchFailed(f"{endpoint}: status {answer.status_code}")
                return _tokens(_body(answer))
        except httpx.HTTPError as error:
            raise FetchFailed(f"{endpoint}: {type(error).__name__}") from None


def _body(answer: httpx.Response) -> bytes:
    body = bytearray()
    for part in answer.iter_bytes():
        body += part
        if len(body) > MAX_DOCUMENT:
            raise FetchFailed(f"{answer.url}: more than {MAX_DOCUMENT} bytes")
    return bytes(body)


def _tokens(body: bytes) -> Tokens:
    try:
        document = json.loads(body)
    except ValueError:
        raise FetchFailed("the token endpoint's answer is not JSON") from None
    if not isinstance(document, dict):
        raise FetchFailed("the token endpoint's answer is no JSON object")
    return Tokens(_text(document, "id_token"), _text(document, "refresh_token"))


def _text(document: dict[str, Any], name: str) -> str | None:
    value = document.get(name)
    return value if isinstance(value, str) and value else None
