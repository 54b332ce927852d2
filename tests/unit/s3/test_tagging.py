"""The tags of objects: how they are sent, bounded, and decided upon."""

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securecart.names.errors import ServiceError
from securecart.s3 import S3Request, required
from securecart.s3.tagging import NO_TAGS, TagSet

Resolve = Callable[..., S3Request]
TEXT = st.text(st.sampled_from("abcXYZ019 +-=._:/@äß"), max_size=20)


@given(st.dictionaries(TEXT.filter(bool), TEXT, max_size=10))
def test_tags_come_back_however_they_were_written(tags: dict[str, str]) -> None:
    """As a header and as a document."""
    if len({key.lower() for key in tags}) < len(tags):
        return
    made = TagSet.checked(tags.items())
    assert TagSet.from_header(urlencode(tags)) == made
    assert TagSet.from_header(made.to_header()) == made
    if tags == {key.strip(): value.strip() for key, value in tags.items()}:
        assert TagSet.from_xml(made.to_xml()) == made
        assert TagSet.from_store(made.to_xml()) == made


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("&".join(f"k{number}=v" for number in range(11)), "BadRequest"),
        ("a=1&a=2", "InvalidTag"),
        ("a=1&A=2", "InvalidTag"),
        ("=1", "InvalidTag"),
        (f"{'k' * 129}=1", "InvalidTag"),
        (f"k={'v' * 257}", "InvalidTag"),
        ("aws:mine=1", "InvalidTag"),
        ("a=%3Cb%3E", "InvalidTag"),
        ("a=%FF", "InvalidArgument"),
        ("a=\xfc", "InvalidArgument"),
        ("&".join("a=1" for _ in range(100)), "InvalidArgument"),
    ],
)
def test_a_header_that_is_no_tags_is_refused(header: str, code: str) -> None:
    """By the limits of S3; keys that policies cannot tell apart are one too."""
    with pytest.raises(ServiceError) as refused:
        TagSet.from_header(header)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "MalformedXML"),
        (b"<Tagging/>", "MalformedXML"),
        (
            b"<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>",
            "MalformedXML",
        ),
        (b"<Tagging><TagSet><Other/></TagSet></Tagging>", "NotImplemented"),
        (
            b"<Tagging><TagSet><Tag><Key>aws:a</Key><Value/></Tag></TagSet></Tagging>",
            "InvalidTag",
        ),
    ],
)
def test_a_document_that_is_no_tags_is_refused(body: bytes, code: str) -> None:
    """Whatever else it is."""
    with pytest.raises(ServiceError) as refused:
        TagSet.from_xml(body)
    assert refused.value.code == code


def test_tags_that_are_sent_are_condition_keys(ask: Resolve) -> None:
    """Of writing and of tagging, and of nothing else."""
    keys = {
        "s3:requestobjecttag/kind": "draft",
        "s3:requestobjecttagkeys": ("Kind", "owner"),
    }
    sent = ask("PUT /docs/a", x_amz_tagging="Kind=draft&owner=me")
    for each in required(sent):
        assert keys.items() <= each.context.items()
        assert each.context["s3:requestobjecttag/owner"] == "me"
    assert [each.action for each in required(sent)] == [
        "s3:PutObject",
        "s3:PutObjectTagging",
    ]
    (put,) = required(ask("PUT /docs/a?tagging"), tags=TagSet.from_header("Kind=draft"))
    assert put.context["s3:requestobjecttag/kind"] == "draft"
    (none,) = required(ask("PUT /docs/a?tagging"), tags=NO_TAGS)
    assert none.context == {"s3:requestobjecttagkeys": ()}
    (read,) = required(ask("GET /docs/a"), tags=TagSet.from_header("Kind=draft"))
    assert read.context == {}


def test_tags_that_are_there_are_condition_keys_of_their_own_object(
    ask: Resolve,
) -> None:
    """A copy's source has its own, and writing knows none."""
    here, there = TagSet.from_header("a=here"), TagSet.from_header("a=there")
    (read,) = required(ask("GET /docs/a"), existing=here)
    assert read.context == {"s3:existingobjecttag/a": "here"}
    copy = ask("PUT /docs/a", x_amz_copy_source="/docs/b")
    write, source = required(copy, existing=here, source_existing=there)
    assert "s3:existingobjecttag/a" not in write.context
    assert source.context == {"s3:existingobjecttag/a": "there"}
