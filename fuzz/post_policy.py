"""A form's policy, and the PutObject of its fields: read, or refused."""

import base64
import json
from datetime import UTC, datetime

from securecart.names.errors import ServiceError
from securecart.s3 import resolve
from securecart.s3.post_object import Success, as_put_object, key_of, with_filename
from securecart.s3.post_policy import PostPolicy
from securecart.wire.http import HttpRequest
from securecart.wire.sigv4 import parse_form_signature

_NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
_FIELDS = (
    b"key=a/${filename}\ncontent-type=text/plain\nx-amz-meta-a=1\nacl=private\n"
    b"x-amz-algorithm=AWS4-HMAC-SHA256\nx-amz-date=20261123T120000Z\n"
    b"x-amz-credential=AKIA/20261123/us-east-1/s3/aws4_request\n"
    b"x-amz-security-token=t\nsuccess_action_redirect=http://a/b?c\n"
    b"success_action_status=201\nx-ignore-a=b"
)

# The policy, the file's name, then the fields.
SEEDS = [
    (
        b'{"expiration":"2026-11-23T13:00:00.000Z","conditions":[{"bucket":"docs"},'
        b'["starts-with","$key","a/"],["eq","$acl","private"],'
        b'["content-length-range",1,9]]}\na.txt\n' + _FIELDS
    ),
    b'{"expiration":"2026-11-23T13:00:00Z","conditions":[]}\nC:\\d\\b\nkey=k',
    b'{"expiration":"2026-11-23T13:00:00Z","conditions":[{"\\$a":"\\v"}]}\n\nkey=k',
]


def one(data: bytes) -> None:
    """Read both; what is let through is a PutObject in the form's own bucket."""
    policy, _, rest = data.partition(b"\n")
    name, _, lines = rest.partition(b"\n")
    sent = {}
    for line in lines.decode("utf-8", "replace").split("\n"):
        field, _, value = line.partition("=")
        sent[field.lower()] = value
    sent["policy"] = base64.b64encode(policy).decode()
    fields = with_filename(sent, name.decode("utf-8", "replace"))
    try:
        parse_form_signature(sent)
        parsed = PostPolicy.parse(sent["policy"])
        json.dumps([str(condition) for condition in parsed.conditions])
        Success.of(fields)
        posted = HttpRequest("POST", "/docs", (("host", "a"),))
        put = resolve(as_put_object(posted, "docs", key_of(fields), fields))
        if (put.operation, put.bucket, put.key) != ("PutObject", "docs", fields["key"]):
            raise AssertionError("a form became something else")
        parsed.check(fields, bucket="docs", now=_NOW)
    except ServiceError as error:
        error.message.encode()
