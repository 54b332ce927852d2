"""A bucket's default encryption.

Source: Amazon S3 API Reference, "PutBucketEncryption".
"""

from dataclasses import dataclass
from typing import Self

from securecart.s3.errors import InvalidArgument, MalformedXML, NotImplementedHere
from securecart.s3.xml import Content, read_document, write_document

_ROOT = "ServerSideEncryptionConfiguration"
AES256 = "AES256"
KMS = "aws:kms"
_ALGORITHMS = frozenset({AES256, KMS})


@dataclass(frozen=True, slots=True)
class DefaultEncryption:
    """How a document is encrypted that is written without asking for more.

    `algorithm` is `aws:kms` or `AES256`; `kms_key_id` an id, ARN or alias.
    """

    algorithm: str
    kms_key_id: str | None = None
    bucket_key_enabled: bool = False

    @classmethod
    def from_xml(cls, body: bytes) -> Self:
        """Read `ServerSideEncryptionConfiguration`.

        Raises:
            MalformedXML, InvalidArgument: if it is not one.
            NotImplementedHere: if it asks for what is not done here.
        """
        root = read_document(body, _ROOT)
        root.only("Rule")
        rule = root.one("Rule")
        rule.only("ApplyServerSideEncryptionByDefault", "BucketKeyEnabled")
        default = rule.one("ApplyServerSideEncryptionByDefault")
        default.only("SSEAlgorithm", "KMSMasterKeyID")
        algorithm = default.optional("SSEAlgorithm") or ""
        key = default.optional("KMSMasterKeyID") or None
        bucket_key = rule.optional("BucketKeyEnabled") or "false"
        if algorithm == "aws:kms:dsse":
            raise NotImplementedHere("aws:kms:dsse is not implemented.")
        if algorithm not in _ALGORITHMS or bucket_key not in {"true", "false"}:
            raise MalformedXML
        if key is not None and algorithm != KMS:
            raise InvalidArgument(
                "a KMSMasterKeyID is not applicable if the default sse algorithm is "
                "not aws:kms or aws:kms:dsse"
            )
        return cls(algorithm, key, bucket_key == "true")

    def to_xml(self) -> bytes:
        """Write `ServerSideEncryptionConfiguration`."""
        default: dict[str, Content | list[Content]] = {"SSEAlgorithm": self.algorithm}
        if self.kms_key_id is not None:
            default["KMSMasterKeyID"] = self.kms_key_id
        return write_document(
            _ROOT,
            {
                "Rule": {
                    "ApplyServerSideEncryptionByDefault": default,
                    "BucketKeyEnabled": str(self.bucket_key_enabled).lower(),
                }
            },
        )
