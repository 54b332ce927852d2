"""Every operation of AWS's model: offered, answered as not set up, or not offered.

Run as a program, this file writes `docs/s3-support.md` anew.
"""

from pathlib import Path

from botocore.session import Session

from securecart.s3 import OPERATIONS
from securecart.s3.absent import NOT_CONFIGURED
from securecart.s3.permissions import PERMISSIONS, On

_DOCUMENT = Path(__file__).parents[3] / "docs" / "s3-support.md"
_TEXT = """# What of S3 is offered

Written by `python tests/unit/s3/test_support.py`; a test fails when it is stale.
An operation that is not offered answers 501 `NotImplemented`, whoever asks: nothing
of it is done, and nothing passed on. *Not set up* means that the answer is AWS's for
a bucket without such a configuration, because none can be made. The permissions are
what a caller needs; `x` for `y` means `x` where a version is named.

## Where it differs from AWS

- **Keys.** `InvalidArgument` for what the store could take for another key: an empty
  segment (`a//b`, a leading slash), one that is `.` or `..`, one over 255 bytes or
  ending in `.versions`, backslashes, control characters, and `.uploads` at the top of
  a bucket. AWS keeps any 1,024 bytes. A key that ends in a slash has no content, and
  only a bucket that keeps versions has it beside one that is the same without.
- **Listings.** Of more than 50,000 unfinished uploads below one prefix: `SlowDown`.
  `ChecksumAlgorithm` is not told. Where a great many folders have nothing in them a
  page may be short. Prefixes that no key can have list nothing, delimiters are any.
- **Sizes.** 5 GiB for an object or a part in one request, as AWS.
- **ACLs.** Owner enforced, always. `private` and `bucket-owner-full-control` are
  accepted where an object is written, as they say nothing else.
- **Versions.** No MFA Delete. A condition on the deletion of a version that is named:
  `NotImplemented`.
- **Encryption.** S3's own keys, KMS and customers' keys. No `aws:kms:dsse` and no
  encryption context of the caller's: `NotImplemented`. There is no `alias/aws/s3`, so
  `aws:kms` names its key. A bucket key is accepted and told, and KMS is asked for
  every object all the same.
- **Checksums.** CRC32, CRC32C, CRC64NVME, SHA1 and SHA256; MD5, SHA512 and XXHASH as
  checksums are `NotImplemented` (`Content-MD5` is held to). Those of single parts are
  told when they are uploaded, and not afterwards.
- **Copies.** One of an object in parts keeps its entity tag, with the number of parts.
  `x-amz-tagging` without a directive of `REPLACE` is refused, not passed over. After
  15 seconds the answer begins, as white space, and so does that of
  `CompleteMultipartUpload`: what fails later is told in the document of a 200.
- **Tags.** Two of an object that differ in case alone are `InvalidTag`: policies could
  not tell them apart.
- **Object Lock.** For buckets that are created with it. A retention is shortened by
  who may bypass it, not taken away; no event holds.
- **Metadata.** No `x-amz-website-redirect-location`: `NotImplemented`. With 304 go
  neither `Last-Modified` nor `Cache-Control`.
- **Lifecycles.** Carried out once an hour. `x-amz-expiration` and `x-amz-abort-date`
  are not told.
- **Storage classes.** `STANDARD` alone: no transitions, no restore.
- **Regions.** One. Another in the signature answers `AuthorizationHeaderMalformed`
  with `Region` and `x-amz-bucket-region`, by which SDKs sign again.
- **Addresses.** `<endpoint>/<bucket>`, and `<bucket>.<host>` below the endpoint's name
  and the names in `gateway.hosts`.
- **Signatures.** SigV4 in the header, the address, chunks with and without their own,
  and forms: no SigV2, no SigV4A. A form's address has no parameters, and a form comes
  with its length.

## Operations

| operation | here | permissions |
|---|---|---|
"""
_WHY = {
    "CreateSession": "directory buckets",
    "ListDirectoryBuckets": "directory buckets",
    "RenameObject": "directory buckets",
    "GetObjectTorrent": "AWS offers it to old accounts only",
    "RestoreObject": "no archive here",
    "SelectObjectContent": "AWS offers it to old accounts only",
    "UpdateObjectEncryption": "copy the object onto itself instead",
    "WriteGetObjectResponse": "Object Lambda",
    "GetBucketLifecycle": "replaced by `GetBucketLifecycleConfiguration`",
    "PutBucketLifecycle": "replaced by `PutBucketLifecycleConfiguration`",
    "GetBucketNotification": "replaced by `GetBucketNotificationConfiguration`",
    "PutBucketNotification": "replaced by `PutBucketNotificationConfiguration`",
}
_KINDS = (
    ("Annotation", "no annotations here"),
    ("Metadata", "no metadata tables here"),
    ("Analytics", "cannot be set up here"),
    ("IntelligentTiering", "one storage class"),
    ("Inventory", "cannot be set up here"),
    ("Metrics", "cannot be set up here; `/metrics` has the gateway's"),
    ("Accelerate", "one place"),
    ("Logging", "the trail has every request"),
    ("Notification", "no events are sent"),
    ("Replication", "one place"),
    ("RequestPayment", "nobody pays"),
    ("Tagging", "buckets have no tags here"),
    ("Website", "nothing is public"),
    ("Abac", "buckets have no tags here"),
)
_LEGACY = {
    "GetBucketLifecycle": "GetBucketLifecycleConfiguration",
    "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
    "GetBucketNotification": "GetBucketNotificationConfiguration",
}
"""Operations whose requests look like their successors', and are answered so."""


def _here(name: str, offered: set[str]) -> str:
    if name in NOT_CONFIGURED:
        return "not set up"
    if name in offered:
        return "refused but for the owner's full control" if _sets_acl(name) else "yes"
    if _LEGACY.get(name, name) in offered:
        return f"as `{_LEGACY[name]}`"
    why = _WHY.get(name) or next((why for part, why in _KINDS if part in name), "")
    return f"no: {why}" if why else "no"


def _sets_acl(name: str) -> bool:
    return name in {"PutBucketAcl", "PutObjectAcl"}


def _permissions(name: str) -> str:
    texts = []
    for permission in PERMISSIONS[name]:
        text = f"`{permission.action}`"
        if permission.versioned:
            text = f"`{permission.versioned}` for {text}"
        if permission.on is On.SOURCE:
            text += " on the source"
        if permission.headers:
            text += " (with its headers)"
        texts.append(text)
    return ", ".join(texts)


def _render() -> str:
    offered = {row.name for row in OPERATIONS}
    lines = [
        f"| {name} | {_here(name, offered)} | {_permissions(name)} |\n"
        for name in sorted(Session().get_service_model("s3").operation_names)
    ]
    return _TEXT + "".join(lines)


def test_the_list_of_what_is_offered_is_fresh() -> None:
    """The document says what the code does, for each of AWS's operations."""
    model = Session().get_service_model("s3")
    assert {row.name for row in OPERATIONS} <= set(model.operation_names)
    assert _DOCUMENT.read_text() == _render(), (
        "run python tests/unit/s3/test_support.py"
    )


def test_whatever_is_not_offered_says_why() -> None:
    """Nobody has to guess whether it was forgotten."""
    assert "| no |" not in _render()


if __name__ == "__main__":
    _DOCUMENT.write_text(_render())
