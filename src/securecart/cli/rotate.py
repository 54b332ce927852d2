"""Changing the keys that session tokens are sealed with."""

import os
from datetime import UTC, datetime

import click

from securecart.adapters.sql.database import create_tables, open_sqlite
from securecart.adapters.sql.entities import SqlEntities
from securecart.cli.installation import open_installation
from securecart.cli.keyrings import issuing_key_keyring
from securecart.cli.place import Place
from securecart.cli.settings import SettingsError
from securecart.sts import IssuingKeys


def rotate_issuing_key(place: Place, *, end_sessions: bool) -> None:
    """Seal with a new key from now on; running processes follow at once.

    Raises:
        SettingsError: where AWS has the keys.
    """
    if place.settings.target != "local":
        raise SettingsError('`rotate` is for target = "local": AWS keeps its own keys.')
    installation = open_installation(place.data)
    engine = open_sqlite(installation.database)
    try:
        create_tables(engine)
        keys = IssuingKeys(SqlEntities(engine), issuing_key_keyring(installation))
        keys.rotate(now=datetime.now(UTC), random=os.urandom, end_sessions=end_sessions)
    finally:
        engine.dispose()
    click.echo("Sessions are issued under a new key from now on.")
    click.echo(
        "Every session until now has ended."
        if end_sessions
        else "Those until now go on until their time is over."
    )
