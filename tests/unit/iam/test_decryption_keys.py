"""Private keys of SAML providers: at most two, sealed, and never shown."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from securecart.iam import SamlProvider, unsealed_keys
from securecart.iam.errors import InvalidInput, LimitExceeded, NoSuchEntity
from securecart.names.entities import InMemoryEntities
from securecart.sealing import Keyring, Unsealable

Run = Callable[..., Any]
ARN = "arn:aws:iam::123456789012:saml-provider/SecureCart"


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    """A key as an administrator makes one."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _pem(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    form: PrivateFormat = PrivateFormat.PKCS8,
) -> str:
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


@pytest.fixture
def provider(run: Run, metadata: str) -> str:
    """A provider without keys."""
    run("CreateSAMLProvider", Name="SecureCart", SAMLMetadataDocument=metadata)
    return ARN


def _stored(entities: InMemoryEntities) -> SamlProvider:
    with entities.reading() as store:
        (found,) = store.list(SamlProvider)
    return found


def test_a_key_is_taken_in_and_never_shown(
    run: Run,
    metadata: str,
    key: rsa.RSAPrivateKey,
    entities: InMemoryEntities,
    keyring: Keyring,
) -> None:
    """Its id and when it came are all that anybody sees again."""
    run(
        "CreateSAMLProvider",
        Name="SecureCart",
        SAMLMetadataDocument=metadata,
        AddPrivateKey=_pem(key, PrivateFormat.TraditionalOpenSSL),
        AssertionEncryptionMode="Required",
    )
    found = run("GetSAMLProvider", SAMLProviderArn=ARN)
    assert found["AssertionEncryptionMode"] == "Required"
    (shown,) = found["PrivateKeyList"]
    assert set(shown) == {"KeyId", "Timestamp"}
    assert len(shown["KeyId"]) == len(found["SAMLProviderUUID"]) == 32
    stored = _stored(entities)
    assert "PRIVATE KEY" not in str(stored) + str(found)
    assert stored.private_keys[0].sealed not in repr(stored)
    assert unsealed_keys(stored, keyring) == (_pem(key).encode(),)


def test_keys_roll_over(
    run: Run, provider: str, key: rsa.RSAPrivateKey, entities: InMemoryEntities
) -> None:
    """A second is added, then the first removed; a third has to wait."""
    pem = _pem(key)
    for _ in range(2):
        run("UpdateSAMLProvider", SAMLProviderArn=provider, AddPrivateKey=pem)
    with pytest.raises(LimitExceeded, match="PrivateKeysPerSAMLProvider: 2"):
        run("UpdateSAMLProvider", SAMLProviderArn=provider, AddPrivateKey=pem)
    found = run("GetSAMLProvider", SAMLProviderArn=provider)
    assert found["AssertionEncryptionMode"] == "Allowed"
    first, second = (each["KeyId"] for each in found["PrivateKeyList"])
    run("UpdateSAMLProvider", SAMLProviderArn=provider, RemovePrivateKey=first)
    assert [each.key_id for each in _stored(entities).private_keys] == [second]
    with pytest.raises(NoSuchEntity, match=first):
        run("UpdateSAMLProvider", SAMLProviderArn=provider, RemovePrivateKey=first)


def test_the_newest_key_comes_first(
    run: Run,
    provider: str,
    key: rsa.RSAPrivateKey,
    entities: InMemoryEntities,
    keyring: Keyring,
) -> None:
    """Providers encrypt for the newest, so it is tried first."""
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for each in (key, other):
        run("UpdateSAMLProvider", SAMLProviderArn=provider, AddPrivateKey=_pem(each))
    assert unsealed_keys(_stored(entities), keyring) == (
        _pem(other).encode(),
        _pem(key).encode(),
    )


def test_a_key_opens_for_its_own_provider_only(
    run: Run,
    provider: str,
    key: rsa.RSAPrivateKey,
    entities: InMemoryEntities,
    keyring: Keyring,
) -> None:
    """Whoever writes the database cannot move one to another provider."""
    run("UpdateSAMLProvider", SAMLProviderArn=provider, AddPrivateKey=_pem(key))
    moved = replace(_stored(entities), name="Other")
    with pytest.raises(Unsealable):
        unsealed_keys(moved, keyring)


def test_encryption_cannot_be_required_without_a_key(
    run: Run, provider: str, key: rsa.RSAPrivateKey
) -> None:
    """Nobody could sign in any more."""
    arn = provider
    mode = "Required"
    with pytest.raises(InvalidInput, match="needs a private key"):
        run("UpdateSAMLProvider", SAMLProviderArn=arn, AssertionEncryptionMode=mode)
    run(
        "UpdateSAMLProvider",
        SAMLProviderArn=arn,
        AssertionEncryptionMode=mode,
        AddPrivateKey=_pem(key),
    )
    (shown,) = run("GetSAMLProvider", SAMLProviderArn=arn)["PrivateKeyList"]
    with pytest.raises(InvalidInput, match="needs a private key"):
        run("UpdateSAMLProvider", SAMLProviderArn=arn, RemovePrivateKey=shown["KeyId"])
    run("UpdateSAMLProvider", SAMLProviderArn=arn, AssertionEncryptionMode="Allowed")


def test_what_is_no_rsa_key_is_refused_and_not_repeated(
    run: Run, provider: str, key: rsa.RSAPrivateKey
) -> None:
    """A password, another curve, a short key, a certificate, nothing at all."""
    locked = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    ).decode()
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505
    curve = ec.generate_private_key(ec.SECP256R1())
    for wrong in (locked, _pem(short), _pem(curve), "secret-looking text", "\u00ff"):
        with pytest.raises(InvalidInput, match=r"^AddPrivateKey is not an? [^-]*$"):
            run("UpdateSAMLProvider", SAMLProviderArn=provider, AddPrivateKey=wrong)


def test_the_metadata_says_until_when(run: Run, metadata: str) -> None:
    """What is over is refused when it is put; what ends is shown to end."""

    def until(day: str) -> str:
        return metadata.replace("entityID", f'validUntil="{day}" entityID', 1)

    with pytest.raises(InvalidInput, match="expired on 2026-03-01"):
        run(
            "CreateSAMLProvider",
            Name="SecureCart",
            SAMLMetadataDocument=until("2026-03-01T00:00:00Z"),
        )
    run(
        "CreateSAMLProvider",
        Name="SecureCart",
        SAMLMetadataDocument=until("2027-01-01T00:00:00Z"),
    )
    found = run("GetSAMLProvider", SAMLProviderArn=ARN)
    assert found["ValidUntil"].isoformat() == "2027-01-01T00:00:00+00:00"
    run("UpdateSAMLProvider", SAMLProviderArn=ARN, SAMLMetadataDocument=metadata)
    found = run("GetSAMLProvider", SAMLProviderArn=ARN)
    assert found["ValidUntil"].year == 2126


def test_tags_come_and_go(run: Run, provider: str) -> None:
    """As those of roles do."""
    run(
        "TagSAMLProvider",
        SAMLProviderArn=provider,
        Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}],
    )
    run("UntagSAMLProvider", SAMLProviderArn=provider, TagKeys=["A"])
    tags = run("ListSAMLProviderTags", SAMLProviderArn=provider)["Tags"]
    assert tags == [{"Key": "b", "Value": "2"}]
