"""Who owns what is written into a bucket: always the bucket's owner.

Source: Amazon S3 API Reference, "PutBucketOwnershipControls".
"""

from enum import Enum

from securecart.s3.errors import MalformedXML, NotImplementedHere
from securecart.s3.xml import read_document, write_document

_ROOT = "OwnershipControls"
_WITH_ACLS = frozenset({"BucketOwnerPreferred", "ObjectWriter"})


class ObjectOwnership(Enum):
    """The one setting without ACLs, which are not done here."""

    BUCKET_OWNER_ENFORCED = "BucketOwnerEnforced"

    def to_xml(self) -> bytes:
        """Write `OwnershipControls`."""
        return write_document(_ROOT, {"Rule": {"ObjectOwnership": self.value}})


def read_ownership(body: bytes) -> ObjectOwnership:
    """Read `OwnershipControls`.

    Raises:
        MalformedXML: if it is not one.
        NotImplementedHere: if it asks for ACLs.
    """
    root = read_document(body, _ROOT)
    root.only("Rule")
    rule = root.one("Rule")
    rule.only("ObjectOwnership")
    return parse_ownership(rule.one("ObjectOwnership").text)


def parse_ownership(text: str) -> ObjectOwnership:
    """Read the value of `x-amz-object-ownership`, or of the element.

    Raises:
        MalformedXML: if it is not one.
        NotImplementedHere: if it asks for ACLs.
    """
    if text in _WITH_ACLS:
        raise NotImplementedHere("Access control lists are not implemented.")
    try:
        return ObjectOwnership(text)
    except ValueError:
        raise MalformedXML from None
