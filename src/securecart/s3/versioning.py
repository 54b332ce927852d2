"""Whether a bucket keeps old versions.

Source: Amazon S3 API Reference, "PutBucketVersioning".
"""

from enum import Enum

from securecart.s3.errors import MalformedXML, NotImplementedHere
from securecart.s3.xml import read_document, write_document


class Versioning(Enum):
    """What a bucket does with a document that is written again."""

    NEVER = ""
    ENABLED = "Enabled"
    SUSPENDED = "Suspended"

    def to_xml(self) -> bytes:
        """Write `VersioningConfiguration`; empty for a bucket never versioned."""
        content = {"Status": self.value} if self.value else {}
        return write_document("VersioningConfiguration", content)


def read_versioning(body: bytes) -> Versioning:
    """Read `VersioningConfiguration`.

    Raises:
        MalformedXML: if it is not one.
        NotImplementedHere: if it asks for MFA Delete.
    """
    root = read_document(body, "VersioningConfiguration")
    root.only("Status", "MfaDelete")
    if root.optional("MfaDelete") not in {None, "Disabled"}:
        raise NotImplementedHere("MFA Delete is not implemented.")
    status = root.optional("Status")
    if status not in {"Enabled", "Suspended"}:
        raise MalformedXML
    return Versioning(status)
