"""A SAML provider's private keys: for assertions encrypted for this account.

Sealed when they come in, opened by STS alone, and never shown again. Source:
AWS IAM API Reference, "UpdateSAMLProvider"; IAM's service model for the
limits and the shape of `PrivateKeyList`.
"""

import base64
from dataclasses import replace
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from securecart.iam.call import Change
from securecart.iam.entities import DecryptionKey, SamlProvider
from securecart.iam.errors import InvalidInput, LimitExceeded, NoSuchEntity
from securecart.iam.ids import long_id
from securecart.sealing import Keyring

MAX_KEYS: Final = 2
"""Private keys of one provider: the one in use and its successor."""
MIN_BITS: Final = 2048
"""NIST SP 800-131A: shorter RSA keys are disallowed."""


def _purpose(provider: SamlProvider, key_id: str) -> str:
    # Both names are in it, so that no key can be moved to another provider.
    return f"iam saml private key {provider.arn} {key_id}"


def unsealed_keys(provider: SamlProvider, keyring: Keyring) -> tuple[bytes, ...]:
    """Answer the private keys in PEM form, newest first.

    Raises:
        Unsealable: if the store was damaged or belongs to another root key.
    """
    return tuple(
        keyring.unseal(
            base64.b64decode(key.sealed), purpose=_purpose(provider, key.key_id)
        )
        for key in reversed(provider.private_keys)
    )


def with_encryption(change: Change, provider: SamlProvider) -> SamlProvider:
    """Answer the provider with the keys and the mode that the call asks for.

    Raises:
        NoSuchEntity: if a key to remove is not there.
        LimitExceeded: if there were more than two.
        InvalidInput: if what was sent is no key, or none is left where
            encryption is required.
    """
    parameters = change.parameters
    keys = provider.private_keys
    gone = parameters.get("RemovePrivateKey")
    if gone is not None:
        keys = tuple(key for key in keys if key.key_id != gone)
        if keys == provider.private_keys:
            raise NoSuchEntity(f"Private key with id {gone} cannot be found.")
    mode = parameters.get("AssertionEncryptionMode", provider.assertion_encryption_mode)
    pem = parameters.get("AddPrivateKey")
    if pem is not None:
        if len(keys) >= MAX_KEYS:
            raise LimitExceeded(
                f"Cannot exceed quota for PrivateKeysPerSAMLProvider: {MAX_KEYS}"
            )
        keys = (*keys, _sealed(change, provider, str(pem)))
        mode = mode or "Allowed"
    if mode == "Required" and not keys:
        raise InvalidInput("AssertionEncryptionMode Required needs a private key.")
    return replace(provider, private_keys=keys, assertion_encryption_mode=mode)


def _sealed(change: Change, provider: SamlProvider, pem: str) -> DecryptionKey:
    key_id = long_id(change.random)
    sealed = change.keyring.seal(
        _checked(pem), purpose=_purpose(provider, key_id), random=change.random
    )
    return DecryptionKey(
        key_id=key_id,
        added=change.now.replace(microsecond=0),
        sealed=base64.b64encode(sealed).decode(),
    )


def _checked(pem: str) -> bytes:
    """Answer the key in the one form that is kept, PKCS #8; never repeat it."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise InvalidInput(
            "AddPrivateKey is not an unencrypted private key in PEM form."
        ) from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < MIN_BITS:
        raise InvalidInput(f"AddPrivateKey is not an RSA key of {MIN_BITS} bits.")
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
