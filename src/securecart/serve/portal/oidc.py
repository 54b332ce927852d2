"""Sign-in by OpenID Connect: authorization code with PKCE, state and nonce.

Sources: OpenID Connect Core 1.0, sections 3.1 and 12; RFC 7636; RFC 9207;
RFC 9700.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from securecart.federation.oidc import (
    ClientRefused,
    InvalidIdToken,
    JwkSet,
    ProviderMetadata,
    UnknownKey,
    VerifiedIdToken,
    VerifiedLogoutToken,
    verify_id_token,
    verify_logout_token,
)
from securecart.names.clock import Clock, Random
from securecart.names.errors import SecureCartError
from securecart.serve.portal.evidence import Evidence
from securecart.serve.portal.mfa import FRESH_SKEW
from securecart.serve.portal.options import OidcOptions, PortalOptions
from securecart.serve.portal.pending import LIFETIME, PendingSignIn
from securecart.serve.portal.ports import OidcProvider, Sts
from securecart.serve.portal.provider_session import ProviderSession
from securecart.serve.portal.records import to_text
from securecart.serve.portal.redeemed import Redeemed
from securecart.serve.portal.refusals import (
    BAD_REQUEST,
    DECLINED,
    NOT_ACCEPTED,
    OTHER_PERSON,
    SET_UP_WRONG,
    SIGN_IN_AGAIN,
    UNAVAILABLE,
    Refused,
)

T = TypeVar("T")

MAX_CODE: Final = 4_096
"""Characters; codes that are sealed values themselves have up to 2,000."""

MAX_NAME: Final = 256
"""Characters of a name or an address that a page shows."""

_SECRET_BYTES: Final = 32
"""RFC 7636, section 4.1, recommends 256 bits for the verifier."""


class OidcSignIn:
    """Asks the company's OpenID provider, and verifies what it answers."""

    def __init__(
        self,
        options: PortalOptions,
        oidc: OidcOptions,
        provider: OidcProvider,
        *,
        sts: Sts,
        redeemed: Redeemed,
        clock: Clock,
        random: Random,
    ) -> None:
        self._options = options
        self._sts = sts
        self._redeemed = redeemed
        self._oidc = oidc
        self._provider = provider
        self._clock = clock
        self._random = random

    def ask(self, pending: PendingSignIn) -> tuple[PendingSignIn, str]:
        """See `SignInMethod.ask`; nonce and verifier are made for this sign-in."""
        pending = replace(
            pending,
            nonce=to_text(self._random(_SECRET_BYTES)),
            code_verifier=to_text(self._random(_SECRET_BYTES)),
        )
        challenge = hashlib.sha256(pending.code_verifier.encode()).digest()
        parameters = {
            "response_type": "code",
            "client_id": self._oidc.client_id,
            "redirect_uri": self._options.redirect_uri,
            "scope": self._oidc.scope,
            "state": pending.pending_id,
            "nonce": pending.nonce,
            "code_challenge": to_text(challenge),
            "code_challenge_method": "S256",
        }
        if self._oidc.mfa_acr and (self._options.mfa_required or pending.mfa_demanded):
            parameters["acr_values"] = " ".join(self._oidc.mfa_acr)
        if pending.passive:
            parameters["prompt"] = "none"
        if pending.reauthenticate:
            # Zero is legal, but there are providers that then find each sign-in
            # too old already, and ask without end.
            age = int(FRESH_SKEW.total_seconds())
            parameters |= {"prompt": "login", "max_age": str(age)}
        elif self._options.mfa_required:
            # Only with `max_age` must a provider say when the person signed in.
            parameters["max_age"] = str(self._options.mfa_max_age_seconds)
        return pending, _with(self._metadata().authorization_endpoint, parameters)

    def redeem(self, pending: PendingSignIn, answer: Mapping[str, str]) -> Evidence:
        """See `SignInMethod.redeem`; the answer is the callback's query."""
        self._redeemed.redeem(
            "state", pending.pending_id, until=pending.begun_at + LIFETIME
        )
        if "error" in answer:
            raise Refused(DECLINED, f"the provider answered {answer['error']!r:.80}")
        issuer = answer.get("iss")
        if issuer is None:
            # RFC 9207, section 2.4: an answer that another provider had the
            # browser bring would lack it too.
            if self._metadata().names_itself:
                raise Refused(NOT_ACCEPTED, "the answer lacks iss")
            issuer = self._oidc.issuer
        if not hmac.compare_digest(issuer.encode(), self._oidc.issuer.encode()):
            raise Refused(NOT_ACCEPTED, f"answer from issuer {issuer!r:.200}")
        code = answer.get("code", "")
        if not 0 < len(code) <= MAX_CODE:
            raise Refused(BAD_REQUEST, "no code, or too long a one")
        try:
            tokens = self._provider.exchange_code(
                code, self._options.redirect_uri, pending.code_verifier
            )
        except ClientRefused as error:
            raise Refused(SET_UP_WRONG, str(error)) from error
        except SecureCartError as error:
            raise Refused(UNAVAILABLE, f"token endpoint: {error}") from error
        if tokens is None or tokens.id_token is None:
            raise Refused(NOT_ACCEPTED, "the token endpoint refused the code")
        verified = self._verify(tokens.id_token, nonce=pending.nonce)
        return self._evidence(verified, tokens.id_token, tokens.refresh_token)

    def refresh(
        self, refresh_token: str, *, subject: str, mfa: bool
    ) -> Evidence | None:
        """Redeem a refresh token for evidence about the same person.

        None where the provider renews without an ID token, as section 12.2 lets
        it: it vouches for nobody then, and the browser must ask. Where the new
        ID token leaves `amr` and `acr` out, the first sign-in's `mfa` holds; it
        is that authentication which section 12.2 has it speak of.

        Raises:
            Refused: SIGN_IN_AGAIN if the provider refuses, OTHER_PERSON if it
                vouches for somebody else, UNAVAILABLE if it does not answer.
        """
        try:
            tokens = self._provider.refresh(refresh_token)
        except ClientRefused as error:
            raise Refused(SET_UP_WRONG, str(error)) from error
        except SecureCartError as error:
            raise Refused(UNAVAILABLE, f"token endpoint: {error}") from error
        if tokens is None:
            raise Refused(SIGN_IN_AGAIN, "the token endpoint refused to refresh")
        if tokens.id_token is None:
            return None
        verified = self._verify(tokens.id_token, nonce=None)
        if verified.subject != subject:
            raise Refused(OTHER_PERSON, "the refreshed ID token is another person's")
        evidence = self._evidence(verified, tokens.id_token, tokens.refresh_token)
        told = "amr" in verified.claims or (self._oidc.mfa_acr and verified.acr)
        return evidence if told else replace(evidence, mfa=mfa)

    def logout_address(self, id_token: str) -> str | None:
        """Answer where signing out goes on, if the provider has such a place.

        Source: OpenID Connect RP-Initiated Logout 1.0, section 2.
        """
        try:
            endpoint = self._metadata().end_session_endpoint
        except Refused:
            # The portal's session is over already; the provider's stays.
            return None
        if endpoint is None:
            return None
        return _with(
            endpoint,
            {
                "id_token_hint": id_token,
                "client_id": self._oidc.client_id,
                "post_logout_redirect_uri": f"{self._options.address}/",
            },
        )

    def verify_logout(self, logout_token: str) -> VerifiedLogoutToken:
        """Verify what the provider posts when a session is over there.

        Raises:
            Refused: NOT_ACCEPTED, or UNAVAILABLE while there are no keys.
        """
        return self._with_keys(
            lambda keys: verify_logout_token(
                logout_token,
                keys,
                issuer=self._oidc.issuer,
                audiences=frozenset({self._oidc.client_id}),
                now=self._clock(),
            )
        )

    def _verify(self, id_token: str, *, nonce: str | None) -> VerifiedIdToken:
        return self._with_keys(
            lambda keys: verify_id_token(
                id_token,
                keys,
                issuer=self._oidc.issuer,
                audiences=frozenset({self._oidc.client_id}),
                nonce=nonce,
                now=self._clock(),
            )
        )

    def _with_keys(self, verify: Callable[[JwkSet], T]) -> T:
        """Verify with the keys at hand, and once more with fresh ones."""
        try:
            try:
                return verify(self._provider.keys())
            except UnknownKey:
                return verify(self._provider.keys(refresh=True))
        except InvalidIdToken as error:
            raise Refused(NOT_ACCEPTED, f"token: {error}") from error
        except SecureCartError as error:
            raise Refused(UNAVAILABLE, f"keys: {error}") from error

    def _evidence(
        self, verified: VerifiedIdToken, id_token: str, refresh_token: str | None
    ) -> Evidence:
        return Evidence(
            provider=ProviderSession(
                verified.issuer, verified.subject, verified.session_id
            ),
            name=_text(verified.claims, "name"),
            email=_text(verified.claims, "email"),
            authenticated_at=verified.auth_time,
            mfa=verified.acr in self._oidc.mfa_acr
            or any(method in self._oidc.mfa_methods for method in verified.amr),
            assume=lambda seconds: self._sts.assume_role_with_web_identity(
                id_token, self._options.role_arn, verified.subject, seconds
            ),
            id_token=id_token,
            refresh_token=refresh_token,
        )

    def _metadata(self) -> ProviderMetadata:
        try:
            return self._provider.metadata()
        except SecureCartError as error:
            raise Refused(UNAVAILABLE, f"discovery: {error}") from error


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    return value[:MAX_NAME] if isinstance(value, str) and value else None


def _with(address: str, parameters: Mapping[str, str]) -> str:
    separator = "&" if "?" in address else "?"
    return f"{address}{separator}{urlencode(parameters)}"
