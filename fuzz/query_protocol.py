"""Requests to IAM, STS and KMS: read as their models say, or refused by code."""

from securecart.adapters.service_models import load_service_model
from securecart.names.errors import ServiceError
from securecart.wire.http import HttpRequest
from securecart.wire.service import Service

# The first byte chooses the service; the rest is the body.
SEEDS = [
    (
        b"sAction=AssumeRole&Version=2011-06-15&RoleSessionName=jane&RoleArn="
        b"arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2FSecureCartEmployee"
        b"&DurationSeconds=900&Tags.member.1.Key=a&Tags.member.1.Value=b"
        b"&TransitiveTagKeys.member.1=a&PolicyArns="
    ),
    (
        b"iAction=CreateRole&Version=2010-05-08&RoleName=R&Path=%2F"
        b"&AssumeRolePolicyDocument=%7B%7D&MaxSessionDuration=3600"
    ),
    b"iAction=ListRoles&Version=2010-05-08&PathPrefix=%2Fa&MaxItems=10",
    (
        b'k{"KeyId":"alias/a","EncryptionContext":{"aws:s3:arn":"arn:aws:s3:::b"},'
        b'"NumberOfBytes":32,"GrantTokens":["t"],"DryRun":false,'
        b'"CiphertextBlob":"AAEC"}'
    ),
]
_SERVICES = {
    first: Service(load_service_model(name))
    for first, name in ((b"s", "sts"), (b"i", "iam"), (b"k", "kms"))
}
_OPERATIONS = ("Decrypt", "GenerateDataKey", "CreateKey")
_FORM = ("content-type", "application/x-www-form-urlencoded")


def one(data: bytes) -> None:
    """Read the request; tell what is wrong with it as the service would."""
    service = _SERVICES.get(data[:1], _SERVICES[b"s"])
    for operation in _OPERATIONS if service.name == "kms" else ("",):
        headers = (_FORM, ("x-amz-target", f"TrentService.{operation}"))
        try:
            service.parse(HttpRequest("POST", "/", headers, data[1:]))
        except ServiceError as error:
            response = service.serialize_error(error, "r")
            if response.status >= 500:  # noqa: PLR2004 - HTTP's classes
                raise
