"""What is there, before and after: documents, versions, tags, uploads, settings."""

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError
from tests.adversary.judge import Leak
from tests.adversary.people import ROLE, Company

State = dict[str, str]
"""Everything by a name of it: versions, uploads, settings."""

_SETTINGS = (
    "get_bucket_policy",
    "get_bucket_cors",
    "get_bucket_encryption",
    "get_bucket_versioning",
    "get_public_access_block",
    "get_bucket_ownership_controls",
    "get_bucket_lifecycle_configuration",
    "get_object_lock_configuration",
    "get_bucket_acl",
    "get_bucket_tagging",
)
_THREADS = 8


def state_of(company: Company) -> State:
    """Read all of it as the administrator."""
    s3, iam = company.running.client("s3"), company.running.client("iam")
    kms = company.running.client("kms")
    found: State = {}
    for name in _SETTINGS:
        found[f"setting {name}"] = _told(getattr(s3, name), Bucket=company.bucket)
    found["setting buckets"] = _told(s3.list_buckets)
    found["setting account"] = _told(iam.get_account_authorization_details)
    found["setting session policy"] = _told(iam.get_role, RoleName=ROLE)
    key = f"alias/{company.bucket}"
    key_id = kms.describe_key(KeyId=key)["KeyMetadata"]["KeyId"]
    found["setting key"] = _told(kms.describe_key, KeyId=key_id)
    found["setting key policy"] = _told(
        kms.get_key_policy, KeyId=key_id, PolicyName="default"
    )
    versions: list[dict[str, Any]] = []
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=company.bucket)
    for page in pages:
        versions += page.get("Versions", ())
        for each in page.get("DeleteMarkers", ()):
            found[f"marker {each['Key']} {each['VersionId']}"] = str(each["IsLatest"])
    with ThreadPoolExecutor(_THREADS) as threads:
        read = threads.map(lambda each: _version(s3, company.bucket, each), versions)
        found |= dict(read)
    pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket=company.bucket)
    for page in pages:
        for each in page.get("Uploads", ()):
            where = {"Key": each["Key"], "UploadId": each["UploadId"]}
            parts = s3.list_parts(Bucket=company.bucket, **where).get("Parts", ())
            told = [(part["PartNumber"], part["ETag"], part["Size"]) for part in parts]
            found[f"upload {each['Key']} {each['UploadId']}"] = repr(told)
    return found


def _told(ask: Any, **parameters: Any) -> str:
    try:
        answer = ask(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    answer.pop("ResponseMetadata")
    return json.dumps(answer, sort_keys=True, default=str)


def _version(s3: Any, bucket: str, version: dict[str, Any]) -> tuple[str, str]:
    """Of what people write meanwhile, who it was; of all else everything."""
    where = {"Bucket": bucket, "Key": version["Key"], "VersionId": version["VersionId"]}
    head = s3.head_object(**where)
    known: list[Any] = [version["IsLatest"], version["ETag"], version["Size"]]
    if "/vault/" in version["Key"]:
        known.append(hashlib.sha256(s3.get_object(**where)["Body"].read()).hexdigest())
        known.append(s3.get_object_tagging(**where)["TagSet"])
    name = f"version {version['Key']} {version['VersionId']}"
    metadata = head["Metadata"]
    return name, f"{metadata.get('stamp', '')} {known} {sorted(metadata.items())}"


def changes(company: Company, before: State, after: State) -> Iterator[Leak]:
    """What attackers changed: all but what each wrote in their own folder."""
    for name, told in before.items():
        if after.get(name) == told:
            continue
        if "/desk/" in name and not name.startswith("setting"):
            continue  # An attacker's own, which they may change.
        evidence = f"{told[:300]!r} became {after.get(name, 'nothing')[:300]!r}"
        yield Leak("changed", name, evidence)
    stamps = {person.folder: person.stamp for person in company.people}
    for name, told in after.items():
        if name in before:
            continue
        kind, _, rest = name.partition(" ")
        owner = next((it for it in stamps if rest.startswith(it)), None)
        if owner is None:
            yield Leak("new", name, f"in nobody's folder: {told[:300]!r}")
        elif rest.startswith(f"{owner}vault/"):
            yield Leak("new", name, f"where nobody writes: {told[:300]!r}")
        elif kind == "version" and not told.startswith(f"{stamps[owner]} "):
            yield Leak("new", name, f"not by its owner: {told[:300]!r}")


def unrecorded(company: Company, request_ids: set[str]) -> Iterator[Leak]:
    """Requests that were answered and of which the journal knows nothing."""
    known: set[str] = set()
    for path in (company.running.data / "journal").rglob("*.jsonl"):
        for line in path.read_bytes().splitlines():
            with suppress(ValueError):
                known.add(json.loads(line)["requestID"])
    missing = request_ids - known
    if missing:
        some = ", ".join(sorted(missing)[:3])
        yield Leak("journal", f"{len(missing)} requests", f"no record of {some}")
