"""Ending sessions before their time: people's, or everybody's."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime

import click

from securecart.adapters.aws import AwsRevocations
from securecart.adapters.sql.database import create_tables, open_sqlite
from securecart.adapters.sql.expiring import SqlExpiringRecords
from securecart.blueprint.revocation import (
    next_second,
    revocation_document,
    revocation_name,
    spent,
)
from securecart.cli.place import Place
from securecart.cli.setup import reach
from securecart.federation.claims import is_session_name
from securecart.names.errors import SecureCartError
from securecart.serve.portal import Endings


class NotRevoked(SecureCartError):
    """Nothing was revoked; the message says why."""


def revoke_sessions(place: Place, people: Sequence[str] | None) -> None:
    """End the sessions of these people, or everybody's where it is None.

    The portal's come first, so that none of them renews its credentials in
    between. Interrupted, it may be run again.

    Raises:
        NotRevoked: for a name that nobody's session has.
        SecureCartError: if IAM does not take it.
    """
    for person in people or ():
        if not is_session_name(person):
            raise NotRevoked(
                f"{person!r} is no user name: give it as the folders have it, behind "
                "the colon"
            )
    role = place.settings.role.name
    endpoint, _ = reach(place)
    revocations = AwsRevocations(endpoint, role)
    role_id = revocations.role_id()
    here = _end_at_the_portal(place, people)
    now = datetime.now(UTC)
    moment = next_second(now)
    for name in spent(revocations.names(), now):
        revocations.remove(name)
    document = revocation_document(moment, role_id=role_id, people=people)
    revocations.put(revocation_name(moment, os.urandom), document)
    until = f"before {moment:%Y-%m-%d %H:%M:%S} UTC"
    if people is None:
        click.echo(f"Every session of {role} that began {until} is refused.")
    for person in people or ():
        click.echo(f"{person}: every session that began {until} is refused.")
    click.echo(
        "At the portal they are signed out."
        if here
        else "The portal's own sessions are not kept here: run this where it runs, too."
    )
    click.echo(
        "Who can still sign in at the identity provider may come back: to keep "
        "somebody out, disable the account there first."
    )


def _end_at_the_portal(place: Place, people: Sequence[str] | None) -> bool:
    """Sign them out, if the portal's database is here."""
    path = place.data / "portal.db"
    if not path.exists():
        return False
    engine = open_sqlite(path)
    try:
        create_tables(engine)
        endings = Endings(
            SqlExpiringRecords(engine, "portal"), clock=lambda: datetime.now(UTC)
        )
        if people is None:
            endings.end_everybody()
        for person in people or ():
            endings.end_person(person)
    finally:
        engine.dispose()
    return True
