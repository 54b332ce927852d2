"""Encrypted SAML assertions from strangers: their form, and what is in them.

As posted, a changed document may only be refused, or say what was signed.
Signed around by the provider, its CBC ciphertext is decrypted too. And
anybody can encrypt anything, so the bytes are also put inside.
"""

import base64
from datetime import UTC, datetime, timedelta

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from lxml import etree

from securecart.federation.saml import (
    Answer,
    Expectation,
    IdpMetadata,
    InvalidAssertion,
    InvalidDocument,
    NameId,
    SigningIdentity,
    build_idp_metadata,
    build_response,
    self_signed_certificate,
    sign_element,
    verify_response,
)
from securecart.federation.saml.document import MAX_RESPONSE, parse_xml
from securecart.federation.saml.names import (
    AES128_CBC,
    AES256_GCM,
    DS,
    ENCRYPTED_KEY,
    XENC,
    A,
)

_NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def _identity(name: str) -> SigningIdentity:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return SigningIdentity(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        self_signed_certificate(
            key,
            common_name=name,
            serial_number=1,
            not_before=_NOW,
            not_after=_NOW + timedelta(days=1),
        ),
    )


_IDP, _PORTAL = _identity("idp"), _identity("portal")
_METADATA = IdpMetadata.parse(
    build_idp_metadata(
        entity_id="https://idp", sso_address="https://idp/sso", identity=_IDP
    )
)
_ANSWER = Answer(
    response_id="_r",
    assertion_id="_a",
    issuer="https://idp",
    recipient="https://sp/acs",
    audience="urn:amazon:webservices",
    in_response_to="_q",
    name_id=NameId("ada"),
    issued_at=_NOW,
    not_before=_NOW,
    not_on_or_after=_NOW + timedelta(minutes=5),
    authn_instant=_NOW,
    session_index="_s",
)
_EXPECTED = Expectation.redemption(audiences=frozenset({"urn:amazon:webservices"}))
_WHOLE = build_response(_ANSWER, _IDP, encrypt_for=_PORTAL.certificate)
_KEY = bytes(32)


def _with_key_beside() -> bytes:
    root = etree.fromstring(_WHOLE)
    (encrypted,) = root.iter(f"{A}EncryptedAssertion")
    (key_info,) = root.iter(f"{DS}KeyInfo")
    key = key_info[0]
    key.set("Id", "_k")
    etree.SubElement(key_info, f"{DS}RetrievalMethod", Type=ENCRYPTED_KEY, URI="#_k")
    encrypted.append(key)
    return etree.tostring(root)


def _holding(plaintext: bytes) -> bytes:
    """Answer the response with other contents, under a key of the stranger's."""
    root = etree.fromstring(_WHOLE)
    (data,) = root.iter(f"{XENC}EncryptedData")
    (wrapped,) = root.iter(f"{XENC}EncryptedKey")
    public = x509.load_pem_x509_certificate(_PORTAL.certificate).public_key()
    if not isinstance(public, rsa.RSAPublicKey):
        raise TypeError
    oaep = OAEP(MGF1(SHA1()), SHA1(), None)  # noqa: S303 — what providers send
    sealed = bytes(12) + AESGCM(_KEY).encrypt(bytes(12), plaintext, None)
    for element, value in ((data, sealed), (wrapped, public.encrypt(_KEY, oaep))):
        element[-1][0].text = base64.b64encode(value).decode()
    data[0].set("Algorithm", AES256_GCM)
    return etree.tostring(root)


_ASSERTION = etree.tostring(
    next(etree.fromstring(build_response(_ANSWER, _IDP)).iter(f"{A}Assertion"))
)

SEEDS = [
    _WHOLE,
    build_response(_ANSWER, _IDP, sign_response=True, encrypt_for=_PORTAL.certificate),
    _with_key_beside(),
    _WHOLE.replace(AES256_GCM.encode(), AES128_CBC.encode()),
    _ASSERTION,
]


def one(data: bytes) -> None:
    """Verify the bytes as they are, signed around, and as what is inside."""
    _verify(data)
    _verify_signed(data)
    _verify(_holding(data))


def _verify(data: bytes) -> None:
    try:
        verified = verify_response(
            base64.b64encode(data).decode(),
            _METADATA,
            _EXPECTED,
            now=_NOW,
            decryption_keys=[_PORTAL.private_key],
        )
    except InvalidAssertion:
        return
    if verified.name_id.value != "ada" or verified.recipient != "https://sp/acs":
        raise AssertionError("a forgery was believed")


def _verify_signed(data: bytes) -> None:
    try:
        root = parse_xml(data, max_length=MAX_RESPONSE)
    except InvalidDocument:
        return
    for signature in root.findall(f"{DS}Signature"):
        root.remove(signature)
    if not root.get("ID", "").replace("_", "a").isalnum():
        return
    try:
        sign_element(root, _IDP)
    except xmlsec.Error:
        return
    _verify(etree.tostring(root))
