"""Services: what is refused, in which words, and how errors are told."""

import json
import sys
import unicodedata
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.parsers import create_parser

from securecart.adapters.service_models import load_service_model
from securecart.names.errors import AccessDenied, ServiceError, ValidationError
from securecart.wire.http import HttpRequest, HttpResponse
from securecart.wire.service import MalformedInput, MissingAction, Service
from securecart.wire.service.patterns import compiled
from securecart.wire.service.query_input import MAX_DEPTH, MAX_PARAMETERS
from securecart.wire.sigv4 import RequestTimeTooSkewed, SignatureDoesNotMatch

STS = Service(load_service_model("sts"))
IAM = Service(load_service_model("iam"))
KMS = Service(load_service_model("kms"))
ROLE = "arn:aws:iam::123456789012:role/SecureCartEmployee"
FORM = ("content-type", "application/x-www-form-urlencoded; charset=utf-8")


def form(action: str, version: str = "2011-06-15", **parameters: str) -> HttpRequest:
    """Write a query request."""
    return raw_form({"Action": action, "Version": version, **parameters})


def raw_form(parameters: dict[str, Any]) -> HttpRequest:
    """Write a query request without adding to it."""
    return HttpRequest("POST", "/", (FORM,), urlencode(parameters).encode())


def assume_role(**parameters: str | int) -> HttpRequest:
    """Write an AssumeRole that is well formed but for the parameters."""
    needed = {"RoleArn": ROLE, "RoleSessionName": "jane", "Version": "2011-06-15"}
    return raw_form({"Action": "AssumeRole", **needed, **parameters})


def target(operation: str, body: bytes = b"{}") -> HttpRequest:
    """Write a KMS request."""
    return HttpRequest(
        "POST", "/", (("x-amz-target", f"TrentService.{operation}"),), body
    )


def told(service: Service, response: HttpResponse) -> dict[str, Any]:
    """Read an error as boto3 does."""
    protocol = "json" if service is KMS else "query"
    shape = load_service_model("sts").shape_for("GetCallerIdentityRequest")
    parsed = create_parser(protocol).parse(
        {
            "status_code": response.status,
            "headers": dict(response.headers),
            "body": response.body,
        },
        shape,
    )
    assert isinstance(parsed, dict)
    return parsed


def test_a_query_request_is_read() -> None:
    """Numbers, lists and structures arrive as boto3's caller gave them."""
    request = assume_role(
        DurationSeconds=900,
        **{
            "Tags.member.10.Key": "z",
            "Tags.member.10.Value": "26",
            "Tags.member.2.Key": "b",
            "Tags.member.2.Value": "",
            "TransitiveTagKeys": "",
            "Unknown.member.1": "ignored",
        },
    )
    assert STS.parse(request) == (
        "AssumeRole",
        {
            "RoleArn": ROLE,
            "RoleSessionName": "jane",
            "DurationSeconds": 900,
            "Tags": [{"Key": "b", "Value": ""}, {"Key": "z", "Value": "26"}],
            "TransitiveTagKeys": [],
        },
    )


def test_parameters_may_stand_in_the_query_string() -> None:
    """A presigned GetCallerIdentity is a GET."""
    request = HttpRequest("GET", "/?Action=GetCallerIdentity&Version=2011-06-15", ())
    assert STS.parse(request) == ("GetCallerIdentity", {})


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (raw_form({"Version": "2011-06-15"}), "MissingAction"),
        (raw_form({"Action": "", "Version": "2011-06-15"}), "MissingAction"),
        (raw_form({"Action": "GetCallerIdentity"}), "InvalidAction"),
        (form("GetCallerIdentity", "2010-05-08"), "InvalidAction"),
        (form("CreateRole"), "InvalidAction"),
        (form("__class__"), "InvalidAction"),
        (assume_role(DurationSeconds="3600.0"), "MalformedInput"),
        (assume_role(DurationSeconds="٣٦٠٠"), "MalformedInput"),
        (assume_role(**{"Tags.member.x.Key": "a"}), "MalformedInput"),
        (assume_role(**{"Tags.member.0.Key": "a"}), "MalformedInput"),
        (assume_role(**{"Tags.1.Key": "a"}), "MalformedInput"),
        (assume_role(Tags="a"), "MalformedInput"),
        (assume_role(**{"Tags": "", "Tags.member.1.Key": "a"}), "MalformedInput"),
        (assume_role(**{"Tags.member.1": "a"}), "MalformedInput"),
        (assume_role(**{"RoleArn.member.1": "a"}), "MalformedInput"),
    ],
)
def test_query_requests_of_no_form(request_: HttpRequest, code: str) -> None:
    """What the model does not describe is refused by name."""
    with pytest.raises(ServiceError) as caught:
        STS.parse(request_)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ((FORM,), b"Action=GetCallerIdentity&Version=2011-06-15&Action=AssumeRole"),
        ((FORM,), b"Action=GetCallerIdentity&%41ction=AssumeRole"),
        ((FORM,), b"Action=%ff"),
        ((FORM,), b"Action=GetCallerIdentity\xff"),
        ((FORM,), "&".join(f"a{i}=" for i in range(MAX_PARAMETERS + 1)).encode()),
        ((), b"Action=GetCallerIdentity&Version=2011-06-15"),
        ((("content-type", "multipart/form-data"),), b"Action=GetCallerIdentity"),
    ],
)
def test_bodies_that_can_be_read_two_ways(
    headers: tuple[tuple[str, str], ...], body: bytes
) -> None:
    """Doubled, undecodable or too many parameters are refused."""
    with pytest.raises(MalformedInput):
        STS.parse(HttpRequest("POST", "/", headers, body))


def test_names_are_bounded_in_depth() -> None:
    """A name of a hundred thousand segments is not built up first."""
    with pytest.raises(MalformedInput, match="nested too deeply"):
        STS.parse(assume_role(**{"Tags" + ".member" * MAX_DEPTH: "a"}))


def test_a_parameter_in_query_and_body_is_doubled() -> None:
    """What was authorised must be what is done."""
    request = HttpRequest("POST", "/?Action=AssumeRole", (FORM,), b"Action=X")
    with pytest.raises(MalformedInput, match="sent twice"):
        STS.parse(request)


NAME_PATTERN = r"Member must satisfy regular expression pattern: [\w+=,.@-]*"


@pytest.mark.parametrize(
    ("parameters", "where", "constraint"),
    [
        (
            {"RoleSessionName": "j"},
            "Value 'j' at 'roleSessionName'",
            "Member must have length greater than or equal to 2",
        ),
        ({"RoleSessionName": "j/k"}, "Value 'j/k' at 'roleSessionName'", NAME_PATTERN),
        ({"RoleSessionName": "jé"}, "Value 'jé' at 'roleSessionName'", NAME_PATTERN),
        (
            {"RoleSessionName": "jj\n"},
            "Value 'jj\n' at 'roleSessionName'",
            NAME_PATTERN,
        ),
        (
            {"DurationSeconds": 899},
            "Value '899' at 'durationSeconds'",
            "Member must have value greater than or equal to 900",
        ),
        (
            {"DurationSeconds": 43201},
            "Value '43201' at 'durationSeconds'",
            "Member must have value less than or equal to 43200",
        ),
        (
            {"Tags.member.1.Key": "a" * 129, "Tags.member.1.Value": ""},
            f"Value '{'a' * 129}' at 'tags.1.member.key'",
            "Member must have length less than or equal to 128",
        ),
        (
            {"Tags.member.1.Value": "v"},
            "Value null at 'tags.1.member.key'",
            "Member must not be null",
        ),
        (
            {
                f"Tags.member.{index}.{name}": str(index)
                for index in range(1, 52)
                for name in ("Key", "Value")
            },
            "Value at 'tags'",
            "Member must have length less than or equal to 50",
        ),
    ],
)
def test_constraints_in_aws_words(
    parameters: dict[str, str], where: str, constraint: str
) -> None:
    """The model's constraints are held, and told as AWS tells them."""
    with pytest.raises(ValidationError) as caught:
        STS.parse(assume_role(**parameters))
    assert caught.value.message == (
        "1 validation error detected: "
        f"{where} failed to satisfy constraint: {constraint}"
    )


def test_enumerations_in_aws_words() -> None:
    """A value outside an enumeration is answered with the enumeration."""
    with pytest.raises(ValidationError, match=r"enum value set: \[RSA_2048, "):
        KMS.parse(target("CreateKey", b'{"KeySpec": "ROT13"}'))


def test_several_violations_are_told_together() -> None:
    """Violations are counted and joined."""
    with pytest.raises(ValidationError) as caught:
        STS.parse(assume_role(RoleArn="a", DurationSeconds=1))
    assert caught.value.message == (
        "2 validation errors detected: Value 'a' at 'roleArn' failed to satisfy "
        "constraint: Member must have length greater than or equal to 20; "
        "Value '1' at 'durationSeconds' failed to satisfy constraint: "
        "Member must have value greater than or equal to 900"
    )


def test_missing_members_in_aws_words() -> None:
    """A required member that was not sent is null."""
    with pytest.raises(ValidationError) as caught:
        STS.parse(form("AssumeRole", RoleArn=ROLE))
    assert caught.value.message == (
        "1 validation error detected: Value null at 'roleSessionName' failed to "
        "satisfy constraint: Member must not be null"
    )


def test_secret_values_are_not_repeated() -> None:
    """A message never holds an assertion or a token."""
    request = form(
        "AssumeRoleWithSAML", RoleArn=ROLE, PrincipalArn=ROLE, SAMLAssertion="abc"
    )
    with pytest.raises(ValidationError) as caught:
        STS.parse(request)
    assert "Value at 'sAMLAssertion' failed" in caught.value.message
    assert "abc" not in caught.value.message


def test_messages_are_bounded() -> None:
    """A megabyte of nonsense does not come back as one."""
    parameters = {f"Tags.member.{i}.Key": "<" * 1000 for i in range(1, 50)}
    with pytest.raises(ValidationError) as caught:
        STS.parse(assume_role(**parameters))
    assert len(caught.value.message) < 5000


def test_unicode_categories_of_java() -> None:
    r"""`\p{L}`, `\p{Z}` and `\p{N}` mean what they mean to AWS."""
    pattern = compiled(r"[\p{L}\p{Z}\p{N}_]")
    for point in range(sys.maxunicode + 1):
        character = chr(point)
        expected = character == "_" or unicodedata.category(character)[0] in "LZN"
        assert bool(pattern.fullmatch(character)) is expected, hex(point)
    with pytest.raises(ValueError, match="no translation"):
        compiled(r"[\p{Lu}]")


def test_a_json_request_is_read() -> None:
    """Blobs are decoded, null is absent, unknown members are ignored."""
    request = target(
        "Decrypt",
        json.dumps(
            {
                "CiphertextBlob": "AAEC",
                "EncryptionContext": {"aws:s3:arn": "arn:aws:s3:::b/k"},
                "KeyId": None,
                "Unknown": [1],
            }
        ).encode(),
    )
    assert KMS.parse(request) == (
        "Decrypt",
        {
            "CiphertextBlob": b"\0\1\2",
            "EncryptionContext": {"aws:s3:arn": "arn:aws:s3:::b/k"},
        },
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "is not JSON"),
        (b"[]", "ARRAY_VALUE can not be converted to a Structure"),
        (b'{"CiphertextBlob": 1}', "NUMBER_VALUE can not be converted to Blob"),
        (b'{"CiphertextBlob": "!"}', "not base64"),
        (b'{"EncryptionContext": []}', "ARRAY_VALUE can not be converted to a Map"),
        (b'{"EncryptionContext": {"a": true}}', "BOOLEAN_VALUE can not be"),
        (b'{"GrantTokens": {}}', "OBJECT_VALUE can not be converted to a List"),
        (b'{"GrantTokens": [null]}', "NULL_VALUE can not be converted to String"),
        (b'{"DryRun": "true"}', "STRING_VALUE can not be converted to Boolean"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"KeyId": "\xff"}', "is not JSON"),
    ],
)
def test_json_bodies_of_no_form(body: bytes, words: str) -> None:
    """Type confusion stops at the door."""
    with pytest.raises(ServiceError, match=words) as caught:
        KMS.parse(target("Decrypt", body))
    assert caught.value.code == "SerializationException"


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("x-amz-target", "Decrypt"),),
        (("x-amz-target", "TrentService.Unknown"),),
        (("x-amz-target", "TrentService.Decrypt"), ("x-amz-target", "TrentService.X")),
    ],
)
def test_unknown_json_operations(headers: tuple[tuple[str, str], ...]) -> None:
    """One known target, or nothing happens."""
    with pytest.raises(ServiceError) as caught:
        KMS.parse(HttpRequest("POST", "/", headers, b"{}"))
    assert caught.value.code == "UnknownOperationException"


@pytest.mark.parametrize(
    ("service", "error", "status", "code"),
    [
        (STS, AccessDenied("no"), 403, "AccessDenied"),
        (KMS, AccessDenied("no"), 400, "AccessDeniedException"),
        (IAM, SignatureDoesNotMatch(), 403, "SignatureDoesNotMatch"),
        (KMS, SignatureDoesNotMatch(), 400, "InvalidSignatureException"),
        (STS, RequestTimeTooSkewed(), 403, "SignatureDoesNotMatch"),
        (STS, ValidationError("no"), 400, "ValidationError"),
        (KMS, ValidationError("no"), 400, "ValidationException"),
        (STS, MissingAction(), 400, "MissingAction"),
    ],
)
def test_errors_as_boto3_reads_them(
    service: Service, error: ServiceError, status: int, code: str
) -> None:
    """Each protocol has its own spelling and status for the same failure."""
    response = service.serialize_error(error, "r-1")
    assert response.status == status
    parsed = told(service, response)
    assert parsed["Error"]["Code"] == code == service.error_code(error)
    assert parsed["Error"]["Message"] == error.message
    assert parsed["ResponseMetadata"]["RequestId"] == "r-1"


def test_statuses_come_from_the_model() -> None:
    """An error shape's own code and status are used."""

    class NoSuchEntity(ServiceError):
        code = "NoSuchEntity"

    class EntityAlreadyExists(ServiceError):
        code = "EntityAlreadyExists"

    class NotFoundException(ServiceError):
        code = "NotFoundException"

    assert IAM.serialize_error(NoSuchEntity("x"), "r").status == 404
    assert IAM.serialize_error(EntityAlreadyExists("x"), "r").status == 409
    assert KMS.serialize_error(NotFoundException("x"), "r").status == 400


def test_strangers_errors_tell_nothing() -> None:
    """What a service does not know is a bare 500."""

    class Odd(ServiceError):
        code = "NoSuchBucket"

    for service in (STS, IAM, KMS):
        for error in (KeyError("secret"), Odd("secret")):
            response = service.serialize_error(error, "r-1")
            assert response.status == 500
            assert b"secret" not in response.body
            assert told(service, response)["Error"]["Code"] == "InternalFailure"


def test_messages_are_escaped() -> None:
    """A message can be neither markup nor what XML has no way to write."""
    message = "<a>&\x00\x1b\ud800 \r\n\U0001f600"
    response = STS.serialize_error(AccessDenied(message), "r-1")
    assert told(STS, response)["Error"]["Message"] == "<a>&��� \r\n\U0001f600"


@pytest.mark.parametrize(
    ("service", "operation", "result"),
    [
        (STS, "GetCallerIdentity", {"Arns": "x"}),
        (STS, "GetCallerIdentity", {"Arn": 1}),
        (IAM, "DeleteRole", {"Arn": "x"}),
        (IAM, "ListRoles", {"Roles": "x"}),
        (KMS, "DescribeKey", {"KeyMetadata": "x"}),
        (KMS, "DescribeKey", {"Key": "x"}),
        (KMS, "ScheduleKeyDeletion", {"PendingWindowInDays": True}),
        (KMS, "DeleteAlias", {"x": 1}),
    ],
)
def test_results_of_no_shape_are_mistakes(
    service: Service, operation: str, result: dict[str, Any]
) -> None:
    """A result that the model does not describe never reaches a client."""
    with pytest.raises(ValueError, match=r"stands|no member|answers nothing"):
        service.serialize(operation, result, "r-1")


def test_operations_without_an_answer() -> None:
    """DeleteRole and DeleteAlias answer success and no more."""
    assert b"<RequestId>r-1</RequestId>" in IAM.serialize("DeleteRole", {}, "r-1").body
    assert KMS.serialize("DeleteAlias", {}, "r-1").body == b""


def test_services_are_named_as_scopes_name_them() -> None:
    """Requests are sorted by the service in the credential scope."""
    assert [s.name for s in (IAM, STS, KMS)] == ["iam", "sts", "kms"]


def test_other_protocols_are_refused() -> None:
    """S3's REST-XML is another room's affair."""
    with pytest.raises(ValueError, match="rest-xml"):
        Service(load_service_model("s3"))
