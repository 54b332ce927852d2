"""The company that is attacked: folders full of marks that nobody else may see."""

import json
import re
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from tests import signing_in
from tests.adversary.exchange import Request
from tests.adversary.signing import Keys, signed
from tests.adversary.spellings import Place
from tests.installation import Running

from securecart.names.credentials import Credentials

ROLE = "SecureCartEmployee"
_NAMES = ("ab", "abc", "abcd", "AB", "ab.", "ab-c", "a=b,c@d+e", "_ab", "Ab", "abc.d")
"""Beginnings of each other, and each other in other cases."""
_LETTERS = string.ascii_lowercase + string.digits
MARK = re.compile(
    rb"Zq[a-z0-9]{10}|(?<![0-9a-zA-Z])(?:[0-9a-f]{32}|[0-9]{5})(?![0-9a-zA-Z])"
)
"""How marks look: those that are made, entity tags and version ids, sizes."""
_LONGER = re.compile(rb"[0-9a-f]{32}[0-9a-zA-Z_~-]+")
"""Ids of uploads, and tags of what came in parts."""


def mark() -> str:
    """Something that stands nowhere by chance."""
    return "Zq" + "".join(secrets.choice(_LETTERS) for _ in range(10))


@dataclass
class Person:
    """Somebody with a session, a folder, and documents in it."""

    name: str
    folder: str
    credentials: Credentials
    known: bool = True
    """Whether others have heard of them: whoever is not is named by no attack."""
    marks: set[bytes] = field(default_factory=set)
    places: list[Place] = field(default_factory=list)
    upload: str = ""
    upload_key: str = ""
    stamp: str = field(default_factory=mark)

    @property
    def document(self) -> str:
        """A document of one's own to copy from."""
        return f"{self.folder}vault/source.txt"


@dataclass
class Company:
    """An installation with people in it."""

    running: Running
    bucket: str
    account: str
    port: int
    people: Sequence[Person]
    expired: Credentials
    owners: dict[bytes, str] = field(default_factory=dict)
    """Whose each mark is."""

    @property
    def host(self) -> str:
        return str(urlsplit(self.running.ready["aws"]).netloc)

    @property
    def admin(self) -> Credentials:
        """The administrator's keys."""
        return Credentials(**self.running.ready["admin"])

    def keys(self, of: Person, against: Person) -> Keys:
        """What an attacker can lay hands on, save others' secrets."""
        return Keys(of.credentials, against.credentials, self.expired)

    def foreign(self, answer: bytes, person: str) -> set[str]:
        """Marks in an answer that are somebody else's, and whose."""
        found = {*MARK.findall(answer), *_LONGER.findall(answer)}
        return {
            f"{each.decode()} of {self.owners[each]}"
            for each in found
            if self.owners.get(each, person) != person
        }


def move_in(running: Running, count: int) -> Company:
    """Give people sessions and documents."""
    admin = Credentials(**running.ready["admin"])
    bucket = str(running.ready["bucket"])
    _let_administrator_be_anybody(running)
    people = [_person(running, admin, name) for name in _NAMES[: count - 2]]
    # What is told of this one was told unasked.
    people.append(replace(_person(running, admin, mark()), known=False))
    if count > len(_NAMES):
        people += [_signed_in(running, each) for each in ("engineering", "finance")]
    company = Company(
        running=running,
        bucket=bucket,
        account=str(running.ready["account"]),
        port=urlsplit(running.ready["aws"]).port or 80,
        people=people,
        expired=admin,
    )
    for person in people:
        _furnish(company, person)
    company.owners = {each: who.name for who in people for each in who.marks}
    return company


def _let_administrator_be_anybody(running: Running) -> None:
    """The role's sessions are made by the administrator: people sign in slowly."""
    iam, sts = running.client("iam"), running.client("sts")
    trust = iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    if any("AWS" in each["Principal"] for each in trust["Statement"]):
        return
    trust["Statement"].append(
        {
            "Effect": "Allow",
            "Principal": {"AWS": sts.get_caller_identity()["Arn"]},
            "Action": "sts:AssumeRole",
        }
    )
    iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(trust))


def assumed(
    running: Running,
    admin: Credentials,
    name: str,
    *,
    at: datetime | None = None,
    seconds: int = 3600,
) -> tuple[Credentials, str]:
    """A session of the employees' role and its id, begun at a time."""
    body = urlencode(
        {
            "Action": "AssumeRole",
            "Version": "2011-06-15",
            "RoleArn": f"arn:aws:iam::{running.ready['account']}:role/{ROLE}",
            "RoleSessionName": name,
            "DurationSeconds": seconds,
        }
    ).encode()
    address = urlsplit(running.ready["aws"])
    kind = ("content-type", "application/x-www-form-urlencoded")
    request = Request("POST", "/", (("host", address.netloc), kind), body, "sts")
    request = signed(request, admin, at=at or datetime.now(UTC))
    answer = httpx.post(
        running.ready["aws"],
        content=body,
        headers=dict(request.headers),
        trust_env=False,
    )
    assert answer.status_code == 200, answer.text

    def text(tag: str) -> str:
        return answer.text.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]

    made = Credentials(
        text("AccessKeyId"), text("SecretAccessKey"), text("SessionToken")
    )
    return made, text("AssumedRoleId").replace("&amp;", "&")


def _person(running: Running, admin: Credentials, name: str) -> Person:
    credentials, user_id = assumed(running, admin, name)
    return Person(name, f"{user_id}/", credentials)


def _signed_in(running: Running, department: str) -> Person:
    session = signing_in.sign_in(running, department)
    keys = session["credentials"]
    credentials = Credentials(
        keys["access_key_id"], keys["secret_access_key"], keys["session_token"]
    )
    return Person(str(session["person"]), str(session["folder"]), credentials)


def _furnish(company: Company, person: Person) -> None:
    """Documents of every kind, whose name, size, tags and all are marks."""
    keys = person.credentials
    s3 = company.running.client(
        "s3",
        {
            "access_key_id": keys.access_key_id,
            "secret_access_key": keys.secret_access_key,
            "session_token": keys.session_token or "",
        },
    )
    admin = company.running.client("s3")
    names = ("open/plain.txt", "open/deleted.txt", "open/café.txt", mark())
    for name in (*names, "open/parts.bin"):
        place = Place(company.bucket, person.folder, f"vault/{name}", "", "", "", "")
        stamps = [mark() for _ in range(3)]
        noted = {"Metadata": {"note": stamps[0], "stamp": person.stamp}}
        if name.endswith("parts.bin"):
            made = _in_parts(s3, place, noted, _content(person, company))
        else:
            s3.put_object(Bucket=place.bucket, Key=place.key, Body=b"", **noted)
            made = s3.put_object(
                Bucket=place.bucket,
                Key=place.key,
                Body=_content(person, company),
                **noted,
            )
        tags = {"TagSet": [{"Key": stamps[1], "Value": stamps[2]}]}
        admin.put_object_tagging(Bucket=place.bucket, Key=place.key, Tagging=tags)
        begun = s3.create_multipart_upload(Bucket=place.bucket, Key=place.key, **noted)
        part = {"Key": place.key, "UploadId": begun["UploadId"], "PartNumber": 1}
        parted = s3.upload_part(
            Bucket=place.bucket, Body=_content(person, company), **part
        )
        if name == "open/deleted.txt":
            gone = s3.delete_object(Bucket=place.bucket, Key=place.key)
            person.marks.add(gone["VersionId"].encode())
        etag = made["ETag"]
        told = (*stamps, name, begun["UploadId"], made["VersionId"])
        told += (etag.strip('"'), parted["ETag"].strip('"'))
        person.marks |= {each.encode() for each in told if "/" not in each}
        person.places.append(
            replace(
                place, version=made["VersionId"], upload=begun["UploadId"], etag=etag
            )
        )
    s3.put_object(
        Bucket=company.bucket,
        Key=person.document,
        Body=_content(person, company),
        Metadata={"stamp": person.stamp},
    )
    page = s3.list_objects_v2(
        Bucket=company.bucket, Prefix=f"{person.folder}vault/", MaxKeys=1
    )
    person.places = [
        replace(each, token=page["NextContinuationToken"]) for each in person.places
    ]
    person.upload_key = f"{person.folder}desk/upload"
    begun = s3.create_multipart_upload(
        Bucket=company.bucket,
        Key=person.upload_key,
        Metadata={"stamp": person.stamp},
    )
    person.upload = begun["UploadId"]
    person.marks.add(person.stamp.encode())
    if not person.known:
        person.marks.add(person.name.encode())


_sizes = iter(range(70_001, 99_999, 2))
"""Distinct and odd, and no port's number."""


def _content(person: Person, company: Company) -> bytes:
    word = mark()
    taken = str(company.port).encode()
    size = next(each for each in _sizes if str(each).encode() != taken)
    person.marks |= {word.encode(), str(size).encode()}
    return (word.encode() * (size // len(word) + 1))[:size]


def _in_parts(s3: Any, place: Place, noted: Any, content: bytes) -> Any:
    where = {"Bucket": place.bucket, "Key": place.key}
    begun = s3.create_multipart_upload(**where, **noted)
    where["UploadId"] = begun["UploadId"]
    part = s3.upload_part(**where, PartNumber=1, Body=content)
    listed = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    return s3.complete_multipart_upload(**where, MultipartUpload=listed)
