"""`securecart audit`: who did what, to which document, and the outcome."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click

from securecart.adapters.journal import JournalReader
from securecart.cli.installation import open_installation
from securecart.cli.place import Place
from securecart.trail import Outcome, Query, matches, outcome_of, printable


def show_audit(
    place: Place,
    *,
    person: str | None,
    document: str | None,
    action: str | None,
    outcome: str | None,
    since: datetime | None,
    until: datetime | None,
    as_json: bool,
) -> None:
    """Print the records that are asked for, oldest first.

    Raises:
        SecureCartError: if the data directory is none.
    """
    installation = open_installation(place.data)
    query = Query(
        person=person,
        document=document,
        action=action,
        outcome=Outcome(outcome) if outcome else None,
        since=since.replace(tzinfo=UTC) if since else None,
        until=until.replace(tzinfo=UTC) if until else None,
    )
    reader = JournalReader(installation.directory / "journal")
    for record in reader.records(query.since, query.until):
        if matches(query, record):
            click.echo(json.dumps(record) if as_json else _told(record))
    if reader.unreadable:
        click.echo(
            f"{reader.unreadable} lines were torn by a crash and are left out", err=True
        )


def _told(record: Mapping[str, Any]) -> str:
    """One record for a person, and below it why it was refused."""
    explanation = (record.get("additionalEventData") or {}).get("explanation")
    reason = f"\n    {printable(str(explanation[-1]))}" if explanation else ""
    return _line(record) + reason


def _line(record: Mapping[str, Any]) -> str:
    """One record for a person: when, outcome, who, what, on which, from where."""
    identity = record.get("userIdentity", {})
    who = str(identity.get("arn") or identity.get("userName") or identity.get("type"))
    parameters = record.get("requestParameters") or {}
    what = "/".join(
        str(parameters[name]) for name in ("bucketName", "key") if name in parameters
    )
    columns = (
        str(record.get("eventTime")),
        f"{outcome_of(record).value:7}",
        who.rpartition(":")[2],
        f"{str(record.get('eventSource')).partition('.')[0]}:{record.get('eventName')}",
        what or "-",
        str(record.get("sourceIPAddress")),
        str(record.get("errorCode") or ""),
    )
    return printable("  ".join(columns).rstrip())
