"""A form's fields as the PutObject that they stand for.

Source: Amazon S3 API Reference, "POST Object"; "Creating an HTML Form (Using
AWS Signature Version 4)".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import urlsplit

from securecart.s3.errors import InvalidArgument, NotImplementedHere
from securecart.s3.tagging import TagSet
from securecart.wire.http import HttpRequest
from securecart.wire.query_string import percent_encode

_FILENAME = "${filename}"
_PLAIN = frozenset(
    {
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-md5",
        "content-type",
        "expires",
    }
)
_NAMED_OTHERWISE = {"acl": "x-amz-acl"}
_OURS = "x-amz-"
_TAKEN = (
    "x-amz-checksum-",
    "x-amz-grant-",
    "x-amz-meta-",
    "x-amz-object-lock-",
    "x-amz-server-side-encryption",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
)
"""No other header can be a field: a copy source would make another request."""
_SIGNING = frozenset(
    {
        "x-amz-algorithm",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-security-token",
        "x-amz-signature",
    }
)
_KEPT = frozenset({"host", "origin", "referer", "user-agent"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_STATUSES = frozenset({"200", "201", "204"})
_DEFAULT_STATUS = 204


def with_filename(fields: Mapping[str, str], sent: str) -> dict[str, str]:
    """Put the file's name in place of `${filename}`, in all fields but the policy.

    Of a path only what follows its last slash or backslash counts.
    """
    name = re.split(r"[/\\]", sent)[-1]
    return {
        field: value if field == "policy" else value.replace(_FILENAME, name)
        for field, value in fields.items()
    }


def key_of(fields: Mapping[str, str]) -> str:
    """The key that a form names.

    Raises:
        InvalidArgument: it names none.
    """
    key = fields.get("key", "")
    if not key:
        raise InvalidArgument(
            "Bucket POST must contain a field named 'key'.  If it is specified, "
            "please check the order of the fields."
        )
    return key


def as_put_object(
    request: HttpRequest, bucket: str, key: str, fields: Mapping[str, str]
) -> HttpRequest:
    """Answer the PutObject that a form stands for, without body or signature.

    Raises:
        InvalidArgument: a field's value cannot be a header's.
        MalformedXML, InvalidTag: the field `tagging` is no document of tags.
        NotImplementedHere: a field asks for what PutObject does not do.
    """
    headers = [header for header in request.headers if header[0] in _KEPT]
    for name, value in fields.items():
        header = _NAMED_OTHERWISE.get(name, name)
        if name in _SIGNING:
            continue
        if name == "tagging":
            tags = TagSet.from_xml(value.encode()).to_header()
            headers.append(("x-amz-tagging", tags))
            continue
        if name.startswith(_OURS) and not name.startswith(_TAKEN):
            raise NotImplementedHere(
                "A form field you provided implies functionality that is not "
                f"implemented: {name[:80]!r}"
            )
        if header not in _PLAIN and not header.startswith(_OURS):
            continue
        if _CONTROL.search(value) or not header.isascii():
            raise InvalidArgument(f"The form field {name[:80]} has no valid value.")
        headers.append((header, value.encode().decode("latin-1")))
    path = "/".join(percent_encode(segment) for segment in key.split("/"))
    return replace(
        request, method="PUT", target=f"/{bucket}/{path}", headers=tuple(headers)
    )


@dataclass(frozen=True, slots=True)
class Success:
    """What a form wants to be answered: a status, or a page to go on to."""

    status: int
    redirect: str | None

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Self:
        """Read it; what cannot be understood counts as not sent, as with S3."""
        asked = fields.get("success_action_status", "")
        redirect = fields.get("success_action_redirect", fields.get("redirect", ""))
        return cls(
            int(asked) if asked in _STATUSES else _DEFAULT_STATUS,
            redirect if _is_page(redirect) else None,
        )


def _is_page(address: str) -> bool:
    if not address.isascii() or _CONTROL.search(address) or " " in address:
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def with_result(redirect: str, *, bucket: str, key: str, etag: str) -> str:
    """Tell the page, in its address's query, what was stored."""
    told = {"bucket": bucket, "key": key, "etag": etag}
    parts = urlsplit(redirect)
    query = "&".join(f"{name}={percent_encode(value)}" for name, value in told.items())
    joined = f"{parts.query}&{query}" if parts.query else query
    return parts._replace(query=joined).geturl()
