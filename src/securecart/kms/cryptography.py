"""Encrypting, decrypting, and making data keys.

Source: AWS KMS API Reference; each function is the action of its name.
"""

from securecart.kms.call import Call, Result
from securecart.kms.entities import Key
from securecart.kms.errors import (
    DryRunOperationException,
    IncorrectKeyException,
    InvalidKeyUsageException,
    UnsupportedOperationException,
)
from securecart.kms.find import existing_key, key_arn, key_in, usable
from securecart.kms.material import EncryptionContext, key_id_of
from securecart.kms.material import decrypt as open_ciphertext
from securecart.kms.material import encrypt as make_ciphertext
from securecart.names.errors import ValidationError

_ALGORITHM = "SYMMETRIC_DEFAULT"
_DATA_KEY_LENGTHS = {"AES_128": 16, "AES_256": 32}
_LONGEST_DATA_KEY = 1024  # GenerateDataKey, `NumberOfBytes`.
_LONGEST_PLAINTEXT = 4096  # Encrypt, `Plaintext`.
_NOT_OFFERED = ("Recipient", "DryRunModifiers")


def context_in(call: Call, parameter: str = "EncryptionContext") -> EncryptionContext:
    """Answer the encryption context; none is the same as an empty one."""
    context: EncryptionContext = call.parameters.get(parameter, {})
    return context


def encrypt(call: Call) -> Result:
    """Encrypt up to 4,096 bytes."""
    key = usable(key_in(call))
    plaintext = call.blob("Plaintext")
    if len(plaintext) > _LONGEST_PLAINTEXT:
        raise ValidationError(f"Plaintext is longer than {_LONGEST_PLAINTEXT} bytes")
    _check_options(call, "EncryptionAlgorithm")
    return {
        "CiphertextBlob": _encrypted(call, key, plaintext),
        "KeyId": key.arn,
        "EncryptionAlgorithm": _ALGORITHM,
    }


def ciphertext_key(call: Call, named: str = "KeyId") -> Key:
    """Answer the key that a ciphertext was made with.

    Raises:
        InvalidCiphertextException: if it is no ciphertext of ours.
        IncorrectKeyException: if the caller names another key.
        NotFoundException: if the key is gone.
    """
    key_id = key_id_of(call.blob("CiphertextBlob"))
    if named in call.parameters:
        arn = key_arn(call, call.text(named))
        if arn.rpartition("/")[2] != key_id:
            raise IncorrectKeyException(
                "The key ID in the request does not identify a CMK that can perform"
                " this operation."
            )
    return existing_key(call, key_id)


def decrypt(call: Call) -> Result:
    """Decrypt what Encrypt or GenerateDataKey answered, same context given."""
    key = usable(ciphertext_key(call))
    _check_options(call, "EncryptionAlgorithm")
    plaintext = open_ciphertext(
        key, call.blob("CiphertextBlob"), context_in(call), keyring=call.keyring
    )
    return {
        "KeyId": key.arn,
        "Plaintext": plaintext,
        "EncryptionAlgorithm": _ALGORITHM,
    }


def re_encrypt(call: Call) -> Result:
    """Decrypt under one key or context and encrypt under another, unseen."""
    source = usable(ciphertext_key(call, "SourceKeyId"))
    target = usable(key_in(call, "DestinationKeyId"))
    _check_options(call, "SourceEncryptionAlgorithm", "DestinationEncryptionAlgorithm")
    plaintext = open_ciphertext(
        source,
        call.blob("CiphertextBlob"),
        context_in(call, "SourceEncryptionContext"),
        keyring=call.keyring,
    )
    return {
        "CiphertextBlob": _encrypted(
            call, target, plaintext, "DestinationEncryptionContext"
        ),
        "SourceKeyId": source.arn,
        "KeyId": target.arn,
        "SourceEncryptionAlgorithm": _ALGORITHM,
        "DestinationEncryptionAlgorithm": _ALGORITHM,
    }


def generate_data_key(call: Call) -> Result:
    """Make a data key and answer it both plain and encrypted."""
    key = usable(key_in(call))
    _check_options(call)
    plaintext = call.random(_data_key_length(call))
    return {
        "CiphertextBlob": _encrypted(call, key, plaintext),
        "Plaintext": plaintext,
        "KeyId": key.arn,
    }


def generate_data_key_without_plaintext(call: Call) -> Result:
    """Make a data key and answer it encrypted only."""
    made = generate_data_key(call)
    return {name: value for name, value in made.items() if name != "Plaintext"}


def _encrypted(
    call: Call, key: Key, plaintext: bytes, context: str = "EncryptionContext"
) -> bytes:
    return make_ciphertext(
        key,
        plaintext,
        context_in(call, context),
        keyring=call.keyring,
        random=call.random,
    )


def _data_key_length(call: Call) -> int:
    spec = call.parameters.get("KeySpec")
    length = call.parameters.get("NumberOfBytes")
    if (spec is None) == (length is None):
        raise ValidationError("Please specify either number of bytes or key spec.")
    if spec is not None:
        if spec not in _DATA_KEY_LENGTHS:
            raise ValidationError(f"KeySpec {str(spec)[:80]} is not one of a data key")
        return _DATA_KEY_LENGTHS[spec]
    if not 1 <= int(length or 0) <= _LONGEST_DATA_KEY:
        raise ValidationError(f"NumberOfBytes is not between 1 and {_LONGEST_DATA_KEY}")
    return int(length or 0)


def _check_options(call: Call, *algorithms: str) -> None:
    for name in _NOT_OFFERED:
        if name in call.parameters:
            raise UnsupportedOperationException(f"{name} is not supported.")
    for name in algorithms:
        if call.optional(name, _ALGORITHM) != _ALGORITHM:
            raise InvalidKeyUsageException(f"{name} does not fit a symmetric key.")
    if call.parameters.get("DryRun", False):
        raise DryRunOperationException(
            "The request would have succeeded, but the DryRun option is set."
        )
