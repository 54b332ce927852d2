"""What a bucket may be called.

Source: Amazon S3 User Guide, "General purpose bucket naming rules".
"""

import re
from functools import lru_cache

from securecart.s3.errors import InvalidBucketName

_REMEMBERED = 1024
"""Names that keep to the rules; of at most 63 characters, so 128 kB."""
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]")
_ADDRESS = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+")
_RESERVED_BEGINNINGS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDINGS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


@lru_cache(maxsize=_REMEMBERED)
def check_bucket_name(name: str) -> None:
    """Hold a name to the rules.

    Raises:
        InvalidBucketName: if it breaks one.
    """
    if (
        not _NAME.fullmatch(name)
        or ".." in name
        or _ADDRESS.fullmatch(name)
        or name.startswith(_RESERVED_BEGINNINGS)
        or name.endswith(_RESERVED_ENDINGS)
    ):
        raise InvalidBucketName
