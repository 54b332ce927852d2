"""People of the stand-in identity provider, from the command line."""

import os

import click
import pyotp

from securecart.cli.place import Place
from securecart.names.errors import SecureCartError
from securecart.serve.idp.directory import Directory, set_passwords
from securecart.serve.idp.sample import invent_password

_BATCH = 50
"""People hashed between two lines of progress: about a second and a half."""


class NoSuchPerson(SecureCartError):
    """The directory does not have them, or they have no second factor."""


def show_code(place: Place, username: str) -> None:
    """Print the present one-time code.

    Raises:
        NoSuchPerson: if there is nobody of that name, or no code to make.
    """
    employee = Directory.load(place.directory_file).find(username)
    if employee is None or employee.totp_secret is None:
        raise NoSuchPerson(f"{username!r} is nobody who signs in with a one-time code")
    click.echo(pyotp.TOTP(employee.totp_secret).now())


def give_passwords(place: Place, username: str | None) -> None:
    """Set new passwords and print `user name<tab>password` lines.

    Without a user name, for everybody who has none yet; it may be
    interrupted and run again.

    Raises:
        NoSuchPerson: if there is nobody of that name.
    """
    directory = Directory.load(place.directory_file)
    if username is not None and directory.find(username) is None:
        raise NoSuchPerson(f"nobody has the user name {username!r}")
    names = (
        [username]
        if username is not None
        else [each.username for each in directory if each.password_hash is None]
    )
    for start in range(0, len(names), _BATCH):
        batch = {name: invent_password(os.urandom) for name in names[start:][:_BATCH]}
        set_passwords(place.directory_file, batch)
        for name, password in batch.items():
            click.echo(f"{name}\t{password}")
        click.echo(f"{start + len(batch)} of {len(names)}", err=True)
