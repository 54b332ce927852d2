"""One request, as the audit sees it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from securecart.names.principal import Principal


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that the request touched: `AWS::S3::Object` and the like."""

    type: str
    arn: str
    account: str | None = None


@dataclass(frozen=True, slots=True)
class TlsDetails:
    """The connection's TLS version and cipher suite, and the host asked for."""

    version: str
    cipher_suite: str
    host: str


@dataclass(slots=True, kw_only=True)  # Not frozen: that doubles what making one takes.
class Event:
    """Everything that a record tells, not yet bounded nor sifted.

    `source` is the service's name (`s3.amazonaws.com`), `name` the operation.
    `account` is the one whose trail this is. `data` tells requests for data,
    such as an object's, from those that manage resources. `event_id` is a
    UUID as text. Of `request_parameters`, `response_elements` and
    `additional` only what `disclosed` lets through is recorded; names may be
    botocore's (`RoleArn`) or CloudTrail's (`roleArn`).
    """

    time: datetime
    source: str
    name: str
    region: str
    account: str
    source_ip: str
    user_agent: str
    principal: Principal
    access_key_id: str | None
    request_id: str
    event_id: str
    read_only: bool
    data: bool
    error_code: str | None = None
    error_message: str | None = None
    request_parameters: Mapping[str, Any] | None = field(default=None, repr=False)
    response_elements: Mapping[str, Any] | None = field(default=None, repr=False)
    additional: Mapping[str, Any] | None = None
    resources: tuple[Resource, ...] = ()
    shared_event_id: str | None = None
    tls: TlsDetails | None = None
