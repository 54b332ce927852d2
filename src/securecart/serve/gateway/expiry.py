"""Lifecycle rules carried out: what is due is deleted, and recorded.

One run at a time walks the buckets that have rules; it stops when it has
deleted so much, or looked at so much, and the next goes on from there. What it
does it does by what it sees, so that a run that broke off harms nothing.
"""

import logging
import uuid
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import groupby
from typing import NamedTuple

from securecart.names.clock import Clock, Random
from securecart.names.errors import ServiceError
from securecart.names.principal import Service
from securecart.s3 import Bucket, Buckets, Versioning
from securecart.s3.expiry import (
    StoredVersion,
    aborted_by,
    removals,
    wants_tags,
)
from securecart.s3.lifecycle import LifecycleConfiguration
from securecart.serve.gateway.folder_walk import After, FolderWalk
from securecart.serve.gateway.store import Store, target_of
from securecart.serve.gateway.store_pages import (
    Entry,
    ObjectPages,
    Pages,
    VersionPages,
    facts_of,
)
from securecart.serve.gateway.uploads import read_uploads
from securecart.trail import Event, Journal, Resource, record
from securecart.wire.xml_document import parse_xml

_log = logging.getLogger(__name__)

_SOURCE = "s3.amazonaws.com"
_PAGE = 1000
_MOST_LOOKED_AT = 200_000
_MOST_DELETED = 10_000
"""In one run: some minutes of the store's time, beside what people ask of it."""
_GONE = frozenset({"NoSuchKey", "NoSuchVersion", "NoSuchUpload"})


@dataclass(slots=True)
class Run:
    """What a run has done so far."""

    looked_at: int = 0
    deleted: int = 0
    failed: int = 0

    @property
    def over(self) -> bool:
        """Whether it is enough for once."""
        enough = self.deleted + self.failed >= _MOST_DELETED
        return enough or self.looked_at >= _MOST_LOOKED_AT


class _Deletion(NamedTuple):
    """One request to the store; `named` are its parameters."""

    operation: str
    bucket: Bucket
    key: str
    named: dict[str, str]
    rule: str


@dataclass(slots=True)
class Expiry:
    """Carries out the lifecycle of every bucket."""

    store: Store
    buckets: Buckets
    journal: Journal
    account: str
    region: str
    clock: Clock
    random: Random
    places: dict[str, bytes] = field(default_factory=dict)
    """Where the next run goes on in a bucket that was too large for one."""

    async def run(self) -> Run:
        """Delete what is due.

        Raises:
            ConnectionError, TimeoutError: the store is not there.
            Exception: a deletion could not be recorded; nothing more is deleted.
        """
        run = Run()
        for bucket in self.buckets.list(self.account):
            lifecycle = bucket.lifecycle
            if lifecycle is None or run.over:
                continue
            await self._abort_uploads(bucket, lifecycle, run)
            await self._expire(bucket, lifecycle, run)
        return run

    async def _abort_uploads(
        self, bucket: Bucket, lifecycle: LifecycleConfiguration, run: Run
    ) -> None:
        if not any(rule.abort_days for rule in lifecycle.rules):
            return
        for upload in await read_uploads(self.store, bucket.name, ""):
            key = upload.key.decode()
            initiated = datetime.fromisoformat(upload.initiated).replace(tzinfo=UTC)
            rule = aborted_by(lifecycle, key, initiated, now=self.clock())
            if rule is not None and not run.over:
                named = {"uploadId": upload.upload_id}
                await self._delete(
                    _Deletion("AbortMultipartUpload", bucket, key, named, rule), run
                )

    async def _expire(
        self, bucket: Bucket, lifecycle: LifecycleConfiguration, run: Run
    ) -> None:
        async for key, versions in self._keys(bucket, run):
            if wants_tags(lifecycle, key):
                versions = [await self._tagged(bucket, key, v) for v in versions]  # noqa: PLW2901 - the same, with tags
            now = self.clock()
            for removal in removals(lifecycle, key, versions, now=now):
                version = removal.version_id
                named = {} if version is None else {"versionId": version}
                if version is None and not await self._is_still(
                    bucket, key, versions[0]
                ):
                    continue
                if version is not None and await self._is_locked(bucket, key, version):
                    continue
                await self._delete(
                    _Deletion("DeleteObject", bucket, key, named, removal.rule_id), run
                )
            if run.over:
                self.places[bucket.name] = key.encode()
                return
        self.places.pop(bucket.name, None)

    async def _keys(
        self, bucket: Bucket, run: Run
    ) -> AsyncIterator[tuple[str, list[StoredVersion]]]:
        """Yield keys with all that they have, the newest first."""
        versioned = bucket.versioning is not Versioning.NEVER
        kind = VersionPages if versioned else ObjectPages
        pages: Pages = kind(self.store, bucket.name, owner=self.account)
        place: bytes | None = self.places.get(bucket.name, b"")
        while place is not None:
            walk = FolderWalk(pages, most=_PAGE, versioned=versioned)
            waiting: list[Entry] = []
            async for batch in walk.files(b"", After(place)):
                run.looked_at += len(batch)
                waiting += batch
                last = waiting[-1].key
                # The last key may go on in the next batch.
                whole = [entry for entry in waiting if entry.key != last]
                waiting = waiting[len(whole) :]
                for each in _grouped(whole):
                    yield each
            place = walk.stopped
            for each in _grouped(waiting):
                yield each

    async def _tagged(
        self, bucket: Bucket, key: str, version: StoredVersion
    ) -> StoredVersion:
        if version.marker:
            return version
        query = {"tagging": ""}
        if version.id is not None:
            query["versionId"] = version.id
        try:
            answer = await self.store.call("GET", target_of(bucket.name, key, query))
        except ServiceError:
            return version
        tags = {
            tag.text_of("Key") or "": tag.text_of("Value") or ""
            for tags in parse_xml(answer.body).all("TagSet")
            for tag in tags.all("Tag")
        }
        return replace(version, tags=tags)

    async def _is_locked(self, bucket: Bucket, key: str, version: str) -> bool:
        """Say whether a version must stay; what cannot be seen stays, too."""
        query = {"versionId": version}
        try:
            head = await self.store.call("HEAD", target_of(bucket.name, key, query))
        except ServiceError as error:
            # A delete marker has no head, and no lock.
            return error.code not in {"MethodNotAllowed", "NoSuchKey"}
        headers = dict(head.headers)
        if headers.get("x-amz-object-lock-legal-hold") == "ON":
            return True
        until = headers.get("x-amz-object-lock-retain-until-date")
        return until is not None and datetime.fromisoformat(until) > self.clock()

    async def _is_still(self, bucket: Bucket, key: str, version: StoredVersion) -> bool:
        """Say whether a key is as it was read: nobody wrote it meanwhile."""
        try:
            head = await self.store.call("HEAD", target_of(bucket.name, key))
        except ServiceError:
            return False
        modified = dict(head.headers).get("last-modified", "")
        return bool(modified) and parsedate_to_datetime(modified) == version.modified

    async def _delete(self, deletion: _Deletion, run: Run) -> None:
        """Delete, and record that it was done, or was not."""
        operation, bucket, key, named, rule = deletion
        error: ServiceError | None = None
        try:
            await self.store.call("DELETE", target_of(bucket.name, key, named))
            run.deleted += 1
        except ServiceError as refused:
            if refused.code in _GONE:
                return
            error = refused
            run.failed += 1
            _log.warning("%s of lifecycle rule %s failed: %s", operation, rule, refused)
        event_id = str(uuid.UUID(bytes=self.random(16), version=4))
        self.journal.append(
            record(
                Event(
                    time=self.clock(),
                    source=_SOURCE,
                    name=operation,
                    region=self.region,
                    account=self.account,
                    source_ip=_SOURCE,
                    user_agent=_SOURCE,
                    principal=Service(self.account, _SOURCE),
                    access_key_id=None,
                    request_id=event_id,
                    event_id=event_id,
                    read_only=False,
                    data=True,
                    error_code=error.code if error else None,
                    error_message=error.message if error else None,
                    request_parameters={
                        "bucketName": bucket.name,
                        "key": key,
                        **named,
                    },
                    additional={"explanation": (f"lifecycle rule {rule}",)},
                    resources=(
                        Resource("AWS::S3::Object", f"{bucket.arn}/{key}"),
                        Resource("AWS::S3::Bucket", bucket.arn, self.account),
                    ),
                )
            )
        )


def _grouped(entries: Iterable[Entry]) -> Iterable[tuple[str, list[StoredVersion]]]:
    for key, group in groupby(entries, key=lambda entry: entry.key):
        versions = [facts_of(entry) for entry in group]
        # The store's order is not held to be anything: AWS's is by age.
        versions.sort(key=lambda each: (each.latest, each.modified), reverse=True)
        yield key.decode(), versions
