"""What the owner of a folder may do: that attacks are well-formed requests.

The same templates, filled in with one's own document, succeed; and what people
may not do at all succeeds for the administrator, in a bucket for the purpose.
"""

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.adversary.exchange import Answer, Line
from tests.adversary.judge import Attack
from tests.adversary.operations import POST_OBJECT, Own, Template, templates
from tests.adversary.people import Company, Person, mark
from tests.adversary.signing import FORMS, Form, Keys
from tests.adversary.soak import made
from tests.adversary.spellings import SPELLINGS, Place, Spelling

_OWNERS = frozenset(
    {
        *("AbortMultipartUpload", "CompleteMultipartUpload", "CopyObject"),
        *("CreateMultipartUpload", "DeleteObject", "DeleteObjects", "GetObject"),
        *("HeadObject", "ListObjects", "ListObjectsV2", "ListObjectVersions"),
        *("ListParts", "PutObject", "UploadPart", "UploadPartCopy", POST_OBJECT),
    }
)
"""What the employees' role allows in one's own folder."""
_SAME = frozenset(
    {
        *("as clients do", "colon raw", "every byte, upper case"),
        *("every byte, lower case", "slash encoded", "bucket encoded"),
    }
)
"""Spellings that name the very document: the others must not be all that is tried."""
_NOT_THERE = ("own, their", "their role")
"""Variants that name two documents at once, or all folders."""
_WELL_FORMED = frozenset({304, 404, 405, 409, 412, 501})
"""What is not there, or not done here; the request was understood."""
_LEFT_OUT = frozenset({"DeleteBucket", "PutBucketLifecycle", "WriteGetObjectResponse"})
"""What would take the bucket away, is superseded, or names no bucket."""
_NO_FEATURE = frozenset({"AccessControlListNotSupported", "InvalidBucketState"})


@dataclass
class Controls:
    """How many were carried out, and what was not."""

    by_owner: int = 0
    by_administrator: int = 0
    understood: int = 0
    failed: tuple[str, ...] = ()

    def __str__(self) -> str:
        return (
            f"controls: {self.by_owner} carried out for the owner, "
            f"{self.by_administrator} for the administrator, {self.understood} "
            f"understood and not done here, {len(self.failed)} failed"
        )


class _Documents:
    """Makes a document of its own for each control."""

    def __init__(self, company: Company, bucket: str) -> None:
        self._s3 = company.running.client("s3")
        self._bucket = bucket
        self._token = company.people[0].places[0].token
        self._numbers = itertools.count()

    def place(self, folder: str) -> Place:
        """A document, an upload of it, and what names both."""
        where = {
            "Bucket": self._bucket,
            "Key": f"{folder}desk/control-{next(self._numbers)}",
        }
        put = self._s3.put_object(**where, Body=b"STAMPSPOT")
        upload = self._s3.create_multipart_upload(**where)["UploadId"]
        self._s3.upload_part(**where, UploadId=upload, PartNumber=1, Body=b"STAMPSPOT")
        return Place(
            bucket=self._bucket,
            folder=folder,
            name=where["Key"].removeprefix(folder),
            version=put.get("VersionId", "null"),
            upload=upload,
            etag=put["ETag"],
            token=self._token,
        )


def controlled(company: Company) -> Controls:
    """Carry every control out once."""
    return asyncio.run(_controlled(company))


async def _controlled(company: Company) -> Controls:
    person, line = company.people[0], Line(company.port)
    found, failed = Controls(), list[str]()
    own = _Documents(company, company.bucket)
    keys = company.keys(person, person)
    for template, spelling, form in _owners():
        place = own.place(person.folder)
        attack = _made(company, template, spelling, form, person, place, keys)
        answer = await line.ask(attack.request)
        if answer.status // 100 == 2 or answer.status in {304, 412}:
            found.by_owner += 1
        else:
            failed.append(_told(template, form, answer))
    bucket = f"controls-{mark()[2:]}"
    company.running.client("s3").create_bucket(
        Bucket=bucket, ObjectLockEnabledForBucket=True
    )
    company.running.client("s3").put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    others = _Documents(company, bucket)
    form = FORMS[0]
    keys = Keys(company.admin, company.admin, company.admin)
    for template in _administrators():
        place = others.place("folder/")
        attack = _made(company, template, SPELLINGS[0], form, person, place, keys)
        answer = await line.ask(attack.request)
        if answer.status // 100 == 2:
            found.by_administrator += 1
        elif answer.status in _WELL_FORMED or answer.code in _NO_FEATURE:
            found.understood += 1
        else:
            failed.append(_told(template, form, answer))
    line.close()
    return replace(found, failed=tuple(failed))


def _owners() -> Iterator[tuple[Template, Spelling, Form]]:
    """Each of the owner's, with the next form that counts, the next spelling."""
    forms = itertools.cycle([form for form in FORMS if form.counts])
    spellings = itertools.cycle([each for each in SPELLINGS if each.name in _SAME])
    for template in templates():
        if template.operation not in _OWNERS or _is_foreign_by_nature(template):
            continue
        form = next(forms)
        if form.writes_only and not template.request.body:
            form = FORMS[0]
        yield template, next(spellings), form


def _is_foreign_by_nature(template: Template) -> bool:
    lists = template.operation.startswith("ListObject")
    return (
        template.variant.startswith(_NOT_THERE)
        or (lists and "prefix=" not in template.request.target)
        or template.name == "DeleteObject version"
    )


def _administrators() -> Iterator[Template]:
    """What the role does not allow; the bucket itself goes last."""
    for template in templates():
        if (
            template.request.service == "s3"
            and template.operation not in _OWNERS
            and template.operation not in _LEFT_OUT
            and not template.variant
        ):
            yield template


def _made(
    company: Company,
    template: Template,
    spelling: Spelling,
    form: Form,
    person: Person,
    place: Place,
    keys: Keys,
) -> Attack:
    own = Own(
        folder=person.folder,
        document=person.document,
        fresh=f"{person.folder}desk/{mark()}",
        upload=person.upload,
        upload_key=person.upload_key,
        stamp=person.stamp,
        account=company.account,
        name=person.name,
    )
    return made(company, template, spelling, form, person, place, own, keys)


def _told(template: Template, form: Form, answer: Answer) -> str:
    told = answer.body.decode(errors="replace")[:300]
    return f"{template.name}, {form.name}: {answer.status} {told}"
