"""A form as the PutObject that it stands for."""

import pytest

from securecart.names.errors import ServiceError
from securecart.s3.post_object import (
    Success,
    as_put_object,
    key_of,
    with_filename,
    with_result,
)
from securecart.wire.http import HttpRequest

POSTED = HttpRequest(
    "POST",
    "/docs",
    (
        ("host", "localhost"),
        ("content-type", "multipart/form-data; boundary=a"),
        ("content-length", "9"),
        ("user-agent", "browser"),
        ("referer", "http://portal/"),
        ("cookie", "secret"),
    ),
)


def put(**fields: str) -> HttpRequest:
    """Turn fields into a PutObject; underscores stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return as_put_object(POSTED, "docs", "a/b", named)


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("a.txt", "a.txt"),
        ("C:\\Program Files\\dir\\a.txt", "a.txt"),
        ("/home/me/a.txt", "a.txt"),
        ("../../bob/a.txt", "a.txt"),
        ("..\\a.txt", "a.txt"),
        ("a/", ""),
        ("", ""),
        ("${filename}", "${filename}"),
    ],
)
def test_the_files_name_takes_the_variables_place(sent: str, name: str) -> None:
    """Without its path, so that it leads out of no folder."""
    fields = {
        "key": "user/${filename}",
        "x-amz-meta-n": "${filename}",
        "policy": "${filename}",
    }
    assert with_filename(fields, sent) == {
        "key": f"user/{name}",
        "x-amz-meta-n": name,
        "policy": "${filename}",
    }


def test_fields_become_headers() -> None:
    """Those of PutObject; nothing of the form's own head but who sends it."""
    request = put(
        key="a/b",
        acl="private",
        Content_Type="text/plain",
        cache_control="no-store",
        x_amz_meta_colour="grün",
        x_amz_server_side_encryption="aws:kms",
        x_amz_signature="0",
        x_amz_credential="0",
        x_amz_date="0",
        x_amz_security_token="0",
        policy="0",
        submit="Upload",
    )
    assert (request.method, request.target) == ("PUT", "/docs/a/b")
    assert dict(request.headers) == {
        "host": "localhost",
        "user-agent": "browser",
        "referer": "http://portal/",
        "x-amz-acl": "private",
        "cache-control": "no-store",
        "x-amz-meta-colour": "grün".encode().decode("latin-1"),
        "x-amz-server-side-encryption": "aws:kms",
    }


@pytest.mark.parametrize(
    "field",
    [
        "x-amz-copy-source",
        "x-amz-copy-source-range",
        "x-amz-decoded-content-length",
        "x-amz-content-sha256",
        "x-amz-trailer",
        "x-amz-mp-object-size",
        "x-amz-anything",
        "x-amz-expected-bucket-owner",
    ],
)
def test_no_field_makes_another_request_of_it(field: str) -> None:
    """A copy source would read what the policy says nothing of."""
    with pytest.raises(ServiceError) as refused:
        put(**{field: "/docs/secret"})
    assert refused.value.code == "NotImplemented"


@pytest.mark.parametrize(
    "value", ["a\r\nx-amz-acl: public-read", "a\nb", "a\0b", "\x7f"]
)
@pytest.mark.parametrize("field", ["acl", "cache-control", "x-amz-meta-a"])
def test_no_value_adds_a_header(field: str, value: str) -> None:
    """Nor breaks the one that it is."""
    with pytest.raises(ServiceError) as refused:
        put(**{field: value})
    assert refused.value.code == "InvalidArgument"


def test_tags_are_a_document_here_and_a_header_there() -> None:
    """Held to what tags may be."""
    document = (
        "<Tagging><TagSet><Tag><Key>a b</Key><Value>c=d</Value></Tag></TagSet>"
        "</Tagging>"
    )
    assert put(tagging=document).header("x-amz-tagging") == "a%20b=c%3Dd"
    for other in ("a=b", document.replace("a b", "aws:a")):
        with pytest.raises(ServiceError):
            put(tagging=other)


def test_a_fields_name_is_a_headers() -> None:
    """Beyond ASCII there is none."""
    with pytest.raises(ServiceError) as refused:
        put(**{"x-amz-meta-ä": "1"})
    assert refused.value.code == "InvalidArgument"


def test_a_key_is_encoded_once() -> None:
    """So that every reader decodes what the form named."""
    request = as_put_object(POSTED, "docs", "a b/%2F+?#é", {})
    assert request.target == "/docs/a%20b/%252F%2B%3F%23%C3%A9"


@pytest.mark.parametrize("fields", [{}, {"key": ""}])
def test_there_is_a_key(fields: dict[str, str]) -> None:
    """Or nothing is stored."""
    with pytest.raises(ServiceError, match="a field named 'key'") as refused:
        key_of(fields)
    assert refused.value.code == "InvalidArgument"


@pytest.mark.parametrize(
    ("asked", "status"),
    [("200", 200), ("201", 201), ("204", 204), ("", 204), ("404", 204), ("x", 204)],
)
def test_a_form_chooses_among_three_statuses(asked: str, status: int) -> None:
    """204 is S3's own; what it does not know is as if it were not there."""
    assert Success.of({"success_action_status": asked}).status == status


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("http://portal/done", True),
        ("https://portal/done?a=1", True),
        ("HTTPS://portal", True),
        ("", False),
        ("/done", False),
        ("//elsewhere/done", False),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("ftp://a/b", False),
        ("http:///done", False),
        ("http://a/\r\nset-cookie: a=b", False),
        ("http://a/b c", False),
        ("http://ä/", False),
        ("http://[/", False),
    ],
)
def test_a_page_to_go_on_to_is_a_web_address(
    address: str,
    taken: bool,  # noqa: FBT001 - a parametrized expectation
) -> None:
    """Anything else counts as not sent."""
    expected = address if taken else None
    assert Success.of({"success_action_redirect": address}).redirect == expected
    assert Success.of({"redirect": address}).redirect == expected


@pytest.mark.parametrize(
    ("redirect", "to"),
    [
        ("http://p/d", "http://p/d?bucket=docs&key=a%20%26b&etag=%22e%22"),
        ("http://p/d?x=1#f", "http://p/d?x=1&bucket=docs&key=a%20%26b&etag=%22e%22#f"),
    ],
)
def test_the_page_is_told_what_was_stored(redirect: str, to: str) -> None:
    """In its query, encoded."""
    assert with_result(redirect, bucket="docs", key="a &b", etag='"e"') == to
