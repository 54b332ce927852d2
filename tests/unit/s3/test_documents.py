"""The XML documents of S3: read, written, refused."""

from collections.abc import Callable
from typing import Any

import pytest

from securecart.names.errors import ServiceError
from securecart.s3 import (
    CorsConfiguration,
    CorsRule,
    DefaultEncryption,
    DeletedObject,
    DeleteError,
    ObjectOwnership,
    ObjectToDelete,
    PublicAccessBlock,
    Versioning,
    check_location,
    delete_objects_body,
    delete_objects_result,
    location_document,
    parse_delete_objects,
    read_location_constraint,
    read_ownership,
    read_versioning,
)
from securecart.s3.errors import (
    IllegalLocationConstraintException,
    InvalidArgument,
    InvalidRequest,
    MalformedXML,
    NotImplementedHere,
)

XMLNS = "http://s3.amazonaws.com/doc/2006-03-01/"
READERS: list[Callable[[bytes], Any]] = [
    CorsConfiguration.from_xml,
    DefaultEncryption.from_xml,
    PublicAccessBlock.from_xml,
    parse_delete_objects,
    read_location_constraint,
    read_ownership,
    read_versioning,
]


def rule(inner: str) -> bytes:
    """A CORS document of one rule."""
    return (
        f"<CORSConfiguration><CORSRule>{inner}</CORSRule></CORSConfiguration>".encode()
    )


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "body",
    [
        b"<",
        b"text",
        b"<Other/>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><Delete><Object>&b;</Object></Delete>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><Delete/>',
        b"<Delete><Object><Key>&undefined;</Key></Object></Delete>",
        b'<Delete xmlns="urn:other"><Object><Key>a</Key></Object></Delete>',
        "<?xml version='1.0' encoding='utf-16'?><Delete/>".encode("utf-16"),
        b"<Delete>" + b"<a>" * 5000,
        b"\x00",
        b" " * (2 * 1024 * 1024 + 1),
    ],
)
def test_what_is_no_document_is_malformed(
    reader: Callable[[bytes], Any], body: bytes
) -> None:
    """Entities, other name spaces and other roots among it."""
    with pytest.raises(MalformedXML):
        reader(body)


def test_a_good_document_behind_a_dtd_or_in_utf_16_is_refused() -> None:
    """Whatever the DTD says, and whatever the encoding would hide."""
    good = "<Delete><Object><Key>a</Key></Object></Delete>"
    assert parse_delete_objects(good.encode()).objects == (ObjectToDelete("a"),)
    for body in (f"<!DOCTYPE Delete>{good}".encode(), good.encode("utf-16")):
        with pytest.raises(MalformedXML):
            parse_delete_objects(body)


def test_a_batch_of_keys() -> None:
    """With and without a name space, versions and quiet."""
    plain = parse_delete_objects(
        b"<Delete><Object><Key>a &amp; b</Key></Object><Object><Key>c</Key>"
        b"<VersionId>v</VersionId></Object></Delete>"
    )
    assert plain.objects == (ObjectToDelete("a & b"), ObjectToDelete("c", "v"))
    assert not plain.quiet
    spaced = parse_delete_objects(
        f'<Delete xmlns="{XMLNS}"><Quiet>true</Quiet>'
        "<Object><Key> a\n</Key></Object></Delete>".encode()
    )
    assert spaced.objects == (ObjectToDelete(" a\n"),)
    assert spaced.quiet


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"<Delete/>", MalformedXML),
        (b"<Delete><Object/></Delete>", MalformedXML),
        (b"<Delete><Object><Key/></Object></Delete>", MalformedXML),
        (b"<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>", MalformedXML),
        (
            b"<Delete><Object><Key>a</Key></Object><Quiet>maybe</Quiet></Delete>",
            MalformedXML,
        ),
        (
            b"<Delete>" + b"<Object><Key>a</Key></Object>" * 1001 + b"</Delete>",
            MalformedXML,
        ),
        (
            b"<Delete><Object><Key>a</Key><Size>1</Size></Object></Delete>",
            NotImplementedHere,
        ),
    ],
)
def test_batches_that_are_none(body: bytes, error: type[ServiceError]) -> None:
    """Or that ask for more than is done."""
    with pytest.raises(error):
        parse_delete_objects(body)


def test_a_batch_is_written_as_it_is_read() -> None:
    """For the store, after some keys were denied."""
    objects = (
        ObjectToDelete("a <&> b"),
        ObjectToDelete("c", "v"),
        ObjectToDelete("d", etag='"e"'),
    )
    assert parse_delete_objects(delete_objects_body(objects)).objects == objects


def test_the_answer_to_a_batch() -> None:
    """Quiet leaves out what went well."""
    deleted = [DeletedObject("a", delete_marker=True, delete_marker_version_id="m")]
    errors = [DeleteError("b", "v", "AccessDenied", "Access Denied")]
    answer = delete_objects_result(deleted, errors, quiet=False).decode()
    assert (
        "<Deleted><Key>a</Key><DeleteMarker>true</DeleteMarker>"
        "<DeleteMarkerVersionId>m</DeleteMarkerVersionId></Deleted>"
        "<Error><Key>b</Key><VersionId>v</VersionId><Code>AccessDenied</Code>"
        "<Message>Access Denied</Message></Error>"
    ) in answer
    assert "Deleted>" not in delete_objects_result(deleted, errors, quiet=True).decode()


def test_cors_rules_come_back_as_they_were_put() -> None:
    """All their elements."""
    body = rule(
        "<ID>portal</ID><AllowedOrigin>http://localhost:8080</AllowedOrigin>"
        "<AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod>"
        "<AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader>"
        "<MaxAgeSeconds>600</MaxAgeSeconds>"
    )
    cors = CorsConfiguration.from_xml(body)
    assert cors.rules[0].max_age_seconds == 600
    assert CorsConfiguration.from_xml(cors.to_xml()) == cors


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"<CORSConfiguration/>", MalformedXML),
        (rule("<AllowedMethod>GET</AllowedMethod>"), MalformedXML),
        (rule("<AllowedOrigin>*</AllowedOrigin>"), MalformedXML),
        (
            rule(
                "<AllowedOrigin>*</AllowedOrigin><AllowedMethod>PATCH</AllowedMethod>"
            ),
            InvalidRequest,
        ),
        (
            rule(
                "<AllowedOrigin>http://*.*</AllowedOrigin>"
                "<AllowedMethod>GET</AllowedMethod>"
            ),
            InvalidRequest,
        ),
        (
            rule(
                "<AllowedOrigin>http://a&#10;b</AllowedOrigin>"
                "<AllowedMethod>GET</AllowedMethod>"
            ),
            InvalidRequest,
        ),
        (
            rule(
                "<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>"
                "<ExposeHeader>*</ExposeHeader>"
            ),
            InvalidRequest,
        ),
        (
            rule(
                "<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>"
                "<MaxAgeSeconds>-1</MaxAgeSeconds>"
            ),
            MalformedXML,
        ),
        (rule("<Other/>"), NotImplementedHere),
    ],
)
def test_cors_rules_that_are_none(body: bytes, error: type[ServiceError]) -> None:
    """Each for its own reason."""
    with pytest.raises(error):
        CorsConfiguration.from_xml(body)


CORS = CorsConfiguration.from_xml(
    b"<CORSConfiguration><CORSRule><AllowedOrigin>https://*.example.com</AllowedOrigin>"
    b"<AllowedMethod>PUT</AllowedMethod><AllowedHeader>x-amz-*</AllowedHeader>"
    b"<AllowedHeader>content-type</AllowedHeader><ExposeHeader>ETag</ExposeHeader>"
    b"<MaxAgeSeconds>5</MaxAgeSeconds></CORSRule><CORSRule>"
    b"<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>"
    b"</CORSRule></CORSConfiguration>"
)


def test_a_preflight_that_is_allowed() -> None:
    """With credentials for an origin, and what was asked for."""
    answer = CORS.preflight(
        "https://a.example.com", "PUT", ["X-Amz-Date", "Content-Type"]
    )
    assert answer is not None
    headers = dict(answer)
    assert headers["access-control-allow-origin"] == "https://a.example.com"
    assert headers["access-control-allow-credentials"] == "true"
    assert headers["access-control-allow-headers"] == "x-amz-date, content-type"
    assert headers["access-control-max-age"] == "5"
    assert headers["vary"].startswith("Origin")


@pytest.mark.parametrize(
    ("origin", "method", "headers"),
    [
        ("https://a.example.org", "PUT", []),
        ("https://example.com", "PUT", []),
        ("https://a.example.com", "DELETE", []),
        ("https://a.example.com", "PUT", ["authorization"]),
        ("https://a.example.com.evil", "PUT", []),
        ("null", "PUT", []),
    ],
)
def test_preflights_that_are_not(origin: str, method: str, headers: list[str]) -> None:
    """No rule covers all they ask."""
    assert CORS.preflight(origin, method, headers) is None


def test_a_star_in_an_origin_does_not_overlap_itself() -> None:
    """What stands before it and behind it are both there."""
    cors = CorsRule(("https://a.*.a",), ("GET",))
    assert cors.origin_for("https://a.b.a", "GET") == "https://a.b.a"
    assert cors.origin_for("https://a.a", "GET") is None


def test_actual_requests() -> None:
    """Everybody may read, without credentials."""
    headers = dict(CORS.actual("https://else.where", "GET"))
    assert headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in headers
    assert (
        dict(CORS.actual("https://a.example.com", "PUT"))[
            "access-control-expose-headers"
        ]
        == "ETag"
    )
    assert CORS.actual("https://else.where", "PUT") == ()


def test_versioning() -> None:
    """Three states, of which two can be put."""
    for state in (Versioning.ENABLED, Versioning.SUSPENDED):
        assert read_versioning(state.to_xml()) is state
    with pytest.raises(MalformedXML):
        read_versioning(Versioning.NEVER.to_xml())
    with pytest.raises(NotImplementedHere):
        read_versioning(
            b"<VersioningConfiguration><Status>Enabled</Status>"
            b"<MfaDelete>Enabled</MfaDelete></VersioningConfiguration>"
        )


@pytest.mark.parametrize(
    "default",
    [
        DefaultEncryption("AES256"),
        DefaultEncryption("aws:kms"),
        DefaultEncryption("aws:kms", "alias/docs", bucket_key_enabled=True),
    ],
)
def test_encryption_comes_back(default: DefaultEncryption) -> None:
    """As it was put."""
    assert DefaultEncryption.from_xml(default.to_xml()) == default


def test_encryption_that_is_none() -> None:
    """Each for its own reason."""
    with pytest.raises(NotImplementedHere):
        DefaultEncryption.from_xml(DefaultEncryption("aws:kms:dsse").to_xml())
    with pytest.raises(MalformedXML):
        DefaultEncryption.from_xml(DefaultEncryption("ROT13").to_xml())
    with pytest.raises(InvalidArgument):
        DefaultEncryption.from_xml(DefaultEncryption("AES256", "k").to_xml())


def test_public_access_block_comes_back() -> None:
    """Switch by switch; what is not said is off."""
    block = PublicAccessBlock(block_public_policy=True, restrict_public_buckets=True)
    assert PublicAccessBlock.from_xml(block.to_xml()) == block
    empty = b"<PublicAccessBlockConfiguration/>"
    assert PublicAccessBlock.from_xml(empty) == PublicAccessBlock()
    with pytest.raises(MalformedXML):
        PublicAccessBlock.from_xml(
            b"<PublicAccessBlockConfiguration><BlockPublicAcls>yes</BlockPublicAcls>"
            b"</PublicAccessBlockConfiguration>"
        )


def test_ownership_is_the_buckets_owners() -> None:
    """Anything else would need ACLs."""
    owner = ObjectOwnership.BUCKET_OWNER_ENFORCED
    assert read_ownership(owner.to_xml()) is owner
    for value, error in (("ObjectWriter", NotImplementedHere), ("No", MalformedXML)):
        body = owner.to_xml().replace(b"BucketOwnerEnforced", value.encode())
        with pytest.raises(error):
            read_ownership(body)


def test_location() -> None:
    """The first region is the one without a name."""
    body = (
        f'<CreateBucketConfiguration xmlns="{XMLNS}"><LocationConstraint>eu-west-1'
        "</LocationConstraint></CreateBucketConfiguration>"
    ).encode()
    assert read_location_constraint(body) == "eu-west-1"
    assert read_location_constraint(b"") is None
    check_location("eu-west-1", "eu-west-1")
    check_location(None, "us-east-1")
    for constraint, region in (("eu-west-1", "us-east-1"), (None, "eu-west-1")):
        with pytest.raises(IllegalLocationConstraintException):
            check_location(constraint, region)
    assert b">eu-west-1<" in location_document("eu-west-1")
    assert b"us-east-1" not in location_document("us-east-1")
