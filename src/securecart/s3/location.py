"""Where a bucket is.

Source: Amazon S3 API Reference, "CreateBucket" and "GetBucketLocation".
"""

from securecart.s3.errors import IllegalLocationConstraintException
from securecart.s3.xml import read_document, write_document

# The first region has no name here, for reasons of age.
_UNNAMED = "us-east-1"


def read_location_constraint(body: bytes) -> str | None:
    """Read the body of CreateBucket; None: no region is asked for.

    Raises:
        MalformedXML: if it is none.
        NotImplementedHere: if it asks for more than a region.
    """
    if not body:
        return None
    root = read_document(body, "CreateBucketConfiguration")
    root.only("LocationConstraint")
    return root.optional("LocationConstraint") or None


def check_location(constraint: str | None, region: str) -> None:
    """Hold a new bucket to the endpoint's region.

    Raises:
        IllegalLocationConstraintException: if it belongs into another.
    """
    if (constraint or _UNNAMED) != region:
        raise IllegalLocationConstraintException(
            f"The {constraint or 'unspecified'} location constraint is incompatible "
            "for the region specific endpoint this request was sent to."
        )


def location_document(region: str) -> bytes:
    """The answer of GetBucketLocation: the element holds the region itself."""
    return write_document("LocationConstraint", "" if region == _UNNAMED else region)
