"""The portal as a client of the company's OpenID provider.

Source: OpenID Connect Core 1.0, sections 3.1.3, 9 and 12; RFC 6749, sections
2.3.1 and 5.2.
"""

import base64
import json
import logging
import re
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from securecart.adapters.fetch import Fetch, FetchFailed
from securecart.federation.oidc import (
    ClientRefused,
    InvalidDiscovery,
    JwkSet,
    KeySource,
    ProviderMetadata,
    discovery_address,
)
from securecart.names.clock import Clock

FRESH: Final = timedelta(hours=1)
"""How long a provider's move to another address may go unnoticed."""
RETRY_INTERVAL: Final = timedelta(seconds=30)
"""At most one attempt in this time while the provider does not answer."""

_OK: Final = 200
_UNAUTHORIZED: Final = 401
_REFUSED: Final = frozenset({400, _UNAUTHORIZED, 403})
_ABOUT_THE_CLIENT: Final = frozenset(
    {"invalid_client", "unauthorized_client", "unsupported_grant_type"}
)
_ERROR: Final = re.compile(r"[a-z_]{1,40}")

_log = logging.getLogger(__name__)


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
        hosts: frozenset[str] = frozenset(),
    ) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._fetch = fetch
        self._keys = keys
        self._clock = clock
        self._hosts = hosts
        self._lock = threading.Lock()
        self._known: tuple[ProviderMetadata, datetime] | None = None
        self._failed: tuple[str, datetime] | None = None

    def metadata(self) -> ProviderMetadata:
        """Answer the discovery document, at most an hour old.

        While the provider does not answer, what it said last holds.

        Raises:
            FetchFailed: if it never answered with one; the message says why.
        """
        with self._lock:
            now = self._clock()
            if self._known is not None and now - self._known[1] < FRESH:
                return self._known[0]
            if self._failed is None or now - self._failed[1] >= RETRY_INTERVAL:
                self._read(now)
            if self._known is not None:
                return self._known[0]
            raise FetchFailed(self._failed[0] if self._failed else self._issuer)

    def keys(self, *, refresh: bool = False) -> JwkSet:
        """Answer the provider's keys; see `FetchedKeys` for how often it asks."""
        return self._keys.keys(self._issuer, now=self._clock(), renew=refresh)

    def exchange_code(
        self, code: str, redirect_uri: str, code_verifier: str
    ) -> Tokens | None:
        """Redeem an authorization code; None when the provider refuses it.

        Raises:
            ClientRefused: if it refuses the client.
            FetchFailed: if it does not answer, or not as a token endpoint.
        """
        return self._ask(
            grant_type="authorization_code",
            code=code,
            redirect_uri=redirect_uri,
            code_verifier=code_verifier,
        )

    def refresh(self, refresh_token: str) -> Tokens | None:
        """Redeem a refresh token; None when the provider refuses it.

        Raises:
            ClientRefused, FetchFailed: as `exchange_code`.
        """
        return self._ask(grant_type="refresh_token", refresh_token=refresh_token)

    def _read(self, now: datetime) -> None:
        try:
            document = self._fetch.get(discovery_address(self._issuer))
            parsed = ProviderMetadata.parse(
                document, issuer=self._issuer, hosts=self._hosts
            )
        except (FetchFailed, InvalidDiscovery) as error:
            self._failed = str(error), now
            _log.warning("discovery of %s failed: %s", self._issuer, error)
        else:
            self._known, self._failed = (parsed, now), None

    def _ask(self, **form: str) -> Tokens | None:
        provider = self.metadata()
        headers, proof = self._authentication(provider)
        answer = self._fetch.post(
            provider.token_endpoint, form | proof, headers=headers
        )
        if answer.status in _REFUSED:
            self._note_refusal(answer.status, answer.body)
            return None
        if answer.status != _OK:
            raise FetchFailed(f"{provider.token_endpoint}: status {answer.status}")
        document = _object(answer.body)
        if document is None:
            raise FetchFailed("the token endpoint's answer is no JSON object")
        return Tokens(_text(document, "id_token"), _text(document, "refresh_token"))

    def _authentication(
        self, provider: ProviderMetadata
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Answer the header and the form fields that prove the client."""
        named = {"client_id": self._client_id}
        if self._client_secret is None:
            return {}, named
        if "client_secret_basic" in provider.client_authentication:
            # Both are form-encoded before they become a name and a password.
            pair = (
                quote(self._client_id, safe=""),
                quote(self._client_secret, safe=""),
            )
            basic = base64.b64encode(":".join(pair).encode()).decode()
            return {"Authorization": f"Basic {basic}"}, {}
        if "client_secret_post" in provider.client_authentication:
            return {}, named | {"client_secret": self._client_secret}
        raise self._refused("the provider takes no client secret")

    def _note_refusal(self, status: int, body: bytes) -> None:
        document = _object(body) or {}
        error = _text(document, "error") or ""
        if not _ERROR.fullmatch(error):
            error = f"status {status}"
        if status == _UNAUTHORIZED or error in _ABOUT_THE_CLIENT:
            said = _text(document, "error_description") or ""
            raise self._refused(f"{error}; {said[:200]!r}")
        _log.info("the token endpoint of %s answered %s", self._issuer, error)

    def _refused(self, reason: str) -> ClientRefused:
        _log.error(
            "%s refuses the client %r: %s; look at idp.oidc.client_id and"
            " idp.oidc.client_secret_file",
            self._issuer,
            self._client_id,
            reason,
        )
        return ClientRefused(f"{self._issuer} refuses the client: {reason}")


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _text(document: dict[str, Any], name: str) -> str | None:
    value = document.get(name)
    return value if isinstance(value, str) and value else None
