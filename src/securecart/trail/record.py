"""A CloudTrail record: one event as one line of JSON.

Source: AWS CloudTrail User Guide, "CloudTrail record contents".
"""

from functools import lru_cache
from typing import Any

import orjson

from securecart.names.principal import Federated, Principal
from securecart.trail.disclosure import bounded, disclosed
from securecart.trail.event import Event
from securecart.trail.identity import time_text, user_identity

_VERSION = "1.11"
_BEGINNING = f'{{"eventVersion":"{_VERSION}","userIdentity":{{'.encode()
"""Callers' own parameters come as texts, whose quotes are escaped, or as objects
of texts, which have no object under a name."""
_IDENTITIES_REMEMBERED = 2048
"""More sessions than a company of 1,200 has open; about 1 kB each."""
_SHORT_TEXT = 1024
"""Characters of userAgent and errorMessage, as CloudTrail cuts them."""
MAX_LENGTH = 8 * 1024 * 1024
"""Bytes of one record. CloudTrail stops at 256 KB; here a batch deletion of
1,000 keys must fit whole, each 1,024 bytes that JSON writes as six."""


def record(event: Event) -> bytes:
    """Make the record, its newline included.

    Control characters are escaped, so a record is always one line; values
    are bounded, and a record still too long loses its parameters, answer
    and resources, and says so.
    """
    fields = _fields(event)
    line = _line(fields)
    if len(line) <= MAX_LENGTH:
        return line
    fields.update(
        requestParameters=None,
        responseElements=None,
        resources=[],
        additionalEventData={"reason": "the record was too long"},
    )
    return _line(fields)


def parse_record(line: bytes) -> dict[str, Any] | None:
    """Read a line of a journal; None if it is torn or no record.

    A record that stands behind half of another, which a full disk cut short,
    is read too: nothing within a record looks like the beginning of one.
    """
    found = _loaded(line)
    if found is None and (start := line.rfind(_BEGINNING)) > 0:
        found = _loaded(line[start:])
    return found if isinstance(found, dict) and "eventTime" in found else None


def _loaded(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _identity(
    principal: Principal, access_key_id: str | None
) -> dict[str, Any] | orjson.Fragment:
    if isinstance(principal, Federated):  # Nobody is seen so twice.
        return user_identity(principal, access_key_id)
    return _identity_json(principal, access_key_id)


@lru_cache(maxsize=_IDENTITIES_REMEMBERED)
def _identity_json(principal: Principal, access_key_id: str | None) -> orjson.Fragment:
    """The element as JSON: half of a record, and the same for a session's life."""
    return orjson.Fragment(_json(user_identity(principal, access_key_id)))


def _fields(event: Event) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "eventVersion": _VERSION,
        "userIdentity": _identity(event.principal, event.access_key_id),
        "eventTime": time_text(event.time),
        "eventSource": event.source,
        "eventName": event.name,
        "awsRegion": event.region,
        "sourceIPAddress": event.source_ip,
        "userAgent": bounded(event.user_agent, _SHORT_TEXT),
    }
    if event.error_code is not None:
        fields["errorCode"] = event.error_code
        fields["errorMessage"] = bounded(event.error_message or "", _SHORT_TEXT)
    fields["requestParameters"] = (
        disclosed(event.request_parameters) if event.request_parameters else None
    )
    fields["responseElements"] = (
        disclosed(event.response_elements) if event.response_elements else None
    )
    if event.additional:
        fields["additionalEventData"] = disclosed(event.additional)
    fields["requestID"] = event.request_id
    fields["eventID"] = event.event_id
    fields["readOnly"] = event.read_only
    if event.resources:
        fields["resources"] = [
            {
                "type": resource.type,
                "ARN": resource.arn,
                **({"accountId": resource.account} if resource.account else {}),
            }
            for resource in event.resources
        ]
    fields["eventType"] = "AwsApiCall"
    fields["managementEvent"] = not event.data
    fields["recipientAccountId"] = event.account
    if event.shared_event_id is not None:
        fields["sharedEventID"] = event.shared_event_id
    fields["eventCategory"] = "Data" if event.data else "Management"
    if event.tls is not None:
        fields["tlsDetails"] = {
            "tlsVersion": event.tls.version,
            "cipherSuite": event.tls.cipher_suite,
            "clientProvidedHostHeader": event.tls.host,
        }
    return fields


def _line(fields: dict[str, Any]) -> bytes:
    return _json(fields, orjson.OPT_APPEND_NEWLINE)


def _json(value: dict[str, Any], option: int = 0) -> bytes:
    try:
        return orjson.dumps(value, option=option)
    except orjson.JSONEncodeError:
        # A key that is no UTF-8 has surrogates in it; it is shown with escapes.
        return orjson.dumps(_expressible(value), option=option)


def _expressible(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_expressible(name): _expressible(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_expressible(item) for item in value]
    return value
