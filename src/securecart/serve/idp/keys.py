"""The key pair that assertions and ID tokens are signed with.

`signing.key.pem` and `signing.cert.pem`, both 0600, in one folder. The same
key serves both protocols: SAML's metadata carries the certificate, OpenID's
key set the public key.
"""

from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from securecart.federation.saml import SigningIdentity, self_signed_certificate
from securecart.names.errors import SecureCartError
from securecart.serve.idp.private_file import replace_file

_KEY_FILE = "signing.key.pem"
_CERTIFICATE_FILE = "signing.cert.pem"

_KEY_BITS = 2048
"""NIST SP 800-57 part 1: enough until 2030; what providers use for SAML."""

_PUBLIC_EXPONENT = 65537

_LIFE = timedelta(days=3650)
"""The certificate is only a frame for the key: relying parties pin it."""

_CLOCK_SKEW = timedelta(days=1)


class UnusableKey(SecureCartError):
    """The key files are damaged, or do not belong together."""


def signing_identity(
    folder: Path, *, common_name: str, now: datetime
) -> SigningIdentity:
    """Answer the key pair in the folder, making it at the first start.

    Making one takes about 100 ms.

    Raises:
        UnusableKey: if the files are there and do not fit together.
    """
    key_file, certificate_file = folder / _KEY_FILE, folder / _CERTIFICATE_FILE
    if not certificate_file.exists():
        made = _make(common_name=common_name, now=now)
        # The certificate goes last: where it is, its key is too.
        replace_file(key_file, made.private_key)
        replace_file(certificate_file, made.certificate)
        return made
    try:
        kept = SigningIdentity(
            private_key=key_file.read_bytes(), certificate=certificate_file.read_bytes()
        )
        _check(kept)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UnusableKey(f"the signing key in {folder} is damaged: {error}") from error
    return kept


def _make(*, common_name: str, now: datetime) -> SigningIdentity:
    key = rsa.generate_private_key(public_exponent=_PUBLIC_EXPONENT, key_size=_KEY_BITS)
    return SigningIdentity(
        private_key=key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        certificate=self_signed_certificate(
            key,
            common_name=common_name,
            serial_number=x509.random_serial_number(),
            not_before=now - _CLOCK_SKEW,
            not_after=now + _LIFE,
        ),
    )


def _check(identity: SigningIdentity) -> None:
    key = serialization.load_pem_private_key(identity.private_key, password=None)
    certificate = x509.load_pem_x509_certificate(identity.certificate)
    if key.public_key() != certificate.public_key():
        raise ValueError("the certificate is another key's")
