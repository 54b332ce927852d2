"""Listings of a bucket: the store's own, without its name for itself.

Source: Amazon S3 API Reference, "ListObjects", "ListObjectsV2",
"ListObjectVersions" and "ListMultipartUploads".
"""

import re
from dataclasses import replace
from urllib.parse import unquote_to_bytes

from securecart.names.canonical_user import canonical_user_id
from securecart.serve.gateway.answers import document
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.message import Answer

_MOST = 1000
"""Entries of one answer, whatever is asked for."""
_COUNTS = frozenset({"max-keys", "max-uploads"})
# In a key the brackets would be escaped, so these are always the elements.
_ENTRY = re.compile(rb"<(Contents|Version|DeleteMarker)>.*?</\1>", re.DOTALL)
_COMMON = re.compile(rb"<(CommonPrefixes)>.*?</\1>", re.DOTALL)
_NAME = re.compile(rb"<(?:Key|Prefix)>(.*?)</", re.DOTALL)
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
    body = (await backend.store.call("GET", bounded.target)).body
    if call.s3.parameter("encoding-type") is not None:
        for entries in (_ENTRY, _COMMON):
            body = _in_order(body, entries)
    return document(owned(body, backend.account))


def _in_order(body: bytes, entries: re.Pattern[bytes]) -> bytes:
    """Order a page by its keys: the store orders by how they are encoded."""
    found = [each[0] for each in entries.finditer(body)]
    ordered = iter(sorted(found, key=_decoded_name))
    return entries.sub(lambda _: next(ordered), body)


def _decoded_name(entry: bytes) -> bytes:
    name = _NAME.search(entry)
    return unquote_to_bytes(name[1].replace(b"+", b" ")) if name else b""


def owned(body: bytes, account: str) -> bytes:
    """Put the account in the place of whoever the store says owns an entry."""
    return _OWNER.sub(
        rb"<\1><ID>%b</ID></\1>" % canonical_user_id(account).encode(), body
    )
