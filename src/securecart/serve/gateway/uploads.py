"""Listings of unfinished uploads, and of the parts of one.

The store orders uploads by their ids, takes a key marker for the first key
instead of the last before, and knows no delimiter. So all that a prefix begins
are read, and ordered, grouped and cut into pages here.

Source: Amazon S3 API Reference, "ListMultipartUploads" and "ListParts".
"""

from collections.abc import Iterator
from typing import NamedTuple

from securecart.names.canonical_user import canonical_user_id
from securecart.s3.listing import MOST, Listing, is_possible
from securecart.s3.xml import Content, write_document
from securecart.serve.gateway.answers import document
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.message import Answer
from securecart.serve.gateway.refusals import InternalError, SlowDown
from securecart.serve.gateway.store import Store, target_of
from securecart.serve.gateway.upload_id import UploadId
from securecart.wire.xml_document import parse_xml

_READ_AT_ONCE = 5000
"""Some 300 bytes each, within what is read whole."""
_MOST_READ = 50_000
"""Unfinished uploads that a prefix may begin: beyond, a lifecycle rule is due."""
_CHECKSUMS = (
    "ChecksumCRC32",
    "ChecksumCRC32C",
    "ChecksumCRC64NVME",
    "ChecksumSHA1",
    "ChecksumSHA256",
)


class Upload(NamedTuple):
    """An unfinished upload; in this order AWS lists them."""

    key: bytes
    initiated: str
    upload_id: str


async def list_multipart_uploads(backend: Backend, call: Call) -> Answer:
    """List unfinished uploads by key, the oldest first for each."""
    given = dict(call.s3.parameters)
    key_marker = given.get("key-marker", "")
    id_marker = given.get("upload-id-marker", "") if key_marker else ""
    listing = Listing(
        prefix=given.get("prefix", "").encode(),
        delimiter=given.get("delimiter", "").encode(),
        after=key_marker.encode(),
        after_version=id_marker.encode(),
        most=min(int(given.get("max-uploads", MOST)), MOST),
        url=given.get("encoding-type") == "url",
    )

    uploads: list[Upload] = []
    if listing.most and is_possible(listing.prefix):
        uploads = await read_uploads(
            backend.store, call.bucket_name, given.get("prefix", "")
        )
    lines = list(_grouped(_following(sorted(uploads), listing), listing))
    truncated = len(lines) > listing.most
    del lines[listing.most :]

    def text(raw: bytes) -> str:
        return listing.text(raw).decode() if listing.url else raw.decode()

    content: dict[str, Content | list[Content]] = {
        "Bucket": call.bucket_name,
        "KeyMarker": text(listing.after),
        "UploadIdMarker": id_marker,
        "Prefix": text(listing.prefix),
    }
    if listing.delimiter:
        content["Delimiter"] = text(listing.delimiter)
    if listing.url:
        content["EncodingType"] = "url"
    if truncated and lines:
        last = lines[-1]
        content["NextKeyMarker"] = text(last.key)
        content["NextUploadIdMarker"] = last.upload_id
    owner: Content = {"ID": canonical_user_id(backend.account)}
    content |= {
        "MaxUploads": str(listing.most),
        "IsTruncated": str(truncated).lower(),
        "Upload": [
            {
                "Key": text(each.key),
                "UploadId": each.upload_id,
                "Initiator": owner,
                "Owner": owner,
                "StorageClass": "STANDARD",
                "Initiated": each.initiated,
            }
            for each in lines
            if each.upload_id
        ],
        "CommonPrefixes": [
            {"Prefix": text(each.key)} for each in lines if not each.upload_id
        ],
    }
    return document(write_document("ListMultipartUploadsResult", content))


async def read_uploads(store: Store, bucket: str, prefix: str) -> list[Upload]:
    """Answer all unfinished uploads of the keys that a prefix begins.

    Raises:
        SlowDown: there are more than anybody should have.
        InternalError: the store named one of another key.
    """
    found: dict[str, Upload] = {}
    query = {"uploads": "", "max-uploads": str(_READ_AT_ONCE)}
    if prefix:
        query["prefix"] = prefix
    while True:
        answer = await store.call("GET", target_of(bucket, None, query))
        page = parse_xml(answer.body)
        for each in page.all("Upload"):
            key = each.text_of("Key") or ""
            upload_id = each.text_of("UploadId") or ""
            if not key.startswith(prefix) or not upload_id:
                raise InternalError(
                    "We encountered an internal error. Please try again."
                )
            initiated = (each.text_of("Initiated") or "").removesuffix("Z")
            found[upload_id] = Upload(key.encode(), f"{initiated}.000Z", upload_id)
        marker = page.text_of("NextUploadIdMarker") or ""
        if page.text_of("IsTruncated") != "true" or query.get(_ID) == marker:
            return list(found.values())
        if len(found) > _MOST_READ:
            raise SlowDown("There are too many unfinished uploads to list them.")
        query[_ID] = marker


_ID = "upload-id-marker"


def _following(uploads: list[Upload], listing: Listing) -> Iterator[Upload]:
    """What comes after the markers."""
    key, marker = listing.after, listing.after_version.decode()
    listed = False
    known = any(each.upload_id == marker for each in uploads)
    for each in uploads:
        if not key or each.key > key:
            yield each
        elif each.key == key and marker:
            # One that was ended meanwhile is no place any more; ids have one.
            if listed or (not known and each.upload_id > marker):
                yield each
            listed = listed or each.upload_id == marker


def _grouped(uploads: Iterator[Upload], listing: Listing) -> Iterator[Upload]:
    group: bytes | None = None
    passed = listing.group_of(listing.after)
    for each in uploads:
        if group is not None and each.key.startswith(group):
            continue
        group = listing.group_of(each.key)
        if group is None:
            yield each
        elif group != passed or passed != listing.after:
            yield Upload(group, "", "")


async def list_parts(backend: Backend, call: Call) -> Answer:
    """List the parts that an upload has so far."""
    given = dict(call.s3.parameters)
    most = min(int(given.get("max-parts", MOST)), MOST)
    marker = str(int(given.get("part-number-marker", "0")))
    query = {
        "uploadId": UploadId.of(call).store,
        "max-parts": str(max(most, 1)),
        "part-number-marker": marker,
    }
    target = target_of(call.bucket_name, call.key, query)
    page = parse_xml((await backend.store.call("GET", target)).body)
    parts: list[Content] = []
    for each in list(page.all("Part"))[:most]:
        modified = (each.text_of("LastModified") or "").removesuffix("Z")
        part = {
            "PartNumber": each.text_of("PartNumber") or "",
            "LastModified": f"{modified}.000Z",
            "ETag": each.text_of("ETag") or "",
            "Size": each.text_of("Size") or "",
        }
        for name in _CHECKSUMS:
            value = each.text_of(name)
            if value:
                part[name] = value
        parts.append({**part})
    truncated = most > 0 and page.text_of("IsTruncated") == "true"
    owner: Content = {"ID": canonical_user_id(backend.account)}
    content: dict[str, Content | list[Content]] = {
        "Bucket": call.bucket_name,
        "Key": call.key,
        "UploadId": given["uploadId"],
        "PartNumberMarker": marker,
        "NextPartNumberMarker": page.text_of("NextPartNumberMarker") or marker,
        "MaxParts": str(most),
        "IsTruncated": str(truncated).lower(),
        "Part": parts,
        "Initiator": owner,
        "Owner": owner,
        "StorageClass": page.text_of("StorageClass") or "STANDARD",
    }
    for name in ("ChecksumAlgorithm", "ChecksumType"):
        value = page.text_of(name)
        if value:
            content[name] = value
    return document(write_document("ListPartsResult", content))
