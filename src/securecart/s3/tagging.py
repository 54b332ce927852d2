"""The tags of an object.

Source: Amazon S3 User Guide, "Categorizing your objects using tags"; Amazon
S3 API Reference, "PutObjectTagging" and "PutObject" (`x-amz-tagging`).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Self
from urllib.parse import parse_qsl

from securecart.policy.casing import ascii_lower
from securecart.s3.errors import InvalidArgument, MalformedXML, S3Error
from securecart.s3.xml import read_document, write_document
from securecart.wire.query_string import percent_encode

MAX_TAGS = 10
MAX_KEY = 128
"""Unicode characters, as is `MAX_VALUE`."""
MAX_VALUE = 256
_MAX_HEADER_BYTES = 8 * 1024
"""Ten of the longest tags fit, were half of their characters escaped."""
# What AWS allows in a tag: letters, digits, blanks and these, in any script.
_TEXT = re.compile(r"[\w\s+\-=._:/@]*")
_RESERVED = "aws:"
_TAG = "s3:requestobjecttag/"
_TAG_KEYS = "s3:requestobjecttagkeys"
_EXISTING = "s3:existingobjecttag/"

Context = Mapping[str, str | tuple[str, ...]]


class BadRequest(S3Error):
    """More tags than an object has."""

    code = "BadRequest"
    sentence = "Object tags cannot be greater than 10"


class InvalidTag(S3Error):
    """A tag that no object can have."""

    code = "InvalidTag"
    sentence = "The tag provided was not a valid tag."


class TagSet(tuple[tuple[str, str], ...]):
    """The tags of one object, in the order given: keys and values.

    `NO_TAGS` is an object without any.
    """

    __slots__ = ()

    @classmethod
    def checked(cls, tags: Iterable[tuple[str, str]]) -> Self:
        """Make one of tags that a caller sent.

        Raises:
            BadRequest: they are more than ten.
            InvalidTag: one is too long, has other characters, is AWS's own,
                or there twice.
        """
        made = cls(tags)
        if len(made) > MAX_TAGS:
            raise BadRequest
        for key, value in made:
            if not 0 < len(key) <= MAX_KEY or not _TEXT.fullmatch(key):
                raise InvalidTag("The TagKey you have provided is invalid")
            if len(value) > MAX_VALUE or not _TEXT.fullmatch(value):
                raise InvalidTag("The TagValue you have provided is invalid")
            if key.lower().startswith(_RESERVED):
                raise InvalidTag("System tags cannot be added/updated by requester")
        # Condition keys are the same whatever their case, so tags had better be.
        if len({ascii_lower(key) for key, _ in made}) < len(made):
            raise InvalidTag("Cannot provide multiple Tags with the same key")
        return made

    @classmethod
    def from_header(cls, value: str) -> Self:
        """Read `x-amz-tagging`, which is written as a query is.

        Raises:
            InvalidArgument: it is not.
            BadRequest, InvalidTag: as `checked`.
        """
        try:
            tags = parse_qsl(
                value[:_MAX_HEADER_BYTES].encode("ascii").decode(),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=4 * MAX_TAGS,
            )
        except ValueError:
            raise InvalidArgument(
                "The header 'x-amz-tagging' shall be encoded as UTF-8 then "
                "URLEncoded URL query parameters without tag name duplicates."
            ) from None
        return cls.checked(tags)

    @classmethod
    def from_xml(cls, body: bytes) -> Self:
        """Read `Tagging`.

        Raises:
            MalformedXML: it is not one.
            NotImplementedHere: there is more in it.
            BadRequest, InvalidTag: as `checked`.
        """
        root = read_document(body, "Tagging")
        root.only("TagSet")
        tags = root.one("TagSet")
        tags.only("Tag")
        found = []
        for tag in tags.all("Tag"):
            tag.only("Key", "Value")
            key, value = tag.optional("Key"), tag.optional("Value")
            if key is None or value is None:
                raise MalformedXML
            found.append((key, value))
        return cls.checked(found)

    @classmethod
    def from_store(cls, body: bytes) -> Self:
        """Read `Tagging` as the store has it, checked when it was put."""
        tags = read_document(body, "Tagging").one("TagSet").all("Tag")
        return cls((tag.one("Key").text, tag.one("Value").text) for tag in tags)

    def to_header(self) -> str:
        """Write `x-amz-tagging`, in the one form that no reader mistakes."""
        return "&".join(
            f"{percent_encode(key)}={percent_encode(value)}" for key, value in self
        )

    def to_xml(self) -> bytes:
        """Write `Tagging`."""
        tags = [{"Key": key, "Value": value} for key, value in self]
        return write_document("Tagging", {"TagSet": {"Tag": [*tags]} if tags else ""})

    def requested(self) -> Context:
        """The condition keys of a request that brings these tags."""
        keys: dict[str, str | tuple[str, ...]] = {
            _TAG + ascii_lower(key): value for key, value in self
        }
        return keys | {_TAG_KEYS: tuple(key for key, _ in self)}

    def existing(self) -> Context:
        """The condition keys of a request on an object that has these tags."""
        return {_EXISTING + ascii_lower(key): value for key, value in self}


NO_TAGS = TagSet()
