"""The set-up gives a SAML provider its private key, through boto3."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from securecart.adapters.aws.providers import AwsProviders
from securecart.blueprint.changes import (
    CreateSamlProvider,
    GiveDecryptionKey,
    SetAssertionEncryption,
)
from securecart.blueprint.setup import SamlProvider

pytestmark = pytest.mark.slow

ARN = "arn:aws:iam::123456789012:saml-provider/SecureCart"


def _pem() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_keys_are_given_known_by_fingerprint_and_replaced(
    client: Callable[..., Any], metadata: str
) -> None:
    """A third drives the oldest out; what is read back is never the key."""
    iam = client("iam")
    providers = AwsProviders(iam)
    providers.carry_out(CreateSamlProvider(ARN, metadata))
    assert providers.read_saml(ARN) == SamlProvider(ARN, metadata)
    seen: list[list[str]] = []
    for name in ("one", "two", "three"):
        providers.carry_out(GiveDecryptionKey(ARN, "Allowed", name, _pem()))
        assert providers.read_saml(ARN) == SamlProvider(ARN, metadata, "Allowed", name)
        shown = iam.get_saml_provider(SAMLProviderArn=ARN)
        seen.append([key["KeyId"] for key in shown["PrivateKeyList"]])
        assert "PRIVATE" not in str(shown)
    (first,), (_, second), left = seen
    assert first not in left
    assert left[0] == second
    providers.carry_out(SetAssertionEncryption(ARN, "Required"))
    providers.carry_out(SetAssertionEncryption(ARN, "Allowed"))
    for key_id in left:
        iam.update_saml_provider(SAMLProviderArn=ARN, RemovePrivateKey=key_id)
    assert providers.read_saml(ARN) == SamlProvider(ARN, metadata, "Allowed")


def test_the_trail_never_sees_a_key(
    client: Callable[..., Any], metadata: str, site: Any
) -> None:
    """Neither one that was taken in nor one that was refused."""
    iam = client("iam")
    iam.create_saml_provider(
        Name="SecureCart",
        SAMLMetadataDocument=metadata,
        AddPrivateKey=_pem().decode(),
        AssertionEncryptionMode="Required",
    )
    with pytest.raises(iam.exceptions.InvalidInputException):
        iam.update_saml_provider(
            SAMLProviderArn=ARN, AddPrivateKey="PRIVATE KEY of somebody"
        )
    trail = "".join(
        path.read_text() for path in site.journal.rglob("*") if path.is_file()
    )
    assert '"assertionEncryptionMode":"Required"' in trail
    assert "PRIVATE KEY" not in trail
