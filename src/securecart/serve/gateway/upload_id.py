"""The id of a multipart upload, with what every part of it must bring.

The store takes any part for an upload that was begun with a customer's key:
without a key it keeps the part in plain text, with another it spoils the
object. So the id that the caller is given says which key it was, by the MD5
that S3 tells of it anyway.

Source: Amazon S3 API Reference, "UploadPart".
"""

import base64
import re
from dataclasses import dataclass, replace

from securecart.s3.customer_key import CustomerKey
from securecart.s3.errors import InvalidRequest
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.store import target_of
from securecart.serve.gateway.store_errors import refusal
from securecart.wire.http import HttpResponse

_ENCRYPTED = "x-amz-server-side-encryption"
_NO_KEY = (
    "The multipart upload initiate requested encryption. Subsequent part requests "
    "must include the appropriate encryption parameters."
)
_MARK = "~"
"""In an upload id of S3's, but in none of the store's."""
_GIVEN = re.compile(r"([A-Za-z0-9_-]+)(?:~([0-9a-f]{32}))?")


@dataclass(frozen=True, slots=True)
class UploadId:
    """The store's id, and the MD5 of the key in hexadecimal, if there is one."""

    store: str
    key_md5: str | None

    @classmethod
    def of(cls, call: Call) -> "UploadId":
        """Read the one that a request names.

        Raises:
            NoSuchUpload: it can be none of ours.
        """
        given = _GIVEN.fullmatch(call.s3.parameter("uploadId") or "")
        if given is None:
            raise refusal("NoSuchUpload")
        return cls(given[1], given[2])

    @classmethod
    def made(cls, store: str, key: CustomerKey | None) -> "UploadId":
        """Make one for an upload that the store has begun."""
        return cls(store, None if key is None else _hexadecimal(key))

    def __str__(self) -> str:
        """What the caller is given."""
        return self.store + (f"{_MARK}{self.key_md5}" if self.key_md5 else "")

    def target(self, call: Call) -> str:
        """The request's target, with the store's own id in it."""
        parameters = tuple(
            (name, self.store if name == "uploadId" else value)
            for name, value in call.s3.parameters
        )
        return replace(call.s3, parameters=parameters).target

    async def hold(
        self, backend: Backend, call: Call, key: CustomerKey | None, head: HttpResponse
    ) -> None:
        """End an upload that took a part in plain text; `head` answered the part.

        Only an upload with a customer's key takes one, and its id was not the
        one that we gave, but the store's own from a listing.

        Raises:
            InvalidRequest: it did.
        """
        if key is not None or any(name == _ENCRYPTED for name, _ in head.headers):
            return
        query = {"uploadId": self.store}
        target = target_of(call.bucket_name, call.key, query)
        await backend.store.call("DELETE", target)
        raise InvalidRequest(_NO_KEY)

    def require(self, key: CustomerKey | None) -> None:
        """Hold a part to the key that the upload was begun with.

        Raises:
            InvalidRequest: it brings none, another, or one too many.
        """
        if key is None:
            if self.key_md5 is not None:
                raise InvalidRequest(_NO_KEY)
        elif self.key_md5 is None:
            raise InvalidRequest(
                "The multipart upload initiate did not request encryption. Please "
                "resend the request without sending encryption parameters."
            )
        elif self.key_md5 != _hexadecimal(key):
            raise InvalidRequest(
                "The provided encryption parameters did not match the ones used "
                "originally."
            )


def _hexadecimal(key: CustomerKey) -> str:
    return base64.b64decode(key.md5).hex()
