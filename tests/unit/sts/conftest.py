"""An account with one role that a SAML and an OpenID provider vouch for."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from joserfc import jws
from joserfc.jwk import RSAKey

from securecart.federation.oidc import JwkSet, KeysUnavailable
from securecart.federation.saml import (
    Answer,
    NameId,
    SigningIdentity,
    build_idp_metadata,
    build_response,
    encode_post,
    self_signed_certificate,
)
from securecart.federation.saml.names import PERSISTENT
from securecart.iam import (
    Authorizer,
    ManagedPolicy,
    OidcProvider,
    Role,
    SamlProvider,
    User,
)
from securecart.iam.entities import PolicyVersion
from securecart.names.entities import InMemoryEntities
from securecart.names.expiring import InMemoryExpiringRecords
from securecart.names.principal import Anonymous, IamUser, Principal
from securecart.names.session import RoleSession
from securecart.sealing import Keyring, SealingKey
from securecart.sts import (
    OPERATIONS,
    AuthorizationMessages,
    Call,
    Issuer,
    Pending,
    Ports,
)

NOW = datetime(2026, 3, 2, 9, 0, 0, 500, tzinfo=UTC)
ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/SecureCartEmployee"
SAML_PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/SecureCart"
OIDC_PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/localhost:8081"
ISSUER = "http://localhost:8081"
IDP = "http://localhost:8081/saml/metadata"
ACS = "http://localhost:8080/saml/acs"
AWS = "https://aws.amazon.com/SAML/Attributes/"
CHAINED = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]


def trust(*statements: Mapping[str, Any]) -> str:
    """Write a trust policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


BY_SAML: Mapping[str, Any] = {
    "Effect": "Allow",
    "Principal": {"Federated": SAML_PROVIDER},
    "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"],
    "Condition": {"StringEquals": {"SAML:aud": ACS}},
}
BY_OIDC: Mapping[str, Any] = {
    "Effect": "Allow",
    "Principal": {"Federated": OIDC_PROVIDER},
    "Action": [
        "sts:AssumeRoleWithWebIdentity",
        "sts:TagSession",
        "sts:SetSourceIdentity",
    ],
    "Condition": {
        "StringEquals": {
            "localhost:8081:aud": "securecart-portal",
            "sts:RoleSessionName": "${localhost:8081:sub}",
        }
    },
}


def random(count: int) -> bytes:
    """Answer bytes that nobody would call random."""
    return bytes(range(count))


@dataclass
class FakeKeys:
    """A key source that answers what the test puts there."""

    key_set: JwkSet | None
    asked: list[tuple[str, bool]] = field(default_factory=list)

    def keys(self, issuer: str, *, now: datetime, renew: bool = False) -> JwkSet:
        """Answer the key set."""
        assert now.tzinfo is UTC
        self.asked.append((issuer, renew))
        if self.key_set is None:
            raise KeysUnavailable("off")
        return self.key_set


@dataclass
class World:
    """The account, and everybody who may call."""

    entities: InMemoryEntities
    ports: Ports
    issuer: Issuer
    keys: FakeKeys
    identity: SigningIdentity
    key: RSAKey
    answer: Answer

    def put_role(self, **changes: Any) -> Role:
        """Change the role, or add another by its name."""
        role = replace(
            Role(
                account=ACCOUNT,
                name="SecureCartEmployee",
                path="/",
                role_id="AROAEXAMPLE",
                created=NOW,
                trust_policy=trust(BY_SAML, BY_OIDC),
            ),
            **changes,
        )
        with self.entities.writing() as store:
            store.put(role)
        return role

    def call(
        self,
        operation: str,
        parameters: Mapping[str, Any],
        *,
        caller: Principal | None = None,
        now: datetime = NOW,
        context: Mapping[str, str] | None = None,
    ) -> Mapping[str, Any]:
        """Call an operation."""
        outcome = OPERATIONS[operation](
            Call(
                ports=self.ports,
                account=ACCOUNT,
                caller=caller or Anonymous(),
                parameters=parameters,
                context=context or {},
                now=now,
                random=random,
            )
        )
        if not isinstance(outcome, Pending):
            return outcome
        told = list[bool | Exception]()
        outcome.redeem(told.append)
        return outcome.finish(*told)

    def saml_response(
        self,
        attributes: Mapping[str, list[str]] | None = None,
        *,
        others: Mapping[str, list[str]] | None = None,
        signer: SigningIdentity | None = None,
        **changes: Any,
    ) -> str:
        """Answer a response of the provider, with more attributes or without.

        `attributes` are AWS's by their short names, `others` have their own.
        """
        whole = {
            AWS + "Role": [f"{ROLE},{SAML_PROVIDER}"],
            AWS + "RoleSessionName": ["ada"],
        } | {AWS + name: values for name, values in (attributes or {}).items()}
        whole |= others or {}
        answer = replace(self.answer, attributes=whole, **changes)
        return encode_post(build_response(answer, signer or self.identity))

    def with_saml(
        self, response: str | None = None, *, now: datetime = NOW, **parameters: Any
    ) -> Mapping[str, Any]:
        """Call AssumeRoleWithSAML."""
        asked = {
            "RoleArn": ROLE,
            "PrincipalArn": SAML_PROVIDER,
            "SAMLAssertion": self.saml_response() if response is None else response,
        }
        return self.call("AssumeRoleWithSAML", asked | parameters, now=now)

    def id_token(
        self,
        claims: Mapping[str, Any] | None = None,
        *,
        key: RSAKey | None = None,
        key_id: str = "one",
    ) -> str:
        """Answer an ID token of the provider, with other claims or more."""
        seconds = int(NOW.timestamp())
        whole = {
            "iss": ISSUER,
            "sub": "ada",
            "aud": "securecart-portal",
            "iat": seconds,
            "exp": seconds + 300,
        } | dict(claims or {})
        header = {"alg": "RS256", "kid": key_id}
        return jws.serialize_compact(header, json.dumps(whole), key or self.key)

    def with_oidc(
        self, token: str | None = None, *, now: datetime = NOW, **parameters: Any
    ) -> Mapping[str, Any]:
        """Call AssumeRoleWithWebIdentity."""
        asked = {
            "RoleArn": ROLE,
            "RoleSessionName": "ada",
            "WebIdentityToken": self.id_token() if token is None else token,
        }
        return self.call("AssumeRoleWithWebIdentity", asked | parameters, now=now)

    def session(self, result: Mapping[str, Any], now: datetime = NOW) -> RoleSession:
        """Open the credentials in a result."""
        credentials = result["Credentials"]
        session, secret = self.issuer.open(
            credentials["SessionToken"], credentials["AccessKeyId"], now=now
        )
        assert secret == credentials["SecretAccessKey"]
        assert isinstance(session, RoleSession)
        return session


@pytest.fixture(scope="session")
def make_identity() -> Callable[[], SigningIdentity]:
    """Answer a maker of SAML signing keys."""

    def make() -> SigningIdentity:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return SigningIdentity(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            self_signed_certificate(
                key,
                common_name="idp",
                serial_number=1,
                not_before=NOW,
                not_after=NOW + timedelta(days=1),
            ),
        )

    return make


@pytest.fixture(scope="session")
def identity(make_identity: Callable[[], SigningIdentity]) -> SigningIdentity:
    """Answer the identity provider's SAML signing key."""
    return make_identity()


@pytest.fixture(scope="session")
def key() -> RSAKey:
    """Answer the OpenID provider's key."""
    return RSAKey.generate_key(2048)


@pytest.fixture
def issuer() -> Issuer:
    """Answer an issuer of session tokens."""
    return Issuer(lambda: Keyring(SealingKey(b"k" * 32)))


@pytest.fixture
def world(identity: SigningIdentity, key: RSAKey, issuer: Issuer) -> World:
    """Answer the account with its role and providers."""
    entities = InMemoryEntities()
    metadata = build_idp_metadata(
        entity_id=IDP, sso_address=ISSUER + "/saml/sso", identity=identity
    ).decode()
    with entities.writing() as store:
        store.put(
            SamlProvider(
                account=ACCOUNT,
                name="SecureCart",
                metadata=metadata,
                provider_id="ASPEXAMPLE",
                created=NOW,
                valid_until=NOW + timedelta(days=1),
            )
        )
        store.put(
            OidcProvider(
                account=ACCOUNT,
                url=ISSUER,
                client_ids=("securecart-portal",),
                thumbprints=(),
                created=NOW,
            )
        )
        store.put(
            User(
                account=ACCOUNT,
                name="root-of-all",
                path="/",
                user_id="AIDAEXAMPLE",
                created=NOW,
                inline_policies={
                    "all": trust({"Effect": "Allow", "Action": "*", "Resource": "*"})
                },
            )
        )
        document = trust({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
        store.put(
            ManagedPolicy(
                account=ACCOUNT,
                name="Cut",
                path="/",
                policy_id="ANPAEXAMPLE",
                created=NOW,
                updated=NOW,
                versions=(PolicyVersion("v1", document, NOW),),
                default_version_id="v1",
                next_version=2,
            )
        )
    public = key.as_dict(private=False, kid="one")
    keys = FakeKeys(JwkSet.parse(json.dumps({"keys": [public]}).encode()))
    ports = Ports(
        entities=entities,
        policies=Authorizer(entities),
        issuer=issuer,
        key_source=keys,
        redeemed=InMemoryExpiringRecords(),
        authorization_messages=AuthorizationMessages(Keyring(SealingKey(b"m" * 32))),
    )
    answer = Answer(
        response_id="_r",
        assertion_id="_a",
        issuer=IDP,
        recipient=ACS,
        audience="urn:amazon:webservices",
        in_response_to="_q",
        name_id=NameId("ada", PERSISTENT),
        issued_at=NOW,
        not_before=NOW - timedelta(minutes=1),
        not_on_or_after=NOW + timedelta(minutes=30),
        authn_instant=NOW,
        session_index="_s",
    )
    world = World(entities, ports, issuer, keys, identity, key, answer)
    world.put_role()
    return world


@pytest.fixture
def administrator() -> IamUser:
    """Answer a user whose own policies allow everything."""
    return IamUser(ACCOUNT, "root-of-all", "AIDAEXAMPLE")
