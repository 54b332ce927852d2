"""Browser-based uploads: a form with a policy, a signature, and one file.

The fields come first and are read before anything is decided, 20 KB at most;
the file is asked for no further than that, until it may be stored.

Source: Amazon S3 API Reference, "POST Object" and "Authenticating Requests in
Browser-Based Uploads Using POST (AWS Signature Version 4)".
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from securecart.names.errors import ServiceError
from securecart.s3 import read_path
from securecart.s3.errors import EntityTooSmall, InvalidRequest, MethodNotAllowed
from securecart.s3.post_object import (
    Success,
    as_put_object,
    key_of,
    with_filename,
    with_result,
)
from securecart.s3.post_policy import PostPolicy
from securecart.s3.xml import write_document
from securecart.serve.gateway.answers import XML
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.limits import Limits
from securecart.serve.gateway.message import Answer, Body, Incoming
from securecart.serve.gateway.payload import MissingContentLength
from securecart.serve.gateway.writing import store_object
from securecart.wire.checksum import ALGORITHMS, check_digest, checksum, encoded
from securecart.wire.chunked import EntityTooLarge
from securecart.wire.form_data import (
    MAX_FIELDS_BYTES,
    FormDataDecoder,
    MalformedPOSTRequest,
    boundary_of,
)
from securecart.wire.http import HttpRequest
from securecart.wire.sigv4 import (
    HeadersNotSigned,
    UnverifiedSignature,
    VerifiedSignature,
    parse_form_signature,
    verify_form_signature,
)

_CHECKSUMS = {f"x-amz-checksum-{algorithm}": algorithm for algorithm in ALGORITHMS}
_COMPUTED = "x-amz-checksum-crc32"
_CREATED = 201


def is_form(request: HttpRequest) -> bool:
    """Say whether a request posts a form to a bucket."""
    return (
        request.method == "POST"
        and "?" not in request.target
        and (request.header("content-type") or "")
        .lower()
        .startswith("multipart/form-data")
    )


@dataclass(frozen=True, slots=True)
class Form:
    """A form whose file is still on its way.

    `fields` have the file's name in them; `request` is the PutObject that they
    stand for. Nothing of it is believed before `verify`.
    """

    bucket: str
    key: str
    fields: Mapping[str, str]
    signature: UnverifiedSignature | None
    request: HttpRequest
    file: "FormFilePayload"

    @classmethod
    async def read(cls, incoming: Incoming, limits: Limits) -> Self:
        """Read the fields that stand before the file.

        Raises:
            MissingContentLength: the form's size is not announced.
            EntityTooLarge: it is larger than one upload may be.
            ServiceError: it is no form, or its fields mean nothing.
        """
        request, body = incoming.request, incoming.body
        bucket, key = read_path(request)
        if bucket is None or key is not None:
            raise MethodNotAllowed
        boundary = boundary_of(request.header("content-type") or "")
        if boundary is None:
            raise MalformedPOSTRequest
        unsigned = [name for name, _ in request.headers if name.startswith("x-amz-")]
        if unsigned:
            raise HeadersNotSigned(", ".join(sorted(unsigned))[:200])
        if body.length is None:
            raise MissingContentLength
        if body.length > limits.object_bytes + MAX_FIELDS_BYTES:
            raise EntityTooLarge
        decoder = FormDataDecoder(boundary)
        begun = await _read_fields(body, decoder)
        sent = decoder.fields
        name = decoder.file.name if decoder.file is not None else ""
        fields = with_filename(sent, name)
        key = key_of(fields)
        file = FormFilePayload(body, decoder, begun, fields, limits)
        return cls(
            bucket=bucket,
            key=key,
            fields=fields,
            signature=parse_form_signature(sent),
            request=as_put_object(request, bucket, key, file.rest_of(fields)),
            file=file,
        )

    def verify(
        self,
        secret_access_key: str,
        *,
        region: str,
        services: Collection[str],
        now: datetime,
    ) -> VerifiedSignature:
        """Hold the policy to its signature, and the form to the policy.

        Raises:
            SignatureError: the secret did not sign it, for us and now.
            InvalidPolicyDocument: the policy cannot be read.
            AccessDenied: the form is not as the policy has it.
            EntityTooLarge, EntityTooSmall: nor can its file be.
        """
        if self.signature is None:
            raise ValueError("an anonymous form has no signature to verify")
        verified = verify_form_signature(
            self.signature,
            self.fields["policy"],
            secret_access_key=secret_access_key,
            region=region,
            services=services,
            now=now,
        )
        policy = PostPolicy.parse(self.fields["policy"])
        policy.check(self.fields, bucket=self.bucket, now=now)
        self.file.bound(policy.least, policy.most)
        return verified


async def _read_fields(body: Body, decoder: FormDataDecoder) -> list[bytes]:
    while decoder.file is None:
        data = await body.read()
        if not data:
            # It ended: without a file, or in the middle of a field.
            return [decoder.finish()]
        released = decoder.feed(data)
        if released:
            return released
    return []


class FormFilePayload:
    """See `payload.Payload`: the file, which ends where the form does.

    With it goes a checksum, as the form has one, or one that is computed here.
    """

    length = None

    def __init__(
        self,
        body: Body,
        decoder: FormDataDecoder,
        begun: list[bytes],
        fields: Mapping[str, str],
        limits: Limits,
    ) -> None:
        self._body = body
        self._decoder = decoder
        self._ready = begun
        self._ended = False
        self._size = 0
        self._least = 0
        self._most = limits.object_bytes
        sent = {name: fields[name] for name in fields.keys() & _CHECKSUMS.keys()}
        if len(sent) > 1:
            raise InvalidRequest("Expecting a single x-amz-checksum- field.")
        name = next(iter(sent), _COMPUTED)
        self._sent = sent.get(name)
        self._algorithm = _CHECKSUMS[name]
        self._running = checksum(self._algorithm)
        self.trailer_name: str | None = name

    def rest_of(self, fields: Mapping[str, str]) -> dict[str, str]:
        """Answer the fields without the checksum that goes as the trailer."""
        return {
            name: value for name, value in fields.items() if name != self.trailer_name
        }

    def bound(self, least: int, most: int) -> None:
        """Hold the file to a policy's content-length-range, in bytes.

        Raises:
            EntityTooLarge, EntityTooSmall: the form's own length rules it out.
        """
        self._least, self._most = least, min(self._most, most)
        whole = (self._body.length or 0) - self._decoder.consumed
        if whole - MAX_FIELDS_BYTES > self._most:
            raise _too_large(whole, self._most)
        if whole < self._least:
            raise _too_small(whole, self._least)

    @property
    def trailers(self) -> Mapping[str, str]:
        """See `payload.Payload.trailers`."""
        value = encoded(self._running) if self._sent is None else self._sent
        return {f"x-amz-checksum-{self._algorithm}": value}

    async def read(self) -> bytes:
        """See `payload.Payload.read`."""
        while not self._ready and not self._ended:
            data = await self._body.read()
            if data:
                self._ready = self._decoder.feed(data)
            else:
                self._ended = True
                self._ready = [self._decoder.finish()]
        piece = b"".join(self._ready)
        self._ready = []
        self._size += len(piece)
        self._running.update(piece)
        if self._size > self._most:
            raise _too_large(self._size, self._most)
        if self._ended:
            self._check()
        return piece

    def _check(self) -> None:
        if self._size < self._least:
            raise _too_small(self._size, self._least)
        if self._sent is not None:
            check_digest(self._algorithm, self._running, self._sent)


def _too_large(size: int, most: int) -> ServiceError:
    error = EntityTooLarge()
    error.details = {"ProposedSize": str(size), "MaxSizeAllowed": str(most)}
    return error


def _too_small(size: int, least: int) -> ServiceError:
    error = EntityTooSmall()
    error.details = {"ProposedSize": str(size), "MinSizeAllowed": str(least)}
    return error


async def post_object(backend: Backend, call: Call, form: Form) -> Answer:
    """Store the file as PutObject does, and answer as the form wants it."""
    stored = await store_object(backend, call, form.file)
    success = Success.of(form.fields)
    etag = next((value for name, value in stored.headers if name == "etag"), "")
    if success.redirect is not None:
        page = with_result(
            success.redirect, bucket=form.bucket, key=form.key, etag=etag
        )
        return Answer(303, (*stored.headers, ("location", page)))
    location = _location(form.request, form.bucket)
    headers = (*stored.headers, ("location", location))
    if success.status != _CREATED:
        return Answer(success.status, headers)
    document = write_document(
        "PostResponse",
        {
            "Location": location,
            "Bucket": form.bucket,
            "Key": form.key,
            "ETag": etag,
        },
    )
    return Answer(_CREATED, (XML, *headers), document)


def _location(request: HttpRequest, bucket: str) -> str:
    # TLS ends in front of the gateway, or is not needed on one machine.
    local = request.source_ip.startswith("127.") or not request.secure
    scheme = "http" if local else "https"
    host, target = request.header("host") or "", request.target
    if host.startswith(f"{bucket}."):
        target = target.removeprefix(f"/{bucket}")
    return f"{scheme}://{host}{target}"
