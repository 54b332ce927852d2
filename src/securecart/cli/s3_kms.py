"""KMS as S3 asks it, without a connection: for data keys that the gateway uses.

The request is the one that the store's S3 endpoint would have sent, with the same
signature, decision and record; only nobody has to carry it.

Source: AWS KMS API Reference, "GenerateDataKey" and "Decrypt".
"""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from securecart.adapters.direct_store import NotOpened
from securecart.names.clock import Clock
from securecart.names.credentials import Credentials
from securecart.serve.api import Unfinished
from securecart.wire.http import HttpRequest, HttpResponse
from securecart.wire.sigv4 import Signer

_HOST = ("host", "localhost")
_TYPE = ("content-type", "application/x-amz-json-1.1")
_SERVICE = "TrentService"
_LOOPBACK = "127.0.0.1"
_OK = 200


class S3Kms:
    """The direct way's `Kms`; `answer` is that of the API."""

    def __init__(
        self,
        answer: Callable[[HttpRequest], HttpResponse | Unfinished],
        credentials: Credentials,
        *,
        region: str,
        clock: Clock,
    ) -> None:
        """Ask with the store's own credentials for KMS."""
        self._answer = answer
        self._signer = Signer(credentials, region=region, service="kms")
        self._clock = clock

    def generate(self, key: str, context: Mapping[str, str]) -> tuple[bytes, bytes]:
        """Answer a new data key of 32 bytes, and what KMS made of it.

        Raises:
            NotOpened: KMS refuses.
        """
        told = self._ask(
            "GenerateDataKey",
            {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": context},
        )
        return b64decode(told["Plaintext"]), b64decode(told["CiphertextBlob"])

    def decrypt(self, made: bytes, context: Mapping[str, str]) -> bytes:
        """Answer the data key that KMS made this of.

        Raises:
            NotOpened: KMS refuses.
        """
        told = self._ask(
            "Decrypt",
            {"CiphertextBlob": b64encode(made).decode(), "EncryptionContext": context},
        )
        return b64decode(told["Plaintext"])

    def _ask(self, operation: str, parameters: Mapping[str, Any]) -> Any:
        body = orjson.dumps(parameters)
        headers = self._signer.sign(
            "POST",
            "/",
            (_HOST, _TYPE, ("x-amz-target", f"{_SERVICE}.{operation}")),
            now=self._clock(),
            payload_hash=hashlib.sha256(body).hexdigest(),
        )
        request = HttpRequest("POST", "/", headers, body, _LOOPBACK, secure=True)
        answered = self._answer(request)
        if not isinstance(answered, HttpResponse) or answered.status != _OK:
            raise NotOpened(f"KMS refuses {operation}")
        return orjson.loads(answered.body)
