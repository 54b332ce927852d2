"""Questions to the journal: who did what to which document, and the outcome."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from fnmatch import fnmatchcase
from typing import Any

REFUSALS = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationHeaderMalformed",
        "AuthorizationQueryParametersError",
        "ExpiredToken",
        "ExpiredTokenException",
        "IDPRejectedClaim",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidIdentityToken",
        "InvalidSignatureException",
        "InvalidToken",
        "MissingAuthenticationToken",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
"""The error codes that mean: not you, or not this."""


class Outcome(Enum):
    """How a request ended."""

    ALLOWED = "allowed"
    DENIED = "denied"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for; None looks for everything. `since` ≤ time < `until`.

    `person`, `document` and `action` may hold `*` and `?`. A person is found
    by session name, user name, source identity, principal id or ARN; a
    document by its key, its key within its folder, or `bucket/key`; an
    action, whatever its case, by `GetObject` or `s3:GetObject`.
    """

    person: str | None = None
    document: str | None = None
    action: str | None = None
    outcome: Outcome | None = None
    since: datetime | None = None
    until: datetime | None = None


def matches(query: Query, record: Mapping[str, Any]) -> bool:
    """Answer whether a record, as `parse_record` reads it, is asked for."""
    return (
        _in_time(query, record)
        and (query.outcome is None or outcome_of(record) is query.outcome)
        and _any_matches(query.action, _actions(record), fold=True)
        and _any_matches(query.person, _persons(record))
        and _any_matches(query.document, _documents(record))
    )


def outcome_of(record: Mapping[str, Any]) -> Outcome:
    """Tell a record's outcome from its error code."""
    code = record.get("errorCode")
    if code is None:
        return Outcome.ALLOWED
    return Outcome.DENIED if code in REFUSALS else Outcome.FAILED


def _any_matches(
    pattern: str | None, values: Iterator[Any], *, fold: bool = False
) -> bool:
    if pattern is None:
        return True
    if fold:
        pattern = pattern.lower()
    return any(
        fnmatchcase(value.lower() if fold else value, pattern)
        for value in values
        if isinstance(value, str)
    )


def _in_time(query: Query, record: Mapping[str, Any]) -> bool:
    if query.since is None and query.until is None:
        return True
    try:
        moment = datetime.fromisoformat(str(record["eventTime"]))
    except ValueError:
        return False
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (query.since is None or query.since <= moment) and (
        query.until is None or moment < query.until
    )


def _actions(record: Mapping[str, Any]) -> Iterator[Any]:
    name = record.get("eventName")
    yield name
    yield f"{str(record.get('eventSource')).partition('.')[0]}:{name}"


def _persons(record: Mapping[str, Any]) -> Iterator[Any]:
    identity = _mapping(record, "userIdentity")
    yield identity.get("userName")
    yield identity.get("arn")
    principal_id = identity.get("principalId")
    yield principal_id
    yield str(principal_id).rpartition(":")[2]
    yield _mapping(identity, "sessionContext").get("sourceIdentity")
    yield _mapping(record, "requestParameters").get("roleSessionName")


def _documents(record: Mapping[str, Any]) -> Iterator[Any]:
    parameters = _mapping(record, "requestParameters")
    keys = [parameters.get("key")]
    for name in ("deletedKeys", "deniedKeys"):
        listed = parameters.get(name)
        keys += listed if isinstance(listed, list) else []
    for key in keys:
        if isinstance(key, str):
            yield key
            yield key.partition("/")[2]
            yield f"{parameters.get('bucketName')}/{key}"


def _mapping(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = record.get(name)
    return found if isinstance(found, Mapping) else {}
