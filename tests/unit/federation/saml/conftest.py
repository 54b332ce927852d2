"""An answer as an identity provider gives it, and a forge that bends it."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import xmlsec
from lxml import etree
from lxml.etree import _Element as Element

from securecart.federation.saml import (
    Answer,
    Expectation,
    IdpMetadata,
    NameId,
    SigningIdentity,
    VerifiedAssertion,
    build_idp_metadata,
    build_response,
    encode_post,
    sign_element,
    verify_response,
)
from securecart.federation.saml.names import DS, PERSISTENT, A

ACS = "http://localhost:8080/saml/acs"
AUDIENCE = "urn:amazon:webservices"
IDP = "https://idp.example.com/metadata"
REQUEST = "_request1"
ATTRIBUTE = "https://aws.amazon.com/SAML/Attributes/"

Reference = tuple[str, Sequence[Any]]


def _unchanged(_: Element) -> None:
    """Leave a template as it is."""


@dataclass(frozen=True)
class Forge:
    """Makes answers, genuine or bent, and shows them to the verifier."""

    identity: SigningIdentity
    attacker: SigningIdentity
    provider: IdpMetadata
    answer: Answer
    now: datetime

    def genuine(self, *, sign_response: bool = False, **changes: Any) -> Element:
        """Answer the root of a response that the provider signed."""
        answer = replace(self.answer, **changes)
        xml = build_response(answer, self.identity, sign_response=sign_response)
        return etree.fromstring(xml)

    def changed(self, change: Callable[[Element], None]) -> Element:
        """Answer a response that the provider signed after the change."""
        root = self.genuine()
        assertion = self.assertion(root)
        self.strip(assertion)
        change(assertion)
        sign_element(assertion, self.identity)
        return root

    def signed_with(
        self,
        *,
        key: xmlsec.Key | None = None,
        canonicalization: Any = xmlsec.constants.TransformExclC14N,
        method: Any = xmlsec.constants.TransformRsaSha256,
        digest: Any = xmlsec.constants.TransformSha256,
        transforms: Sequence[Any] = (
            xmlsec.constants.TransformEnveloped,
            xmlsec.constants.TransformExclC14N,
        ),
        uris: Sequence[str] = ("#_assertion1",),
        prepare: Callable[[Element], None] = _unchanged,
    ) -> Element:
        """Answer a response whose assertion was signed in another form."""
        root = self.genuine()
        assertion = self.assertion(root)
        self.strip(assertion)
        signature = xmlsec.template.create(assertion, canonicalization, method, ns="ds")
        assertion.insert(1, signature)
        for uri in uris:
            reference = xmlsec.template.add_reference(signature, digest, uri=uri)
            for transform in transforms:
                xmlsec.template.add_transform(reference, transform)
        # Parsed anew: lxml does not find the elements that xmlsec added.
        root = etree.fromstring(etree.tostring(root))
        assertion = self.assertion(root)
        signature = assertion[1]
        prepare(signature)
        context = xmlsec.SignatureContext()
        context.key = key or self.key(self.identity)
        context.register_id(assertion, "ID")
        context.register_id(root, "ID")
        context.sign(signature)
        return root

    def key(self, identity: SigningIdentity) -> xmlsec.Key:
        """Answer a private key for xmlsec."""
        pem = xmlsec.constants.KeyDataFormatPem
        return xmlsec.Key.from_memory(identity.private_key, pem)

    def assertion(self, root: Element) -> Element:
        """Answer the assertion of a genuine response."""
        assertion = root.find(f"{A}Assertion")
        assert assertion is not None
        return assertion

    def strip(self, element: Element) -> Element:
        """Take the signature out and answer it."""
        signature = element.find(f"{DS}Signature")
        assert signature is not None
        element.remove(signature)
        return signature

    def verify(
        self,
        response: Element | bytes | str,
        *,
        expected: Expectation | None = None,
        now: datetime | None = None,
    ) -> VerifiedAssertion:
        """Show a response to the verifier, as the portal would."""
        if isinstance(response, str):
            encoded = response
        elif isinstance(response, bytes):
            encoded = base64.b64encode(response).decode()
        else:
            encoded = encode_post(etree.tostring(response))
        return verify_response(
            encoded,
            self.provider,
            expected
            or Expectation.answer(
                request_id=REQUEST, acs_address=ACS, audience=AUDIENCE
            ),
            now=now or self.now,
        )


@pytest.fixture(scope="session")
def provider(identity: SigningIdentity) -> IdpMetadata:
    """Answer the identity provider as its metadata describes it."""
    address = "https://idp.example.com/sso"
    return IdpMetadata.parse(
        build_idp_metadata(entity_id=IDP, sso_address=address, identity=identity)
    )


@pytest.fixture
def answer(now: datetime) -> Answer:
    """Answer a sign-in as it should be."""
    return Answer(
        response_id="_response1",
        assertion_id="_assertion1",
        issuer=IDP,
        recipient=ACS,
        audience=AUDIENCE,
        in_response_to=REQUEST,
        name_id=NameId("ada@example.com", PERSISTENT),
        issued_at=now,
        not_before=now - timedelta(seconds=30),
        not_on_or_after=now + timedelta(minutes=5),
        authn_instant=now,
        session_index="_session1",
        session_not_on_or_after=now + timedelta(hours=8),
        attributes={ATTRIBUTE + "RoleSessionName": ["ada"], "mail": ["a@x", "b@x"]},
    )


@pytest.fixture
def forge(
    identity: SigningIdentity,
    attacker: SigningIdentity,
    provider: IdpMetadata,
    answer: Answer,
    now: datetime,
) -> Forge:
    """Answer the forge."""
    return Forge(identity, attacker, provider, answer, now)
