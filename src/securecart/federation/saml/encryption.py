"""An assertion encrypted for us, and how we encrypt one for others.

Source: XML Encryption 1.1; SAML 2.0 core, section 6. Encryption hides what an
assertion says. It proves nothing about who said it, so what comes out is read
like anything that a stranger posts, and must be signed itself.

Of the many forms only this one is read: one key, wrapped by RSA-OAEP for us,
beside the data or in its KeyInfo, and AES. Nothing is fetched or looked up;
what the document says of whose key it needs is not read.

AES-GCM is always read. AES-CBC is what ADFS, Okta and SimpleSAMLphp choose
unless told otherwise, but anybody can bend a CBC ciphertext and learn from
the answers what was in it (Jager and Somorovsky, "How To Break XML
Encryption"). So it is read only where `authentic` says that the provider's
signature on the response around it was verified first: nobody else then
chose the ciphertext, nor the algorithm under which its key is used. RSA with
PKCS #1 v1.5 padding has such an oracle too and is never read.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from lxml import etree
from lxml.etree import _Element as Element

from securecart.federation.saml.document import (
    attribute,
    only_child,
    optional_child,
    text_of,
)
from securecart.federation.saml.errors import (
    DecryptionFailed,
    EncryptedAssertionRefused,
    InvalidDocument,
)
from securecart.federation.saml.names import (
    AES128_CBC,
    AES128_GCM,
    AES192_CBC,
    AES192_GCM,
    AES256_CBC,
    AES256_GCM,
    DS,
    ENCRYPTED_ELEMENT,
    ENCRYPTED_KEY,
    ENCRYPTION,
    ENCRYPTION_11,
    RSA_OAEP,
    RSA_OAEP_MGF1P,
    SHA1,
    SHA256,
    SIGNATURE,
    XENC,
    XENC11,
    A,
)
from securecart.federation.saml.signing import rsa_key

_GCM: Final[Mapping[str, int]] = {AES128_GCM: 16, AES192_GCM: 24, AES256_GCM: 32}
_CBC: Final[Mapping[str, int]] = {AES128_CBC: 16, AES192_CBC: 24, AES256_CBC: 32}
_GCM_NONCE: Final = 12
_BLOCK: Final = 16

# SHA-1 is sound here: OAEP does not rest on collisions, and deployed providers
# send nothing else.
_DIGESTS: Final[Mapping[str, hashes.HashAlgorithm]] = {
    SHA1: hashes.SHA1(),  # noqa: S303
    SHA256: hashes.SHA256(),
    "http://www.w3.org/2001/04/xmldsig-more#sha384": hashes.SHA384(),
    "http://www.w3.org/2001/04/xmlenc#sha512": hashes.SHA512(),
}
_MASKS: Final[Mapping[str, hashes.HashAlgorithm]] = {
    f"{ENCRYPTION_11}mgf1sha1": hashes.SHA1(),  # noqa: S303
    f"{ENCRYPTION_11}mgf1sha256": hashes.SHA256(),
    f"{ENCRYPTION_11}mgf1sha384": hashes.SHA384(),
    f"{ENCRYPTION_11}mgf1sha512": hashes.SHA512(),
}


def decrypt_assertion(
    encrypted: Element, keys: Sequence[bytes], *, authentic: bool
) -> bytes:
    """Answer what an `EncryptedAssertion` holds, as bytes that prove nothing yet.

    `keys` are RSA private keys in PEM form, tried in turn.

    Raises:
        EncryptedAssertionRefused: if it is in a form that is not read, which
            all can see who see the document.
        DecryptionFailed: for whatever fails with a key in hand.
    """
    try:
        data = only_child(encrypted, f"{XENC}EncryptedData")
        method = only_child(data, f"{XENC}EncryptionMethod")
        algorithm = attribute(method, "Algorithm")
        padding, wrapped = _wrapped_key(encrypted, data)
        if data.get("Type", ENCRYPTED_ELEMENT) != ENCRYPTED_ELEMENT or len(method):
            raise EncryptedAssertionRefused("the encrypted data is not as expected")
        if algorithm in _CBC and not authentic:
            raise EncryptedAssertionRefused(
                "AES-CBC is read only in a signed response; let the identity "
                "provider encrypt by AES-GCM, or sign the response too"
            )
        length = _GCM.get(algorithm) or _CBC.get(algorithm)
        if length is None:
            raise EncryptedAssertionRefused("the assertion is not encrypted by AES")
        ciphertext = _cipher_value(data)
    except InvalidDocument as error:
        raise EncryptedAssertionRefused(str(error)) from None
    for pem in keys:
        try:
            key = rsa_key(pem).decrypt(wrapped, padding)
            if len(key) == length:
                open_ = _open_gcm if algorithm in _GCM else _open_cbc
                return open_(key, ciphertext)
        except (ValueError, InvalidTag):
            continue
    raise DecryptionFailed


def _wrapped_key(encrypted: Element, data: Element) -> tuple[OAEP, bytes]:
    """Read the one EncryptedKey, wherever it stands."""
    key_info = optional_child(data, f"{DS}KeyInfo")
    inside = [] if key_info is None else list(key_info)
    beside = [child for child in encrypted if child is not data]
    if beside:
        _check_pointers(inside, beside[0])
        key_elements = beside
    else:
        key_elements = inside
    _expect(data, {"EncryptionMethod", "CipherData"}, {f"{DS}KeyInfo"})
    if [element.tag for element in key_elements] != [f"{XENC}EncryptedKey"]:
        raise EncryptedAssertionRefused("there is not exactly one encrypted key")
    key = key_elements[0]
    _expect(
        key,
        {"EncryptionMethod", "CipherData"},
        {f"{DS}KeyInfo", f"{XENC}ReferenceList", f"{XENC}CarriedKeyName"},
    )
    return _oaep(only_child(key, f"{XENC}EncryptionMethod")), _cipher_value(key)


def _check_pointers(pointers: Sequence[Element], key: Element) -> None:
    """Refuse a RetrievalMethod but one that names the key beside the data.

    Okta and Shibboleth send that one. It is compared and never followed.
    """
    wanted = [("Type", ENCRYPTED_KEY), ("URI", f"#{key.get('Id', '')}")]
    if len(pointers) > 1 or any(
        pointer.tag != f"{DS}RetrievalMethod"
        or len(pointer)
        or sorted(pointer.items()) != wanted
        for pointer in pointers
    ):
        raise EncryptedAssertionRefused("the key is not where it is expected")


def _oaep(method: Element) -> OAEP:
    algorithm = attribute(method, "Algorithm")
    digest, mask = SHA1, f"{ENCRYPTION_11}mgf1sha1"
    if algorithm not in (RSA_OAEP, RSA_OAEP_MGF1P):
        raise EncryptedAssertionRefused("the key is not wrapped by RSA-OAEP")
    own = {f"{DS}DigestMethod"} | ({f"{XENC11}MGF"} if algorithm == RSA_OAEP else set())
    _expect(method, set(), own)
    chosen = optional_child(method, f"{DS}DigestMethod")
    if chosen is not None:
        digest = attribute(chosen, "Algorithm")
    chosen = optional_child(method, f"{XENC11}MGF")
    if chosen is not None:
        mask = attribute(chosen, "Algorithm")
    if digest not in _DIGESTS or mask not in _MASKS:
        raise EncryptedAssertionRefused("RSA-OAEP with a digest that is not read")
    return OAEP(MGF1(_MASKS[mask]), _DIGESTS[digest], None)


def _cipher_value(element: Element) -> bytes:
    data = only_child(element, f"{XENC}CipherData")
    _expect(data, {"CipherValue"}, set())
    text = text_of(only_child(data, f"{XENC}CipherValue"))
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise EncryptedAssertionRefused("the cipher value is not base64") from None


def _expect(element: Element, required: set[str], optional: set[str]) -> None:
    """Check that each child is known, and none is there twice."""
    tags = [child.tag for child in element]
    whole = {f"{XENC}{name}" for name in required}
    if len(set(tags)) != len(tags) or not whole <= set(tags) <= whole | optional:
        name = etree.QName(element).localname
        raise EncryptedAssertionRefused(f"{name} is not as expected")


def _open_gcm(key: bytes, ciphertext: bytes) -> bytes:
    nonce, sealed = ciphertext[:_GCM_NONCE], ciphertext[_GCM_NONCE:]
    return AESGCM(key).decrypt(nonce, sealed, None)


def _open_cbc(key: bytes, ciphertext: bytes) -> bytes:
    """Decrypt; the last byte says how many to take off the end.

    Raises:
        ValueError: if the padding is none.
    """
    decryptor = Cipher(AES(key), CBC(ciphertext[:_BLOCK])).decryptor()
    padded = decryptor.update(ciphertext[_BLOCK:]) + decryptor.finalize()
    if not padded or not 1 <= padded[-1] <= _BLOCK:
        raise ValueError("no padding")
    return padded[: -padded[-1]]


def encrypt_assertion(assertion: Element, certificate: bytes) -> Element:
    """Encrypt an assertion for the holder of a certificate (PEM, RSA).

    AES-256-GCM, with a key of its own wrapped by RSA-OAEP.

    Returns:
        The `EncryptedAssertion`.
    """
    public_key = x509.load_pem_x509_certificate(certificate).public_key()
    if not isinstance(public_key, RSAPublicKey):
        raise TypeError("assertions are encrypted for an RSA key")
    key = AESGCM.generate_key(256)
    # The key encrypts nothing else, so any nonce is new to it.
    nonce = bytes(_GCM_NONCE)
    sealed = nonce + AESGCM(key).encrypt(nonce, etree.tostring(assertion), None)
    oaep = OAEP(MGF1(_DIGESTS[SHA1]), _DIGESTS[SHA1], None)
    encrypted = etree.Element(
        f"{A}EncryptedAssertion", nsmap={"xenc": ENCRYPTION, "ds": SIGNATURE}
    )
    data = etree.SubElement(encrypted, f"{XENC}EncryptedData", Type=ENCRYPTED_ELEMENT)
    etree.SubElement(data, f"{XENC}EncryptionMethod", Algorithm=AES256_GCM)
    wrapped = etree.SubElement(
        etree.SubElement(data, f"{DS}KeyInfo"), f"{XENC}EncryptedKey"
    )
    method = etree.SubElement(
        wrapped, f"{XENC}EncryptionMethod", Algorithm=RSA_OAEP_MGF1P
    )
    etree.SubElement(method, f"{DS}DigestMethod", Algorithm=SHA1)
    _add_cipher_value(wrapped, public_key.encrypt(key, oaep))
    _add_cipher_value(data, sealed)
    return encrypted


def _add_cipher_value(element: Element, value: bytes) -> None:
    data = etree.SubElement(element, f"{XENC}CipherData")
    etree.SubElement(data, f"{XENC}CipherValue").text = base64.b64encode(value).decode()
