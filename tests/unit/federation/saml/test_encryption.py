"""Encrypted assertions: the forms that are read, and what is refused with them.

The other side is xmlsec, so that both directions are checked by another hand.
"""

import base64
import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import xmlsec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree
from lxml.etree import _Element as Element

from securecart.federation.saml import (
    DecryptionFailed,
    EncryptedAssertionRefused,
    Expectation,
    InvalidAssertion,
    InvalidSignature,
    SigningIdentity,
    UnencryptedAssertion,
    build_response,
    sign_element,
    verify_response,
)
from securecart.federation.saml.encryption import encrypt_assertion
from securecart.federation.saml.names import (
    AES256_CBC,
    DS,
    ENCRYPTED_ELEMENT,
    ENCRYPTED_KEY,
    RSA_OAEP,
    SHA1,
    SHA256,
    XENC,
    XENC11,
    A,
)

if TYPE_CHECKING:
    from tests.unit.federation.conftest import MakeIdentity
    from tests.unit.federation.saml.conftest import Forge

T = xmlsec.constants
_SHA1 = hashes.SHA1()  # noqa: S303 — OAEP's default


class Reader:
    """A service that holds a key to decrypt with."""

    def __init__(self, forge: "Forge", recipient: SigningIdentity) -> None:
        self.forge = forge
        self.recipient = recipient
        self.expected = Expectation.answer(
            request_id="_request1",
            acs_address=forge.answer.recipient,
            audience=forge.answer.audience,
        )

    def genuine(self, *, sign_response: bool = False) -> Element:
        """Answer a response with an encrypted assertion."""
        return etree.fromstring(
            build_response(
                self.forge.answer,
                self.forge.identity,
                sign_response=sign_response,
                encrypt_for=self.recipient.certificate,
            )
        )

    def verify(
        self, root: Element, *keys: bytes, expected: Expectation | None = None
    ) -> str:
        """Answer whom the response names."""
        verified = verify_response(
            base64.b64encode(etree.tostring(root)).decode(),
            self.forge.provider,
            expected or self.expected,
            now=self.forge.now,
            decryption_keys=keys or (self.recipient.private_key,),
        )
        return verified.name_id.value

    def by_xmlsec(
        self,
        method: Any = T.TransformAes256Gcm,
        transport: Any = T.TransformRsaOaep,
        *,
        sign_response: bool = False,
        self_contained: bool = True,
        change: Callable[[Element], None] = lambda _: None,
    ) -> Element:
        """Answer a response that xmlsec encrypted, changed before it is signed."""
        root = self.forge.genuine()
        assertion = self.forge.assertion(root)
        if self_contained:
            root.remove(assertion)
            assertion = etree.fromstring(etree.tostring(assertion))
        holder = etree.SubElement(root, f"{A}EncryptedAssertion")
        template = xmlsec.template.encrypted_data_create(
            root, method, type=ENCRYPTED_ELEMENT, ns="xenc"
        )
        xmlsec.template.encrypted_data_ensure_cipher_value(template)
        key_info = xmlsec.template.encrypted_data_ensure_key_info(template, ns="ds")
        wrapped = xmlsec.template.add_encrypted_key(key_info, transport)
        xmlsec.template.encrypted_data_ensure_cipher_value(wrapped)
        certificate = xmlsec.Key.from_memory(
            self.recipient.certificate, T.KeyDataFormatCertPem
        )
        manager = xmlsec.KeysManager()
        manager.add_key(certificate)
        context = xmlsec.EncryptionContext(manager)
        bits = int(method.name.removeprefix("aes").partition("-")[0])
        context.key = xmlsec.Key.generate(T.KeyDataAes, bits, T.KeyDataTypeSession)
        data = context.encrypt_xml(template, assertion)
        holder.append(data)
        root = etree.fromstring(etree.tostring(root))
        encrypted = root.find(f"{A}EncryptedAssertion")
        assert encrypted is not None
        change(encrypted)
        if sign_response:
            sign_element(root, self.forge.identity)
        return root


@pytest.fixture(scope="session")
def recipient(make_identity: "MakeIdentity") -> SigningIdentity:
    """Answer what the service decrypts with."""
    return make_identity()


@pytest.fixture
def reader(forge: "Forge", recipient: SigningIdentity) -> Reader:
    """Answer the service."""
    return Reader(forge, recipient)


def _encrypted(root: Element) -> Element:
    return _one(root, f"{A}EncryptedAssertion")


def _one(root: Element, path: str) -> Element:
    (found,) = root.iter(path)
    return found


def _move_key_beside(encrypted: Element) -> None:
    key = _one(encrypted, f"{XENC}EncryptedKey")
    key.set("Id", "_key")
    parent = key.getparent()
    assert parent is not None
    parent.remove(key)
    encrypted.append(key)


def _move_key_beside_and_point(encrypted: Element) -> None:
    _move_key_beside(encrypted)
    etree.SubElement(
        _one(encrypted, f"{XENC}EncryptedData")[1],
        f"{DS}RetrievalMethod",
        Type=ENCRYPTED_KEY,
        URI="#_key",
    )


def _drop_key_info(encrypted: Element) -> None:
    _move_key_beside(encrypted)
    data = encrypted[0]
    data.remove(_one(data, f"{DS}KeyInfo"))


def _as_it_is(_: Element) -> None:
    """Change nothing."""


# What is read.


@pytest.mark.parametrize("sign_response", [False, True])
def test_an_encrypted_assertion_says_the_same_as_a_plain_one(
    reader: Reader,
    sign_response: bool,  # noqa: FBT001 — a column of the table above
) -> None:
    """Encryption changes who can read it and nothing else."""
    forge = reader.forge
    root = reader.genuine(sign_response=sign_response)
    assert b"ada@example.com" not in etree.tostring(root)
    encrypted = verify_response(
        base64.b64encode(etree.tostring(root)).decode(),
        forge.provider,
        reader.expected,
        now=forge.now,
        decryption_keys=[reader.recipient.private_key],
    )
    assert encrypted == forge.verify(forge.genuine())


def test_another_hand_reads_what_is_written(reader: Reader) -> None:
    """What opens it here is not what wrote it."""
    manager = xmlsec.KeysManager()
    manager.add_key(
        xmlsec.Key.from_memory(reader.recipient.private_key, T.KeyDataFormatPem)
    )
    data = _one(reader.genuine(), f"{XENC}EncryptedData")
    assertion = xmlsec.EncryptionContext(manager).decrypt(data)
    assert assertion.tag == f"{A}Assertion"


@pytest.mark.parametrize(
    "change",
    [_as_it_is, _move_key_beside, _move_key_beside_and_point, _drop_key_info],
)
@pytest.mark.parametrize(
    ("method", "sign_response"),
    [
        (T.TransformAes128Gcm, False),
        (T.TransformAes192Gcm, False),
        (T.TransformAes256Gcm, False),
        (T.TransformAes128Cbc, True),
        (T.TransformAes256Cbc, True),
    ],
)
def test_what_another_hand_encrypts_is_read(
    reader: Reader,
    method: Any,
    sign_response: bool,  # noqa: FBT001 — a column of the table above
    change: Callable[[Element], None],
) -> None:
    """The key stands in KeyInfo or beside it, pointed at or not."""
    root = reader.by_xmlsec(method, sign_response=sign_response, change=change)
    assert reader.verify(root) == "ada@example.com"


def test_while_keys_change_either_one_opens(
    reader: Reader, attacker: SigningIdentity
) -> None:
    """The newest is tried first, and a key that does not fit is no failure."""
    other, own = attacker.private_key, reader.recipient.private_key
    assert reader.verify(reader.genuine(), other, own) == "ada@example.com"
    with pytest.raises(DecryptionFailed):
        reader.verify(reader.genuine(), other)


def test_the_hint_whose_key_it_is_is_not_read(reader: Reader) -> None:
    """KeyInfo of the wrapped key may say what it likes; our keys are tried."""

    def hint(encrypted: Element) -> None:
        key = _one(encrypted, f"{XENC}EncryptedKey")
        info = etree.Element(f"{DS}KeyInfo")
        etree.SubElement(info, f"{DS}KeyName").text = "somebody else's"
        key.insert(1, info)

    assert reader.verify(reader.by_xmlsec(change=hint)) == "ada@example.com"


def test_an_assertion_brings_its_own_namespaces(reader: Reader) -> None:
    """Its place in the document adds nothing to what is in it."""
    reader.verify(reader.by_xmlsec())
    with pytest.raises(DecryptionFailed):
        reader.verify(reader.by_xmlsec(self_contained=False))


# What is refused. Each document passes without the one change.


def _refused(
    reader: Reader,
    change: Callable[[Element], None],
    error: type[InvalidAssertion] = EncryptedAssertionRefused,
) -> str:
    root = reader.genuine()
    reader.verify(root)
    change(_encrypted(root))
    with pytest.raises(error) as refusal:
        reader.verify(root)
    return str(refusal.value)


def test_cbc_is_read_only_in_a_signed_response(reader: Reader) -> None:
    """Else its padding would tell an attacker what is in it, byte by byte."""
    reader.verify(reader.by_xmlsec(T.TransformAes256Cbc, sign_response=True))
    with pytest.raises(EncryptedAssertionRefused, match="AES-CBC"):
        reader.verify(reader.by_xmlsec(T.TransformAes256Cbc))


def test_a_gcm_key_is_not_used_for_cbc(reader: Reader) -> None:
    """The key of a GCM ciphertext, asked for under CBC, opens nothing."""

    def downgrade(encrypted: Element) -> None:
        _one(encrypted, f"{XENC}EncryptedData")[0].set("Algorithm", AES256_CBC)

    assert "AES-CBC" in _refused(reader, downgrade)


def test_a_changed_ciphertext_in_a_signed_response_is_not_decrypted(
    reader: Reader,
) -> None:
    """The signature is checked first, so no padding is ever looked at."""
    root = reader.by_xmlsec(T.TransformAes256Cbc, sign_response=True)
    value = _one(root, f"{XENC}EncryptedData")[2][0]
    ciphertext = bytearray(base64.b64decode(value.text or ""))
    ciphertext[-17] ^= 1
    value.text = base64.b64encode(ciphertext).decode()
    with pytest.raises(InvalidSignature):
        reader.verify(root)


@pytest.mark.parametrize("transport", [T.TransformRsaPkcs1])
def test_a_key_wrapped_by_pkcs1_is_refused(reader: Reader, transport: Any) -> None:
    """Bleichenbacher's oracle needs somebody who decrypts it."""
    with pytest.raises(EncryptedAssertionRefused, match="RSA-OAEP"):
        reader.verify(reader.by_xmlsec(transport=transport))


def test_another_cipher_is_refused(reader: Reader) -> None:
    """Triple DES is over; unknown ones never began."""
    for algorithm in (
        "http://www.w3.org/2001/04/xmlenc#tripledes-cbc",
        "http://www.w3.org/2001/04/xmlenc#kw-aes256",
        "none",
    ):

        def change(encrypted: Element, algorithm: str = algorithm) -> None:
            encrypted[0][0].set("Algorithm", algorithm)

        assert "not encrypted by AES" in _refused(reader, change)


def _set_digest(algorithm: str) -> Callable[[Element], None]:
    def change(encrypted: Element) -> None:
        _one(encrypted, f"{DS}DigestMethod").set("Algorithm", algorithm)

    return change


def _add(path: str, tag: str, **attributes: str) -> Callable[[Element], None]:
    def change(encrypted: Element) -> None:
        etree.SubElement(_one(encrypted, path), tag, attributes)

    return change


def _two_keys(encrypted: Element) -> None:
    key = _one(encrypted, f"{XENC}EncryptedKey")
    key.addnext(copy.deepcopy(key))


def _no_key(encrypted: Element) -> None:
    key_info = _one(encrypted, f"{DS}KeyInfo")
    key_info.remove(key_info[0])


def _keys_in_both_places(encrypted: Element) -> None:
    encrypted.append(copy.deepcopy(_one(encrypted, f"{XENC}EncryptedKey")))


def _point_elsewhere(encrypted: Element) -> None:
    _move_key_beside_and_point(encrypted)
    _one(encrypted, f"{DS}RetrievalMethod").set("URI", "https://evil/key")


def _point_with_a_transform(encrypted: Element) -> None:
    _move_key_beside_and_point(encrypted)
    etree.SubElement(_one(encrypted, f"{DS}RetrievalMethod"), f"{DS}Transforms")


def _only_point(encrypted: Element) -> None:
    _move_key_beside_and_point(encrypted)
    encrypted.remove(encrypted[1])


def _refer_to_the_ciphertext(encrypted: Element) -> None:
    data = encrypted[0][2]
    data.remove(data[0])
    etree.SubElement(data, f"{XENC}CipherReference", URI="https://evil/ciphertext")


def _not_base64(encrypted: Element) -> None:
    encrypted[0][2][0].text = "!"


def _two_ciphertexts(encrypted: Element) -> None:
    encrypted.append(copy.deepcopy(encrypted[0]))


def _of_another_type(encrypted: Element) -> None:
    encrypted[0].set("Type", "http://www.w3.org/2001/04/xmlenc#Content")


@pytest.mark.parametrize(
    "change",
    [
        _set_digest("http://www.w3.org/2001/04/xmldsig-more#md5"),
        _add(f"{DS}KeyInfo", f"{DS}KeyName"),
        _add(f"{DS}KeyInfo", f"{XENC}AgreementMethod", Algorithm="dh"),
        _add(f"{DS}KeyInfo", f"{DS}RetrievalMethod", URI="https://evil/key"),
        _add(f"{DS}KeyInfo", f"{DS}KeyValue"),
        _add(f"{XENC}EncryptedData", f"{XENC}EncryptionProperties"),
        _add(f"{XENC}EncryptedKey", f"{XENC}Other"),
        _two_keys,
        _no_key,
        _keys_in_both_places,
        _point_elsewhere,
        _point_with_a_transform,
        _only_point,
        _refer_to_the_ciphertext,
        _not_base64,
        _two_ciphertexts,
        _of_another_type,
        lambda encrypted: encrypted[0].remove(encrypted[0][0]),
        lambda encrypted: encrypted.remove(encrypted[0]),
        lambda encrypted: encrypted[0][0].append(etree.Element(f"{XENC}KeySize")),
        lambda encrypted: encrypted[0][0].attrib.clear(),
        lambda encrypted: _one(encrypted, f"{XENC}EncryptedKey")[0].append(
            etree.Element(f"{XENC}OAEPparams")
        ),
        # An MGF of one's own is for the newer identifier of RSA-OAEP only.
        lambda encrypted: _one(encrypted, f"{XENC}EncryptedKey")[0].append(
            etree.Element(f"{XENC11}MGF", Algorithm="mgf1sha256")
        ),
    ],
)
def test_another_form_is_refused(
    reader: Reader, change: Callable[[Element], None]
) -> None:
    """Nothing is fetched, agreed on, looked up or guessed."""
    _refused(reader, change)


def _flip(index: int, path: str) -> Callable[[Element], None]:
    def change(encrypted: Element) -> None:
        value = _one(encrypted, path).find(f"{XENC}CipherData/{XENC}CipherValue")
        assert value is not None
        changed = bytearray(base64.b64decode(value.text or ""))
        changed[index] ^= 1
        value.text = base64.b64encode(changed).decode()

    return change


def _put(path: str, content: bytes) -> Callable[[Element], None]:
    def change(encrypted: Element) -> None:
        value = _one(encrypted, path).find(f"{XENC}CipherData/{XENC}CipherValue")
        assert value is not None
        value.text = base64.b64encode(content).decode()

    return change


def _shorter_key_than_said(encrypted: Element) -> None:
    encrypted[0][0].set("Algorithm", "http://www.w3.org/2009/xmlenc11#aes128-gcm")


@pytest.mark.parametrize(
    "change",
    [
        _flip(0, f"{XENC}EncryptedData"),
        _flip(20, f"{XENC}EncryptedData"),
        _flip(-1, f"{XENC}EncryptedData"),
        _flip(0, f"{XENC}EncryptedKey"),
        _flip(-1, f"{XENC}EncryptedKey"),
        _put(f"{XENC}EncryptedData", b"short"),
        _put(f"{XENC}EncryptedKey", b"short"),
        _set_digest(SHA256),
        _shorter_key_than_said,
    ],
)
def test_every_decryption_failure_is_the_same(
    reader: Reader, change: Callable[[Element], None]
) -> None:
    """Who sends changed ciphertexts learns nothing from the answers."""
    message = _refused(reader, change, DecryptionFailed)
    assert message == "the assertion cannot be decrypted"


def _encrypting(reader: Reader, element: Element) -> Element:
    """Answer a response that holds anything, encrypted by anybody."""
    root = reader.forge.genuine()
    encrypted = encrypt_assertion(element, reader.recipient.certificate)
    root.replace(reader.forge.assertion(root), encrypted)
    return root


@pytest.mark.parametrize(
    "inside",
    [
        "<a/>",
        '<Assertion xmlns="urn:oasis:names:tc:SAML:1.0:assertion"/>',
        '<A:EncryptedAssertion xmlns:A="urn:oasis:names:tc:SAML:2.0:assertion"/>',
    ],
)
def test_what_is_no_assertion_inside_is_the_same_failure(
    reader: Reader, inside: str
) -> None:
    """Even what was in it is not told."""
    with pytest.raises(DecryptionFailed):
        reader.verify(_encrypting(reader, etree.fromstring(inside)))


def test_the_inside_is_parsed_as_strictly(reader: Reader) -> None:
    """A comment in the name splits it there as well."""
    assertion = reader.forge.assertion(reader.forge.genuine())
    reader.verify(_encrypting(reader, assertion))
    _one(assertion, f"{A}NameID").append(etree.Comment("x"))
    with pytest.raises(DecryptionFailed):
        reader.verify(_encrypting(reader, assertion))


def test_an_encrypted_assertion_must_be_signed_itself(reader: Reader) -> None:
    """Everybody has the certificate to encrypt for."""
    assertion = reader.forge.assertion(reader.forge.genuine())
    reader.verify(_encrypting(reader, assertion))
    reader.forge.strip(assertion)
    with pytest.raises(InvalidSignature, match="0 Signature"):
        reader.verify(_encrypting(reader, assertion))
    signed_around = _encrypting(reader, assertion)
    sign_element(signed_around, reader.forge.identity)
    with pytest.raises(InvalidSignature, match="0 Signature"):
        reader.verify(signed_around)
    sign_element(assertion, reader.forge.attacker)
    with pytest.raises(InvalidSignature, match="not by a key"):
        reader.verify(_encrypting(reader, assertion))


# Wrapped encrypted assertions.


def _evil_plain_beside(root: Element, plain: Element) -> None:
    root.append(plain)


def _evil_plain_before(root: Element, plain: Element) -> None:
    root.insert(1, plain)


def _encrypted_in_a_plain_one(root: Element, plain: Element) -> None:
    encrypted = _encrypted(root)
    root.replace(encrypted, plain)
    plain.append(encrypted)


def _plain_in_an_encrypted_one(root: Element, plain: Element) -> None:
    _encrypted(root).append(plain)


def _encrypted_twice_beside(root: Element, _: Element) -> None:
    root.append(copy.deepcopy(_encrypted(root)))


def _encrypted_in_an_encrypted_one(root: Element, _: Element) -> None:
    encrypted = _encrypted(root)
    encrypted.append(copy.deepcopy(encrypted))


def _plain_in_the_key_info(root: Element, plain: Element) -> None:
    _one(root, f"{DS}KeyInfo").append(plain)


@pytest.mark.parametrize(
    "wrap",
    [
        _evil_plain_beside,
        _evil_plain_before,
        _encrypted_in_a_plain_one,
        _plain_in_an_encrypted_one,
        _encrypted_twice_beside,
        _encrypted_in_an_encrypted_one,
        _plain_in_the_key_info,
    ],
)
def test_wrapped_encrypted_assertions_are_refused(
    reader: Reader, wrap: Callable[[Element, Element], None]
) -> None:
    """The genuine one is in the document, and another might be read."""
    root = reader.genuine()
    reader.verify(root)
    plain = reader.forge.assertion(reader.forge.genuine())
    _one(plain, f"{A}NameID").text = "eve@example.com"
    wrap(root, plain)
    with pytest.raises(InvalidAssertion, match="exactly one assertion"):
        reader.verify(root)


def test_an_encrypted_assertion_in_an_encrypted_one_is_refused(
    reader: Reader,
) -> None:
    """The inner one would be read under the outer one's place."""
    inner = _encrypted(reader.genuine())
    with pytest.raises(DecryptionFailed):
        reader.verify(_encrypting(reader, inner))
    assertion = reader.forge.assertion(reader.forge.genuine())
    assertion.append(copy.deepcopy(inner))
    with pytest.raises(InvalidAssertion, match="exactly one assertion"):
        reader.verify(_encrypting(reader, assertion))


def test_a_wrapped_signature_in_an_encrypted_assertion_is_refused(
    reader: Reader,
) -> None:
    """The old wrapping, hidden by encryption."""
    genuine = reader.forge.assertion(reader.forge.genuine())
    evil = copy.deepcopy(genuine)
    evil.set("ID", "_evil")
    _one(evil, f"{A}NameID").text = "eve@example.com"
    signature = reader.forge.strip(evil)
    etree.SubElement(signature, f"{DS}Object").append(genuine)
    evil.insert(1, signature)
    with pytest.raises(InvalidAssertion, match="exactly one assertion"):
        reader.verify(_encrypting(reader, evil))


def test_an_id_that_occurs_twice_inside_is_refused(reader: Reader) -> None:
    """As in a plain assertion."""
    assertion = reader.forge.assertion(reader.forge.genuine())
    _one(assertion, f"{A}Subject").set("ID", "_assertion1")
    with pytest.raises(InvalidSignature, match="twice"):
        reader.verify(_encrypting(reader, assertion))


@pytest.mark.parametrize("part", ["EncryptedID", "NewEncryptedID"])
def test_an_encrypted_name_is_refused(forge: "Forge", part: str) -> None:
    """Names and attributes are read in the assertion that was signed, or not."""

    def change(assertion: Element) -> None:
        _one(assertion, f"{A}NameID").tag = f"{A}{part}"

    with pytest.raises(EncryptedAssertionRefused, match="whole assertion"):
        forge.verify(forge.changed(change))


def test_an_encrypted_attribute_is_refused(forge: "Forge") -> None:
    """A claim that is left out may be one that takes rights away."""

    def change(assertion: Element) -> None:
        statement = _one(assertion, f"{A}AttributeStatement")
        etree.SubElement(statement, f"{A}EncryptedAttribute")

    with pytest.raises(EncryptedAssertionRefused, match="whole assertion"):
        forge.verify(forge.changed(change))


def test_without_a_key_an_administrator_is_advised(reader: Reader) -> None:
    """He must learn what to change at the provider."""
    with pytest.raises(EncryptedAssertionRefused, match="signed only"):
        reader.forge.verify(reader.genuine())


def test_a_plain_assertion_is_refused_where_encryption_is_required(
    reader: Reader,
) -> None:
    """Required means that nobody between may read it."""
    expected = Expectation.answer(
        request_id="_request1",
        acs_address=reader.forge.answer.recipient,
        audience=reader.forge.answer.audience,
        encryption_required=True,
    )
    reader.verify(reader.genuine(), expected=expected)
    with pytest.raises(UnencryptedAssertion):
        reader.verify(reader.forge.genuine(), expected=expected)


@pytest.mark.parametrize(
    ("name", "digest", "mask"),
    [
        ("sha256", hashes.SHA256(), hashes.SHA256()),
        ("sha256", hashes.SHA256(), _SHA1),
        ("sha512", hashes.SHA512(), hashes.SHA384()),
    ],
)
def test_the_newer_name_of_oaep_is_read(
    reader: Reader, name: str, digest: HashAlgorithm, mask: HashAlgorithm
) -> None:
    """XML Encryption 1.1 lets the mask's digest be chosen too; SHA-1 if not."""
    root = reader.genuine()
    wrapped = _one(root, f"{XENC}EncryptedKey")
    value = wrapped[1][0]
    private = load_pem_private_key(reader.recipient.private_key, None)
    assert isinstance(private, RSAPrivateKey)
    old = OAEP(MGF1(_SHA1), _SHA1, None)
    key = private.decrypt(base64.b64decode(value.text or ""), old)
    new = OAEP(MGF1(mask), digest, None)
    value.text = base64.b64encode(private.public_key().encrypt(key, new)).decode()
    wrapped[0].set("Algorithm", RSA_OAEP)
    wrapped[0][0].set("Algorithm", f"http://www.w3.org/2001/04/xmlenc#{name}")
    if not isinstance(mask, hashes.SHA1):
        etree.SubElement(
            wrapped[0],
            f"{XENC11}MGF",
            Algorithm=f"http://www.w3.org/2009/xmlenc11#mgf1{mask.name}",
        )
    assert reader.verify(root) == "ada@example.com"
    wrapped[0][0].set("Algorithm", SHA1)
    with pytest.raises(DecryptionFailed):
        reader.verify(root)
