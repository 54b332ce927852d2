"""Listings of a bucket: the store's own, without its name for itself.

Source: Amazon S3 API Reference, "ListObjects", "ListObjectsV2",
"ListObjectVersions" and "ListMultipartUploads".
"""

import hashlib
import re
from dataclasses import replace
from functools import lru_cache

from securecart.serve.gateway.answers import document
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.message import Answer

_MOST = 1000
"""Entries of one answer, whatever is asked for."""
_COUNTS = frozenset({"max-keys", "max-uploads"})
# In a key the brackets would be escaped, so this is always the element.
_OWNER = re.compile(rb"<(Owner|Initiator)>.*?</\1>", re.DOTALL)


async def list_entries(backend: Backend, call: Call) -> Answer:
    """List what the parameters, which were decided upon, ask for."""
    bounded = replace(
        call.s3,
        parameters=tuple(
            (name, str(min(int(value), _MOST)) if name in _COUNTS else value)
            for name, value in call.s3.parameters
        ),
    )
    answer = await backend.store.call("GET", bounded.target)
    return document(owned(answer.body, backend.account))


def owned(body: bytes, account: str) -> bytes:
    """Put the account in the place of whoever the store says owns an entry."""
    return _OWNER.sub(
        rb"<\1><ID>%b</ID></\1>" % canonical_user_id(account).encode(), body
    )


@lru_cache(maxsize=16)
def canonical_user_id(account: str) -> str:
    """Answer what stands for the account in S3's documents: 64 digits.

    AWS draws it once and for all; here it is a digest, so that it needs no
    keeping.
    """
    return hashlib.sha256(b"canonical user id" + account.encode()).hexdigest()
