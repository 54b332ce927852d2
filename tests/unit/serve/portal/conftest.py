"""A company in memory: its identity providers, STS, browsers, and a clock."""

import asyncio
import base64
import hashlib
import itertools
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from joserfc.jwk import RSAKey
from joserfc.jwt import encode

from securecart.federation.oidc import JwkSet, ProviderMetadata
from securecart.federation.saml import (
    Answer,
    AuthnRequest,
    IdpMetadata,
    NameId,
    SigningIdentity,
    SpMetadata,
    build_failure,
    build_idp_metadata,
    build_response,
    build_sp_metadata,
    decode_redirect,
    encode_post,
    new_id,
    self_signed_certificate,
)
from securecart.federation.saml.names import (
    NO_PASSIVE,
    PASSWORD_PROTECTED,
    PERSISTENT,
    POST_BINDING,
    REFEDS_MFA,
    RESPONDER,
)
from securecart.names.credentials import Credentials
from securecart.names.errors import SecureCartError
from securecart.names.expiring import InMemoryExpiringRecords
from securecart.sealing import Keyring, SealingKey
from securecart.serve.portal import OidcOptions, PortalOptions, SamlOptions
from securecart.serve.portal.app import create_app
from securecart.serve.portal.ports import Denials

PLAIN = "http://localhost:8080"
TLS = "https://docs.example.com"
IDP = "http://localhost:8081"
IDP_ENTITY = f"{IDP}/saml/metadata"
CLIENT = "securecart-portal"
AUDIENCE = "urn:amazon:webservices"
ROLE = "arn:aws:iam::123456789012:role/SecureCartEmployee"
ROLE_ID = "AROAEXAMPLEROLE00001"
ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes"
NOON = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One loop for all: making one needs a socket pair, which tests may not."""
    made = asyncio.new_event_loop()
    yield made
    made.run_until_complete(made.shutdown_default_executor())
    made.close()


@pytest.fixture(scope="session")
def keys() -> dict[str, SigningIdentity]:
    """Signing keys by owner; making them is slow."""
    return {name: _identity(name) for name in ("idp", "portal")}


@pytest.fixture(scope="session")
def token_key() -> RSAKey:
    """Answer the key that the OpenID provider signs with."""
    return RSAKey.generate_key(2048, {"kid": "k1", "alg": "RS256", "use": "sig"})


def _identity(name: str) -> SigningIdentity:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    certificate = self_signed_certificate(
        key,
        common_name=name,
        serial_number=1,
        not_before=NOON,
        not_after=NOON + timedelta(days=365),
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return SigningIdentity(pem, certificate)


@dataclass
class Time:
    """A clock that the test moves."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **delta: float) -> None:
        self.now += timedelta(**delta)


class StsRejected(SecureCartError):
    """What an adapter raises when STS refuses."""

    def __init__(self, code: str, message: str = "in AWS's words") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Assumed:
    """What STS answers."""

    credentials: Credentials
    assumed_role_id: str


@dataclass
class FakeSts:
    """Issues credentials for the name in the raw evidence; keeps its calls."""

    time: Time
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    failure: SecureCartError | None = None
    role_id: str = ROLE_ID

    def assume_role_with_saml(
        self,
        assertion_b64: str,
        role_arn: str,
        provider_arn: str,
        duration_seconds: int,
    ) -> Assumed:
        self.calls.append(("saml", role_arn, provider_arn, duration_seconds))
        xml = base64.b64decode(assertion_b64).decode()
        if "EncryptedAssertion" in xml:
            # The real one has the key; here its word is enough.
            return self._issue("ada", duration_seconds)
        found = re.search(r"RoleSessionName.*?AttributeValue>([^<]*)<", xml)
        assert found
        return self._issue(found[1], duration_seconds)

    def assume_role_with_web_identity(
        self, id_token: str, role_arn: str, session_name: str, duration_seconds: int
    ) -> Assumed:
        assert id_token.count(".") == 2
        self.calls.append(("oidc", role_arn, session_name, duration_seconds))
        return self._issue(session_name, duration_seconds)

    def _issue(self, name: str, seconds: int) -> Assumed:
        if self.failure is not None:
            raise self.failure
        number = len(self.calls)
        end = self.time.now + timedelta(seconds=seconds)
        return Assumed(
            Credentials(
                f"ASIA{number:016}", f"secret{number}", f"session{number}", end
            ),
            f"{self.role_id}:{name}",
        )


@dataclass
class FakeSamlIdp:
    """Answers AuthnRequests with real signatures."""

    time: Time
    address: str
    identity: SigningIdentity
    portal: SigningIdentity
    person: str = "ada"
    display_name: str = "Ada Lovelace"
    context: str = PASSWORD_PROTECTED
    authenticated_at: datetime = NOON
    down: bool = False
    published: SigningIdentity | None = None
    slo_binding: str | None = None
    requests: list[AuthnRequest] = field(default_factory=list)

    def metadata(self, *, renew: bool = False) -> IdpMetadata:
        if self.down:
            raise SecureCartError("no route to the identity provider")
        known = self.identity if renew or self.published is None else self.published
        document = build_idp_metadata(
            entity_id=IDP_ENTITY,
            sso_address=f"{IDP}/sso",
            identity=known,
            slo_address=None if self.slo_binding is None else f"{IDP}/slo",
        )
        if self.slo_binding == POST_BINDING:
            logout = document.index(b"SingleLogoutService")
            head, tail = document[:logout], document[logout:]
            document = head + tail.replace(b"HTTP-Redirect", b"HTTP-POST", 1)
        return IdpMetadata.parse(document)

    def read(self, location: str) -> tuple[AuthnRequest, str]:
        """Verify the request as an identity provider does; with RelayState."""
        assert location.startswith(f"{IDP}/sso?")
        keys = SpMetadata.parse(
            build_sp_metadata(
                entity_id=AUDIENCE,
                acs_address=f"{self.address}/saml/acs",
                identity=self.portal,
            )
        ).signing_keys
        message = decode_redirect(urlsplit(location).query, keys=keys)
        request = AuthnRequest.parse(message.xml)
        self.requests.append(request)
        assert message.relay_state is not None
        return request, message.relay_state

    def answer(self, location: str, **changes: Any) -> dict[str, str]:
        """Answer the form that the browser posts."""
        request, relay_state = self.read(location)
        answer = self._answer(request.request_id, changes)
        return {"SAMLResponse": answer, "RelayState": relay_state}

    def unsolicited(self, relay_state: str = "", **changes: Any) -> dict[str, str]:
        """Answer the form of a sign-in that began here, at the provider."""
        return {
            "SAMLResponse": self._answer(None, changes),
            "RelayState": relay_state,
        }

    def _answer(self, request_id: str | None, changes: dict[str, Any]) -> str:
        encrypt_for = changes.pop("encrypt_for", None)
        answer = Answer(
            response_id=new_id(os.urandom),
            assertion_id=new_id(os.urandom),
            issuer=IDP_ENTITY,
            recipient=f"{self.address}/saml/acs",
            audience=AUDIENCE,
            in_response_to=request_id,
            name_id=NameId(f"id-of-{self.person}", PERSISTENT),
            issued_at=self.time.now,
            not_before=self.time.now - timedelta(seconds=30),
            not_on_or_after=self.time.now + timedelta(minutes=5),
            authn_instant=self.authenticated_at,
            session_index="_s1",
            authn_context=self.context,
            attributes={
                f"{ATTRIBUTES}/RoleSessionName": (self.person,),
                "displayName": (self.display_name,),
                "mail": (f"{self.person}@example.com",),
            },
        )
        xml = build_response(
            replace(answer, **changes), self.identity, encrypt_for=encrypt_for
        )
        return encode_post(xml)

    def refuse(self, location: str, code: str = NO_PASSIVE) -> dict[str, str]:
        """Answer that nobody is signed in, by default as nobody may be asked."""
        request, relay_state = self.read(location)
        xml = build_failure(
            (RESPONDER, code),
            self.identity,
            response_id=new_id(os.urandom),
            issuer=IDP_ENTITY,
            recipient=f"{self.address}/saml/acs",
            in_response_to=request.request_id,
            now=self.time.now,
        )
        return {"SAMLResponse": encode_post(xml), "RelayState": relay_state}


@dataclass(frozen=True)
class Tokens:
    """What the token endpoint answers."""

    id_token: str | None
    refresh_token: str | None


@dataclass
class FakeOidc:
    """An OpenID provider with PKCE, nonce and rotating refresh tokens."""

    time: Time
    key: RSAKey
    person: str = "ada"
    claims: dict[str, Any] = field(default_factory=dict)
    refresh_claims: dict[str, Any] = field(default_factory=dict)
    end_session: str | None = f"{IDP}/end-session"
    gives_refresh: bool = True
    down: bool = False
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refresh_tokens: set[str] = field(default_factory=set)
    key_fetches: int = 0
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def metadata(self) -> ProviderMetadata:
        self._reach()
        return ProviderMetadata(
            issuer=IDP,
            authorization_endpoint=f"{IDP}/authorize",
            token_endpoint=f"{IDP}/token",
            jwks_uri=f"{IDP}/keys",
            end_session_endpoint=self.end_session,
        )

    def keys(self, *, refresh: bool = False) -> JwkSet:
        self._reach()
        self.key_fetches += refresh
        document = {"keys": [self.key.as_dict(private=False)]}
        return JwkSet.parse(json.dumps(document).encode())

    def authorize(self, location: str, **changes: str) -> dict[str, str]:
        """Answer the query that the browser is sent back with."""
        assert location.startswith(f"{IDP}/authorize?")
        asked = dict(parse_qsl(urlsplit(location).query))
        assert asked["code_challenge_method"] == "S256"
        assert asked["response_type"] == "code"
        code = f"code{next(self.numbers)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": IDP} | changes

    def exchange_code(
        self, code: str, redirect_uri: str, code_verifier: str
    ) -> Tokens | None:
        self._reach()
        asked = self.codes.pop(code, None)
        digest = hashlib.sha256(code_verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or asked["redirect_uri"] != redirect_uri
            or asked["code_challenge"] != challenge
        ):
            return None
        return self._tokens({"nonce": asked["nonce"]} | self.claims)

    def refresh(self, refresh_token: str) -> Tokens | None:
        self._reach()
        if refresh_token not in self.refresh_tokens:
            return None
        self.refresh_tokens.discard(refresh_token)
        return self._tokens(self.claims | self.refresh_claims)

    def _tokens(self, claims: dict[str, Any]) -> Tokens:
        issued = int(self.time.now.timestamp())
        claims = {
            "iss": IDP,
            "sub": self.person,
            "aud": CLIENT,
            "iat": issued,
            "exp": issued + 300,
            "name": "Ada Lovelace",
            "email": f"{self.person}@example.com",
        } | claims
        token = encode({"alg": "RS256", "kid": "k1"}, claims, self.key)
        refresh_token = None
        if self.gives_refresh:
            refresh_token = f"refresh{next(self.numbers)}"
            self.refresh_tokens.add(refresh_token)
        return Tokens(token, refresh_token)

    def _reach(self) -> None:
        if self.down:
            raise SecureCartError("no route to the provider")


class Browser:
    """A person's browser: cookies of its own, redirects seen one by one."""

    def __init__(self, app: Any, address: str, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.address = address
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url=address
        )

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self._loop.run_until_complete(self.client.get(path, **options))

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self._loop.run_until_complete(self.client.post(path, **options))

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self._loop.run_until_complete(
            self.client.request(method, path, **options)
        )

    def session(self) -> dict[str, Any]:
        answer = self.get("/api/session", headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def renew(self, csrf_token: str | None = None) -> httpx.Response:
        """As the page does; with the session's own token unless told."""
        token = self.session()["csrf_token"] if csrf_token is None else csrf_token
        return self.post(
            "/api/session/renew",
            headers={"X-CSRF-Token": token, "Origin": self.address},
        )


@dataclass
class World:
    """Everything around one portal."""

    time: Time
    records: InMemoryExpiringRecords
    keyring: Keyring
    sts: FakeSts
    saml: FakeSamlIdp
    oidc: FakeOidc
    options: PortalOptions
    static: Path
    loop: asyncio.AbstractEventLoop
    denials: Denials | None = None

    def app(self, **changes: Any) -> Any:
        """Answer another instance that shares the store and the keys."""
        return create_app(
            replace(self.options, **changes),
            clock=self.time,
            random=os.urandom,
            records=self.records,
            keyring=self.keyring,
            sts=self.sts,
            saml=self.saml,
            oidc=self.oidc,
            denials=self.denials,
            static=self.static,
        )

    def browser(self, **changes: Any) -> Browser:
        return Browser(self.app(**changes), self.options.address, self.loop)

    def sign_in_saml(
        self, browser: Browser, path: str = "/login/saml", **changes: Any
    ) -> httpx.Response:
        """Go to the provider and back; answer the portal's answer."""
        location = browser.get(path).headers["location"]
        return browser.post("/saml/acs", data=self.saml.answer(location, **changes))

    def sign_in_oidc(
        self, browser: Browser, path: str = "/login/oidc", **changes: str
    ) -> httpx.Response:
        location = browser.get(path).headers["location"]
        query = self.oidc.authorize(location, **changes)
        return browser.get("/oidc/callback", params=query)

    def sign_in(self, method: str, browser: Browser) -> httpx.Response:
        if method == "saml":
            return self.sign_in_saml(browser)
        return self.sign_in_oidc(browser)


@pytest.fixture
def make_world(
    loop: asyncio.AbstractEventLoop,
    keys: dict[str, SigningIdentity],
    token_key: RSAKey,
    tmp_path: Path,
) -> Callable[..., World]:
    """Make a company whose portal has the options given."""

    def make(address: str = PLAIN, **changes: Any) -> World:
        time = Time()
        assets = tmp_path / "assets"
        assets.mkdir(exist_ok=True)
        (tmp_path / "index.html").write_text("<!doctype html><title>Documents</title>")
        (assets / "app-1a2b3c.js").write_text("export {};")
        options = PortalOptions(
            address=address,
            organisation="Example <Corporation>",
            sign_in="saml",
            role_arn=ROLE,
            bucket="securecart-user-docs",
            region="us-east-1",
            endpoint="http://localhost:9000",
            idp_origins=(IDP,),
            saml=SamlOptions(
                provider_arn="arn:aws:iam::123456789012:saml-provider/SecureCart",
                identity=keys["portal"],
            ),
            oidc=OidcOptions(issuer=IDP, client_id=CLIENT),
        )
        return World(
            time=time,
            records=InMemoryExpiringRecords(),
            keyring=Keyring(SealingKey(os.urandom(32))),
            sts=FakeSts(time),
            saml=FakeSamlIdp(time, address, keys["idp"], keys["portal"]),
            oidc=FakeOidc(time, token_key),
            options=replace(options, **changes),
            static=tmp_path,
            loop=loop,
        )

    return make


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """A company with everything at its defaults, on plain loopback."""
    return make_world()


@pytest.fixture
def tls_world(make_world: Callable[..., World]) -> World:
    """The same behind TLS."""
    return make_world(TLS)


@pytest.fixture
def rejected() -> type[StsRejected]:
    """Answer the error of an STS that refuses; takes the code."""
    return StsRejected


@pytest.fixture
def mfa_context() -> str:
    """Answer the AuthnContext class of a sign-in with two factors."""
    return REFEDS_MFA
