"""How an object is to be encrypted: as asked for, else as the bucket is set.

What was decided is always asked of the store in so many words: its copies
are plain text wherever the target's encryption is not spelled out.

Source: Amazon S3 API Reference, "PutObject"; Amazon S3 User Guide, "Setting
default server-side encryption behavior for Amazon S3 buckets".
"""

from securecart.s3.errors import InvalidArgument, NotImplementedHere
from securecart.serve.gateway.call import Backend, Call

_ALGORITHM = "x-amz-server-side-encryption"
_KEY = "x-amz-server-side-encryption-aws-kms-key-id"
_KMS = "aws:kms"
_MANAGED_KEY = "alias/aws/s3"
"""What AWS takes where a request names the algorithm and no key."""

Headers = tuple[tuple[str, str], ...]


def encryption_of(backend: Backend, call: Call) -> Headers:
    """Answer the store's headers for a write, if the caller may use the key.

    Empty for a bucket without default encryption, where none is asked for.

    Raises:
        AccessDenied: the caller may not make data keys with it.
        InvalidArgument: the headers do not go together.
        NotImplementedHere: an algorithm that the store does not have.
        KmsNotFound, KmsDisabled, KmsInvalidState: the key is no good.
    """
    algorithm = call.request.header(_ALGORITHM)
    key = call.request.header(_KEY)
    if algorithm is None:
        if key is not None:
            raise InvalidArgument(
                "Server Side Encryption with AWS KMS managed key requires HTTP "
                "header x-amz-server-side-encryption : aws:kms"
            )
        default = call.existing_bucket.encryption
        if default is None:
            return ()
        algorithm, key = default.algorithm, default.kms_key_id
    if algorithm != _KMS:
        raise NotImplementedHere(
            f"The encryption method {algorithm[:40]!r} is not implemented; {_KMS} is."
        )
    arn = backend.keys.require(
        call.principal,
        "kms:GenerateDataKey",
        key or _MANAGED_KEY,
        call.s3.resource,
        call.now,
    )
    return (_ALGORITHM, _KMS), (_KEY, arn)


def require_decrypt(backend: Backend, call: Call, headers: Headers, arn: str) -> None:
    """Let the caller read an object, by the key that its headers name.

    Raises:
        AccessDenied: the caller may not decrypt with it.
        KmsNotFound, KmsDisabled, KmsInvalidState: the key is no good.
    """
    key = next((value for name, value in headers if name == _KEY), None)
    if key is not None:
        backend.keys.require(call.principal, "kms:Decrypt", key, arn, call.now)
