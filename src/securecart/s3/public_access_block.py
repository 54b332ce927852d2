"""The switches that keep a bucket from the public.

Source: Amazon S3 User Guide, "Blocking public access to your Amazon S3
storage".
"""

from dataclasses import dataclass
from typing import Self

from securecart.s3.errors import MalformedXML
from securecart.s3.xml import read_document, write_document

_ROOT = "PublicAccessBlockConfiguration"
_VALUES = {None: False, "true": True, "false": False, "TRUE": True, "FALSE": False}


@dataclass(frozen=True, slots=True)
class PublicAccessBlock:
    """Four switches, all off unless they are set.

    There are no ACLs here, so those about them hold whatever they say.
    """

    block_public_acls: bool = False
    ignore_public_acls: bool = False
    block_public_policy: bool = False
    restrict_public_buckets: bool = False

    @classmethod
    def of_new_bucket(cls) -> Self:
        """All four, which AWS has on in every bucket since April 2023."""
        return cls(
            block_public_acls=True,
            ignore_public_acls=True,
            block_public_policy=True,
            restrict_public_buckets=True,
        )

    @classmethod
    def from_xml(cls, body: bytes) -> Self:
        """Read `PublicAccessBlockConfiguration`.

        Raises:
            MalformedXML, NotImplementedHere: if it is not one.
        """
        names = (
            "BlockPublicAcls",
            "IgnorePublicAcls",
            "BlockPublicPolicy",
            "RestrictPublicBuckets",
        )
        root = read_document(body, _ROOT)
        root.only(*names)
        try:
            return cls(*(_VALUES[root.optional(name)] for name in names))
        except KeyError:
            raise MalformedXML from None

    def to_xml(self) -> bytes:
        """Write `PublicAccessBlockConfiguration`."""
        switches = {
            "BlockPublicAcls": self.block_public_acls,
            "IgnorePublicAcls": self.ignore_public_acls,
            "BlockPublicPolicy": self.block_public_policy,
            "RestrictPublicBuckets": self.restrict_public_buckets,
        }
        return write_document(
            _ROOT, {name: str(value).lower() for name, value in switches.items()}
        )
