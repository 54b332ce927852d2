"""KMS is asked as the store's S3 endpoint would ask it."""

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from securecart.adapters.direct_store import NotOpened
from securecart.cli.s3_kms import S3Kms
from securecart.names.credentials import Credentials
from securecart.wire.http import HttpRequest, HttpResponse
from securecart.wire.sigv4 import sign

NOW = datetime(2026, 11, 28, 4, 0, tzinfo=UTC)
CREDENTIALS = Credentials("S3SERVICE", "secret")
CONTEXT = {"aws:s3:arn": "arn:aws:s3:::docs/ada/report"}


class Api:
    """Answers, and keeps what was asked."""

    def __init__(self, status: int = 200, **told: Any) -> None:
        self.asked: list[HttpRequest] = []
        self._answer = HttpResponse(status, (), orjson.dumps(told))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.asked.append(request)
        return self._answer


def b64(octets: bytes) -> str:
    """As KMS has them."""
    return base64.b64encode(octets).decode()


def kms(api: Any) -> S3Kms:
    """One that asks it."""
    return S3Kms(api, CREDENTIALS, region="us-east-1", clock=lambda: NOW)


def assert_asked(api: Api, operation: str, **parameters: Any) -> None:
    """Once, signed by S3's own credentials, and from this machine."""
    (request,) = api.asked
    assert request.header("x-amz-target") == f"TrentService.{operation}"
    assert orjson.loads(request.body) == parameters
    assert (request.method, request.target) == ("POST", "/")
    assert (request.source_ip, request.secure) == ("127.0.0.1", True)
    unsigned = tuple(
        each
        for each in request.headers
        if each[0] in {"host", "content-type", "x-amz-target"}
    )
    expected = sign(
        HttpRequest("POST", "/", unsigned, request.body),
        CREDENTIALS,
        region="us-east-1",
        service="kms",
        now=NOW,
        payload_hash=hashlib.sha256(request.body).hexdigest(),
    )
    assert request.header("authorization") == expected.header("authorization")


def test_a_data_key_is_generated() -> None:
    """Of 256 bits, for the object that it is for."""
    api = Api(Plaintext=b64(b"plain"), CiphertextBlob=b64(b"made"))
    assert kms(api).generate("arn:key", CONTEXT) == (b"plain", b"made")
    assert_asked(
        api,
        "GenerateDataKey",
        KeyId="arn:key",
        KeySpec="AES_256",
        EncryptionContext=CONTEXT,
    )


def test_a_data_key_is_decrypted() -> None:
    """For the same object."""
    api = Api(Plaintext=b64(b"plain"))
    assert kms(api).decrypt(b"made", CONTEXT) == b"plain"
    assert_asked(api, "Decrypt", CiphertextBlob=b64(b"made"), EncryptionContext=CONTEXT)


@pytest.mark.parametrize("api", [Api(400, __type="DisabledException"), lambda _: None])
def test_whatever_else_is_answered_opens_nothing(api: Any) -> None:
    """A refusal, and an answer that is still to come."""
    with pytest.raises(NotOpened):
        kms(api).decrypt(b"made", CONTEXT)
    with pytest.raises(NotOpened):
        kms(api).generate("arn:key", CONTEXT)
