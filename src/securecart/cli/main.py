"""The command `securecart`."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from securecart.cli.place import DEFAULT_DATA, Place
from securecart.cli.policy import policy
from securecart.names.errors import SecureCartError

_DEFAULT_CONFIG = Path("securecart.toml")

_INTERRUPTED = 130
"""What shells expect of a program that SIGINT ended: 128 and its number."""

_AGAIN = "securecart: interrupted; running it again is safe"

Command = TypeVar("Command", bound=Callable[..., Any])


class _Refusing(click.Group):
    """Shows what this package raises on purpose as one plain line."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SecureCartError as error:
            click.echo(f"securecart: {error}", err=True)
            sys.exit(1)
        except KeyboardInterrupt:
            click.echo(_AGAIN, err=True)
            sys.exit(_INTERRUPTED)


@contextmanager
def _loading() -> Iterator[None]:
    """End at once when interrupted: pydantic, in loading, forgets that it was."""

    def end(*_: object) -> None:
        click.echo(_AGAIN, err=True)
        os._exit(_INTERRUPTED)

    before = signal.getsignal(signal.SIGINT)
    if before == signal.default_int_handler:
        signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@click.group(cls=_Refusing)
@click.version_option(package_name="securecart")
def main() -> None:
    """A private document folder on S3 for every employee, behind your SSO."""


main.add_command(policy)


def _at_a_place(command: Command) -> Command:
    """Add `--config`, `--data-dir` and the ports; pass a `Place`."""
    for option in (
        click.option(
            "--config",
            type=click.Path(path_type=Path, dir_okay=False),
            help="The configuration; securecart.toml where there is one.",
        ),
        click.option(
            "--data-dir",
            type=click.Path(path_type=Path, file_okay=False),
            default=DEFAULT_DATA,
            show_default=True,
            help="Where everything is kept.",
        ),
        *(
            click.option(
                f"--{name}-port",
                type=click.IntRange(1, 65_535),
                help=f"Another port for the {what}.",
            )
            for name, what in (
                ("aws", "AWS endpoint"),
                ("idp", "stand-in identity provider"),
                ("portal", "portal"),
            )
        ),
    ):
        command = option(command)
    return command


def _place(config: Path | None, data_dir: Path, ports: dict[str, int | None]) -> Place:
    with _loading():
        from securecart.cli.settings import load_settings

    if config is None and _DEFAULT_CONFIG.exists():
        config = _DEFAULT_CONFIG
    settings = load_settings(config)
    chosen = {
        name.removesuffix("_port"): port
        for name, port in ports.items()
        if port is not None
    }
    addresses = settings.endpoints.model_dump()
    for part, port in chosen.items():
        # An https address is a proxy's, and stays.
        if not (addresses[part] or "").startswith("https://"):
            addresses[part] = f"http://localhost:{port}"
    endpoints = type(settings.endpoints).model_validate(addresses)
    return Place(
        settings.model_copy(update={"endpoints": endpoints}),
        config,
        data_dir.absolute(),
        chosen,
    )


@main.command()
@_at_a_place
def up(config: Path | None, data_dir: Path, **ports: int | None) -> None:
    """Run everything on this machine until Ctrl-C."""
    with _loading():
        from securecart.cli.settings import SettingsError
        from securecart.cli.up import run

    place = _place(config, data_dir, ports)
    if place.settings.target != "local":
        raise SettingsError(
            '`up` is for target = "local"; with "aws" run `securecart apply` once and '
            "`securecart serve portal`."
        )
    run(place)


@main.command()
@click.argument("part", type=click.Choice(["aws", "idp", "portal"]))
@_at_a_place
def serve(part: str, config: Path | None, data_dir: Path, **ports: int | None) -> None:
    """Run one part alone: `portal` in front of AWS, say."""
    from securecart.cli.serve import run_part

    run_part(part, _place(config, data_dir, ports))


@main.command(hidden=True)
@click.argument("options")
def workers(options: str) -> None:
    """Serve the AWS endpoint; `serve aws` becomes this."""
    from securecart.cli.children import be_named
    from securecart.cli.logs import log_to_stderr
    from securecart.cli.prefork import keep_running
    from securecart.cli.worker import load_what_is_shared, worker_parts
    from securecart.cli.worker_options import WorkerOptions

    be_named("workers")
    log_to_stderr()
    load_what_is_shared()
    keep_running(worker_parts(WorkerOptions.from_json(options)))


@main.command()
@_at_a_place
def plan(config: Path | None, data_dir: Path, **ports: int | None) -> None:
    """Say what `apply` would change in the account."""
    from securecart.cli.setup import show_plan

    show_plan(_place(config, data_dir, ports))


@main.command()
@_at_a_place
def apply(config: Path | None, data_dir: Path, **ports: int | None) -> None:
    """Create or mend the bucket, keys, providers, role and policies."""
    from securecart.cli.setup import apply_plan

    apply_plan(_place(config, data_dir, ports))


@main.command()
@_at_a_place
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option("--folder", help="What each key of a person's begins with.")
@click.option("--unique", multiple=True, help="A key that one person only has.")
@click.option("--slash-free", multiple=True, help="A key that never holds a slash.")
@click.option("--json", "as_json", is_flag=True, help="The same as data.")
def prove(
    file: Path | None,
    folder: str | None,
    unique: tuple[str, ...],
    slash_free: tuple[str, ...],
    *,
    as_json: bool,
    config: Path | None,
    data_dir: Path,
    **ports: int | None,
) -> None:
    """Prove that nobody comes to another's folder, or show who does.

    Examined is what is deployed, or the policies of FILE. Ends with 0 if it
    is proved, 1 if it is not so, 2 if neither could be shown.
    """
    if file is not None:
        from securecart.cli.deployment_file import load_deployment

        deployment = load_deployment(file)
    else:
        from securecart.cli.setup import deployed

        deployment = deployed(_place(config, data_dir, ports))
    from securecart.cli.prove import Assumed, show_proof

    assumed = Assumed(folder, frozenset(unique), frozenset(slash_free))
    show_proof(deployment, assumed, as_json=as_json)


@main.command()
@_at_a_place
@click.option("--person", help="A user name; * is a wildcard here and below.")
@click.option("--document", help="A key, or what follows the folder in it.")
@click.option("--action", help="Such as s3:PutObject or sts:*.")
@click.option("--outcome", type=click.Choice(["allowed", "denied", "failed"]))
@click.option("--since", type=click.DateTime(), help="In UTC.")
@click.option("--until", type=click.DateTime(), help="In UTC.")
@click.option("--json", "as_json", is_flag=True, help="CloudTrail records, one a line.")
def audit(config: Path | None, data_dir: Path, **options: Any) -> None:
    """List who did what, and what was denied."""
    from securecart.cli.audit import show_audit

    ports = {
        name: options.pop(name) for name in list(options) if name.endswith("_port")
    }
    show_audit(_place(config, data_dir, ports), **options)


@main.command()
@_at_a_place
@click.argument("people", nargs=-1)
@click.option("--everybody", is_flag=True, help="All who work in the role.")
def revoke(
    people: tuple[str, ...],
    everybody: bool,  # noqa: FBT001 - click passes flags so
    config: Path | None,
    data_dir: Path,
    **ports: int | None,
) -> None:
    """End the sessions of PEOPLE at once: somebody leaves, a laptop is lost.

    They are user names, as in people's folders behind the colon.
    """
    from securecart.cli.revoke import revoke_sessions

    if bool(people) == everybody:
        raise click.UsageError("name the people, or say --everybody")
    place = _place(config, data_dir, ports)
    revoke_sessions(place, None if everybody else people)


@main.command()
@_at_a_place
@click.option("--end-sessions", is_flag=True, help="End every session at once, too.")
def rotate(
    end_sessions: bool,  # noqa: FBT001 - click passes flags so
    config: Path | None,
    data_dir: Path,
    **ports: int | None,
) -> None:
    """Change the key that sessions are issued under; they go on."""
    from securecart.cli.rotate import rotate_issuing_key

    rotate_issuing_key(_place(config, data_dir, ports), end_sessions=end_sessions)


@main.command()
@_at_a_place
@click.argument("username")
def code(
    username: str, config: Path | None, data_dir: Path, **ports: int | None
) -> None:
    """Print the one-time code of a sample person, as their phone would."""
    from securecart.cli.people import show_code

    show_code(_place(config, data_dir, ports), username)


@main.command()
@_at_a_place
@click.argument("username", required=False)
@click.option("--all", "everybody", is_flag=True, help="Everybody who has none yet.")
def password(
    username: str | None,
    everybody: bool,  # noqa: FBT001 - click passes flags so
    config: Path | None,
    data_dir: Path,
    **ports: int | None,
) -> None:
    """Give people of the stand-in IdP a new password, and print it."""
    from securecart.cli.people import give_passwords

    if (username is None) == (not everybody):
        raise click.UsageError("name one person, or say --all")
    give_passwords(_place(config, data_dir, ports), username)
