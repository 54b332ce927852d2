"""The name that S3 has for an account.

Source: AWS General Reference, "AWS account identifiers".
"""

import hashlib
from functools import lru_cache


@lru_cache(maxsize=16)
def canonical_user_id(account: str) -> str:
    """Answer what stands for the account in S3's documents: 64 digits.

    AWS draws it once and for all; here it is a digest, so that it needs no
    keeping.
    """
    return hashlib.sha256(b"canonical user id" + account.encode()).hexdigest()
