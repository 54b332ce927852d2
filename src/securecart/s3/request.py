"""A request whose operation is known."""

from dataclasses import dataclass, field

from securecart.s3.operations import Operation
from securecart.wire.http import HttpRequest
from securecart.wire.query_string import encode_path, percent_encode


@dataclass(frozen=True, slots=True)
class CopySource:
    """The object that `x-amz-copy-source` names."""

    bucket: str
    key: str
    version_id: str | None

    @property
    def header(self) -> str:
        """The header's value again, encoded so that all decoders agree."""
        version = (
            ""
            if self.version_id is None
            else f"?versionId={percent_encode(self.version_id)}"
        )
        return f"/{self.bucket}/{encode_path(self.key)}{version}"


@dataclass(frozen=True, slots=True)
class S3Request:
    """One operation on one bucket or object, everything decoded and checked.

    `parameters` are the operation's own query parameters, decoded, each name
    once, without those that sign the request.
    """

    row: Operation
    bucket: str | None
    key: str | None
    parameters: tuple[tuple[str, str], ...]
    copy_source: CopySource | None
    request: HttpRequest = field(repr=False)

    @property
    def operation(self) -> str:
        """AWS's name, such as `PutObject`."""
        return self.row.name

    @property
    def version_id(self) -> str | None:
        """The version that the request itself names."""
        return self.parameter("versionId")

    @property
    def resource(self) -> str:
        """The ARN of the object, of the bucket, or of all buckets."""
        path = "*" if self.bucket is None else self.bucket
        return f"arn:aws:s3:::{path}" + ("" if self.key is None else f"/{self.key}")

    @property
    def target(self) -> str:
        """The request target again, in the one form that no reader mistakes.

        Whoever passes the request on sends this and not what the caller
        sent: a server that drops a parameter for a stray `;` would list a
        whole bucket where a prefix was decided upon.
        """
        path = "/" + (self.bucket or "")
        if self.key is not None:
            path += "/" + encode_path(self.key)
        query = "&".join(
            f"{percent_encode(name)}={percent_encode(value)}"
            for name, value in self.parameters
        )
        return f"{path}?{query}" if query else path

    def parameter(self, name: str) -> str | None:
        """The value of one of the operation's query parameters."""
        return next((value for key, value in self.parameters if key == name), None)
