"""Calls of IAM and KMS: done, or refused by code, whatever the parameters."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

from securecart import iam, kms
from securecart.adapters.service_models import load_service_model
from securecart.names.entities import InMemoryEntities
from securecart.names.errors import ServiceError
from securecart.names.principal import Root
from securecart.sealing import Keyring, SealingKey
from securecart.wire.http import HttpRequest
from securecart.wire.service import Service

_TRUST = (
    b"%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A"
    b"%22Allow%22%2C%22Principal%22%3A%7B%22AWS%22%3A%22123456789012%22%7D%2C"
    b"%22Action%22%3A%22sts%3AAssumeRole%22%7D%7D"
)
# The first byte chooses the service; KMS's operation ends at the first `{`.
SEEDS = [
    b"iAction=CreateRole&Version=2010-05-08&RoleName=r&Path=%2Fa%2F&"
    b"Tags.member.1.Key=a&Tags.member.1.Value=b&AssumeRolePolicyDocument=" + _TRUST,
    (
        b"iAction=CreateOpenIDConnectProvider&Version=2010-05-08&ClientIDList.member.1=a"
        b"&Url=http%3A%2F%2F127.0.0.1%3A8081%2Fa"
    ),
    b"iAction=CreateSAMLProvider&Version=2010-05-08&Name=a&SAMLMetadataDocument="
    + b"%3Ca%2F%3E" * 200,
    b"iAction=ListRoles&Version=2010-05-08&MaxItems=1&Marker=YQ%3D%3D&PathPrefix=%2F",
    (
        b"iAction=GetPolicy&Version=2010-05-08&PolicyArn=arn%3Aaws%3Aiam%3A%3A"
        b"123456789012%3Apolicy%2Fa"
    ),
    (
        b"iAction=SimulateCustomPolicy&Version=2010-05-08&ActionNames.member.1=s3%3Aa"
        b"&ResourceArns.member.1=arn%3Aaws%3As3%3A%3A%3Aa&PolicyInputList.member.1="
        b"%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A"
        b"%22Allow%22%2C%22Action%22%3A%22s3%3A*%22%2C%22Resource%22%3A%22*%22%7D%7D"
        b"&ContextEntries.member.1.ContextKeyName=aws%3Ausername&ContextEntries.member.1"
        b".ContextKeyType=string&ContextEntries.member.1.ContextKeyValues.member.1=a"
    ),
    b"iAction=CreateGroup&Version=2010-05-08&GroupName=g&Path=%2Fa%2F",
    b"iAction=GetAccountAuthorizationDetails&Version=2010-05-08&Filter.member.1=User",
    b"iAction=CreateAccountAlias&Version=2010-05-08&AccountAlias=a-b",
    (b"iAction=UpdateUser&Version=2010-05-08&UserName=a&NewUserName=b&NewPath=%2Fa%2F"),
    b'kDecrypt{"CiphertextBlob":"' + b"AQID" * 30 + b'","EncryptionContext":{"a":"b"}}',
    b'kDescribeKey{"KeyId":"arn:aws:kms:us-east-1:123456789012:alias/a"}',
    b'kCreateKey{"Policy":"{}","Tags":[{"TagKey":"a","TagValue":"b"}]}',
    b'kListKeys{"Limit":1,"Marker":"YQ=="}',
]
_ACCOUNT = "123456789012"
_NOW = datetime(2026, 3, 1, tzinfo=UTC)
_IAM = Service(load_service_model("iam"))
_KMS = Service(load_service_model("kms"))
_KEYRING = Keyring(SealingKey(b"k" * 32))
_NUMBERS = count(1)


def _random(length: int) -> bytes:
    return next(_NUMBERS).to_bytes(length, "little")


def one(data: bytes) -> None:
    """Parse the request as its model says, and run it on an empty account."""
    try:
        if data[:1] == b"k":
            _run_kms(*_parsed_kms(data[1:]))
        else:
            _run_iam(*_IAM.parse(_request(data[1:])))
    except ServiceError as error:
        error.message.encode()


def _request(body: bytes, target: str = "") -> HttpRequest:
    form = ("content-type", "application/x-www-form-urlencoded")
    return HttpRequest("POST", "/", (form, ("x-amz-target", target)), body)


def _parsed_kms(data: bytes) -> tuple[str, dict[str, Any]]:
    name, brace, rest = data.partition(b"{")
    target = f"TrentService.{name.decode('latin-1')}"
    return _KMS.parse(_request(brace + rest, target))


def _run_iam(name: str, parameters: Mapping[str, Any]) -> None:
    operation = iam.OPERATIONS.get(name)
    if operation is None:
        return
    with InMemoryEntities().writing() as store:
        rest = (_ACCOUNT, Root(_ACCOUNT), parameters, _NOW, _random, _KEYRING)
        change = iam.Change(store, *rest)
        iam.conditions(change, operation.target(change))
        operation.run(change)


def _run_kms(name: str, parameters: Mapping[str, Any]) -> None:
    operation = kms.OPERATIONS.get(name)
    if operation is None:
        return
    with InMemoryEntities().writing() as store:
        rest = ("us-east-1", Root(_ACCOUNT), parameters, _NOW, _random, _KEYRING)
        change = kms.Change(store, _ACCOUNT, *rest)
        operation.checks(change)
        operation.run(change)
