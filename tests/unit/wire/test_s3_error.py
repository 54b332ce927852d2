"""S3's error document, as boto3 reads it."""

from typing import Any

import pytest
from botocore.parsers import create_parser

from securecart.adapters.service_models import load_service_model
from securecart.names.errors import AccessDenied, ServiceError
from securecart.wire import checksum, chunked, sigv4, xml_document
from securecart.wire.http import HttpResponse
from securecart.wire.s3_error import STATUSES, s3_error


def told(response: HttpResponse) -> dict[str, Any]:
    """Parse an error as boto3 does."""
    shape = load_service_model("s3").operation_model("PutObject").output_shape
    assert shape is not None
    parsed = create_parser("rest-xml").parse(
        {
            "status_code": response.status,
            "headers": dict(response.headers),
            "body": response.body,
        },
        shape,
    )
    assert isinstance(parsed, dict)
    return parsed


def answer(error: BaseException) -> HttpResponse:
    """Write an error about one odd key."""
    return s3_error(
        error,
        resource="/b/<k>&\x01",
        request_id="R1",
        host_id="H1",
        details={"BucketName": "b"},
    )


def test_an_error_is_told() -> None:
    """Code, message, ids and details arrive at the caller."""
    response = answer(AccessDenied("no <b>"))
    assert response.status == 403
    parsed = told(response)
    assert parsed["Error"] == {
        "Code": "AccessDenied",
        "Message": "no <b>",
        "BucketName": "b",
        "Resource": "/b/<k>&\ufffd",
    }
    assert parsed["ResponseMetadata"]["RequestId"] == "R1"
    assert parsed["ResponseMetadata"]["HostId"] == "H1"


def test_unknown_errors_tell_nothing() -> None:
    """Neither a bug nor another service's error is shown."""

    class Odd(ServiceError):
        code = "NoSuchEntity"

    for error in (KeyError("secret"), Odd("secret")):
        response = answer(error)
        assert response.status == 500
        assert b"secret" not in response.body
        assert told(response)["Error"]["Code"] == "InternalError"


def subclasses(error: type[ServiceError]) -> list[type[ServiceError]]:
    """List an error class's descendants."""
    return [c for d in error.__subclasses__() for c in (d, *subclasses(d))]


@pytest.mark.parametrize("module", [chunked, checksum, sigv4, xml_document])
def test_every_error_of_the_wire_has_a_status(module: object) -> None:
    """No refusal of ours turns into a 500 for want of a line in the table."""
    own = [c for c in subclasses(ServiceError) if hasattr(module, c.__name__)]
    codes = {c.code for c in own if hasattr(c, "code")}
    assert codes
    assert codes <= STATUSES.keys()
