"""The certificates by which the four processes know each other.

A new authority is made at every start and its key is forgotten as soon as it
has signed: nothing on the disk can ever vouch for a fifth process, and no
certificate needs renewing while the store runs.
"""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from securecart.adapters.seaweedfs.private import write_private

COMPONENTS: Final = ("master", "volume", "filer", "s3", "client")
"""Who gets a certificate; `client` is what s3 (and we) call the others with."""

_LIFETIME = timedelta(days=3650)
"""Longer than any process runs; a start replaces them all."""

_CLOCK_SLACK = timedelta(hours=1)
"""For a clock that is set back after the start."""


def common_name(component: str) -> str:
    """The subject that `allowed_commonNames` compares."""
    return f"securecart-store-{component}"


def issue_certificates(directory: Path, now: datetime) -> None:
    """Write `ca.crt` and each component's `.crt` and `.key` (PEM, 0600)."""
    authority = _Authority(now)
    write_private(directory / "ca.crt", authority.pem)
    for component in COMPONENTS:
        certificate, key = authority.issue(common_name(component))
        write_private(directory / f"{component}.crt", certificate)
        write_private(directory / f"{component}.key", key)


class _Authority:
    """An authority whose key lives in this object only."""

    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("securecart-store-authority")
        certificate = (
            self._draft(self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .sign(self._key, SHA256())
        )
        self.pem = certificate.public_bytes(Encoding.PEM)

    def issue(self, name: str) -> tuple[bytes, bytes]:
        """A certificate for both ends of a connection, and its key, as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = (x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1")))
        usages = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
        certificate = (
            self._draft(_name(name), key.public_key())
            .add_extension(
                x509.BasicConstraints(ca=False, path_length=None), critical=True
            )
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .sign(self._key, SHA256())
        )
        return certificate.public_bytes(Encoding.PEM), key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )

    def _draft(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - _CLOCK_SLACK)
            .not_valid_after(self._now + _LIFETIME)
        )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
