"""How an object is to be encrypted: as asked for, else as the bucket is set.

What was decided is always asked of the store in so many words: its copies
are plain text wherever the target's encryption is not spelled out. Nothing is
written in plain text: a bucket without a setting has S3's own keys (SSE-S3).

Source: Amazon S3 API Reference, "PutObject"; Amazon S3 User Guide, "Setting
default server-side encryption behavior for Amazon S3 buckets" and "Using
server-side encryption with customer-provided keys (SSE-C)".
"""

from dataclasses import dataclass

from securecart.names.errors import AccessDenied
from securecart.s3.customer_key import CustomerKey, Use, customer_key_of
from securecart.s3.encryption import AES256, KMS, DefaultEncryption
from securecart.s3.errors import (
    InvalidArgument,
    InvalidRequest,
    NotImplementedHere,
)
from securecart.serve.gateway.call import Backend, Call

_ALGORITHM = "x-amz-server-side-encryption"
_KEY = "x-amz-server-side-encryption-aws-kms-key-id"
_BUCKET_KEY = "x-amz-server-side-encryption-bucket-key-enabled"
_CUSTOMER_MD5 = "x-amz-server-side-encryption-customer-key-md5"
_MANAGED_KEY = "alias/aws/s3"
"""What AWS takes where a request names the algorithm and no key."""
_OWN_KEYS = DefaultEncryption(AES256)

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Encryption:
    """The headers that ask the store for it, and those that tell the caller."""

    sent: Headers
    answered: Headers
    customer_key: CustomerKey | None = None


def encryption_of(backend: Backend, call: Call) -> Encryption:
    """Answer how a write is to be encrypted, if the caller may use the key.

    Raises:
        AccessDenied: the caller may not make data keys with it.
        InvalidArgument, InvalidRequest: the headers do not go together, or a
            customer's key came over an insecure connection.
        NotImplementedHere: an algorithm that the store does not have.
        KmsNotFound, KmsDisabled, KmsInvalidState: the key is no good.
    """
    algorithm = call.request.header(_ALGORITHM)
    key = call.request.header(_KEY)
    customer = customer_key_of(call.request, Use.OBJECT)
    if customer is not None:
        if algorithm is not None or key is not None:
            raise InvalidArgument(
                "Server Side Encryption with Customer provided key is incompatible "
                "with the encryption method specified"
            )
        return Encryption(customer.headers(Use.OBJECT), customer.answered, customer)
    if algorithm != KMS and key is not None:
        raise InvalidArgument(
            "Server Side Encryption with AWS KMS managed key requires HTTP "
            "header x-amz-server-side-encryption : aws:kms"
        )
    bucket_key = call.request.header(_BUCKET_KEY) == "true"
    if algorithm is None:
        default = call.existing_bucket.encryption or _OWN_KEYS
        algorithm, key = default.algorithm, default.kms_key_id
        bucket_key = bucket_key or default.bucket_key_enabled
    if algorithm == AES256:
        headers = ((_ALGORITHM, AES256),)
        return Encryption(headers, headers)
    if algorithm != KMS:
        raise NotImplementedHere(
            f"The encryption method {algorithm[:40]!r} is not implemented; "
            f"{AES256} and {KMS} are."
        )
    arn = backend.keys.require(
        call.principal,
        "kms:GenerateDataKey",
        key or _MANAGED_KEY,
        call.s3.resource,
        call.now,
    )
    sent = (_ALGORITHM, KMS), (_KEY, arn)
    # A bucket key spares calls of KMS and changes nothing else; here they are
    # made all the same.
    return Encryption(sent, (*sent, (_BUCKET_KEY, "true")) if bucket_key else sent)


def require_decrypt(backend: Backend, call: Call, headers: Headers, arn: str) -> None:
    """Let the caller read an object, by the KMS key that its headers name.

    Raises:
        AccessDenied: the caller may not decrypt with it.
        KmsNotFound, KmsDisabled, KmsInvalidState: the key is no good.
    """
    key = next((value for name, value in headers if name == _KEY), None)
    if key is not None:
        backend.keys.require(call.principal, "kms:Decrypt", key, arn, call.now)


def require_customer_key(headers: Headers, key: CustomerKey | None) -> None:
    """Hold a caller to the key that an object was written with.

    `headers` are those of the object as the store tells them.

    Raises:
        AccessDenied: it is another key.
        InvalidRequest: there should be a key and is none, or the reverse.
    """
    kept = next((value for name, value in headers if name == _CUSTOMER_MD5), None)
    if kept is None and key is None:
        return
    if kept is None:
        raise InvalidRequest(
            "The encryption parameters are not applicable to this object."
        )
    if key is None:
        raise InvalidRequest(
            "The object was stored using a form of Server Side Encryption. The "
            "correct parameters must be provided to retrieve the object."
        )
    if not key.opens(kept):
        raise AccessDenied("Access Denied")
