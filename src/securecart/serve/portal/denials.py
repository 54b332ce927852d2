"""What the administrator is told of a request that AWS's rules refused.

A record is CloudTrail's (see `trail`), and callers chose much of it: their
keys and names, and what an assertion says of them. So everything is bounded
and printable here, and text, never markup, in the page.
"""

from collections.abc import Mapping
from typing import Any, Final

from securecart.trail import printable

_LONGEST: Final = 2048
"""Characters of one text: bucket and key (63 and 1,024 bytes) fit, as does
the longest sentence that a record holds (1,024)."""

_MOST_REASONS: Final = 100
"""Sentences: an explanation has some thirty (see `policy.sentences`)."""


def denial(record: Mapping[str, Any]) -> dict[str, Any]:
    """Answer the JSON object for a record; what it does not say is None.

    `reasons` are the sentences of `securecart policy explain`, the verdict
    last; for a refusal that has none, AWS's message.
    """
    identity = _mapping(record, "userIdentity")
    service = str(record.get("eventSource")).partition(".")[0]
    return {
        "time": _text(record.get("eventTime")),
        "person": _person(identity),
        "principal": _text(identity.get("arn")),
        "action": _text(f"{service}:{record.get('eventName')}"),
        "resource": _resource(record),
        "source_ip": _text(record.get("sourceIPAddress")),
        "request_id": _text(record.get("requestID")),
        "error": _text(record.get("errorCode")),
        "reasons": _reasons(record),
    }


def _person(identity: Mapping[str, Any]) -> str | None:
    """The session name; of others the name that they have, or their kind."""
    if identity.get("type") == "AssumedRole":
        return _text(str(identity.get("principalId")).rpartition(":")[2])
    return _text(identity.get("userName")) or _text(identity.get("type"))


def _resource(record: Mapping[str, Any]) -> str | None:
    """`bucket/key` where the request names them, else the first ARN."""
    parameters = _mapping(record, "requestParameters")
    named = [parameters.get(name) for name in ("bucketName", "key")]
    if texts := [each for each in named if isinstance(each, str)]:
        return _text("/".join(texts))
    resources = record.get("resources")
    if isinstance(resources, list) and resources and isinstance(resources[0], dict):
        return _text(resources[0].get("ARN"))
    return None


def _reasons(record: Mapping[str, Any]) -> list[str]:
    told = _mapping(record, "additionalEventData").get("explanation")
    if not isinstance(told, list) or not told:
        told = [record.get("errorMessage")]
    texts = (_text(each) for each in told[-_MOST_REASONS:])
    return [text for text in texts if text is not None]


def _mapping(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = record.get(name)
    return found if isinstance(found, Mapping) else {}


def _text(value: object) -> str | None:
    if not isinstance(value, str) or not value:
        return None
    return printable(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…")
