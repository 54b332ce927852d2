"""`securecart up`: everything on one machine, from start to a clean stop.

This process takes the ports, forks the process that keeps the parts, keeps the
store running, sets the account up through its public APIs, and serves nothing.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import httpx

from securecart.adapters.seaweedfs import KmsEndpoint, Store, find_weed
from securecart.cli.account import (
    administrator,
    s3_service_credentials,
    store_credentials,
    store_directory,
    store_sse_key,
)
from securecart.cli.clock import system_clock
from securecart.cli.installation import (
    Installation,
    lock,
    prepare_installation,
    write_ready,
)
from securecart.cli.listening import Listener, listen
from securecart.cli.parts import MONITORING, Parts, fork_parts
from securecart.cli.place import DEFAULT_DATA, Place
from securecart.cli.prove import require_isolation
from securecart.cli.serve_aws import listen_for_monitoring
from securecart.cli.setup import apply_to_installation, deployed
from securecart.cli.sign_in import prepare_sign_in
from securecart.names.clock import Clock
from securecart.names.credentials import Credentials
from securecart.names.errors import SecureCartError
from securecart.serve.idp.directory import sample_sign_ins

_START_SECONDS = 60
"""How long a part may take to answer; a slow disk, never a normal start."""
_POLL_SECONDS = 0.05


class DidNotStart(SecureCartError):
    """A part did not answer in time; the message names its log."""


class PartsEnded(SecureCartError):
    """The process that keeps the parts was ended, and they with it."""


def run(place: Place, *, clock: Clock = system_clock) -> None:
    """Run until SIGINT or SIGTERM; in what is forked for it, likewise.

    Raises:
        SecureCartError: if it cannot start; the message says what to do.
    """
    began = time.monotonic()
    find_weed()  # A missing program is told before anything is begun.
    settings = place.settings
    installation = prepare_installation(
        place.data, account=settings.account.id, region=settings.account.region
    )
    held = lock(installation)
    (installation.directory / "logs").mkdir(mode=0o700, exist_ok=True)
    installation.ready_file.unlink(missing_ok=True)
    listeners = _listen_everywhere(place)
    click.echo(f"Starting SecureCart in {place.data}")
    sockets = {part: each.hand_over() for part, each in listeners.items()}
    parts = fork_parts(place, sockets, held, clock)
    if parts is None:
        return
    addresses = {part: each.address for part, each in listeners.items()}
    try:
        asyncio.run(_run(place, installation, addresses, parts, began))
    finally:
        installation.ready_file.unlink(missing_ok=True)
        os.close(held)


async def _run(
    place: Place,
    installation: Installation,
    addresses: dict[str, str],
    parts: Parts,
    began: float,
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stop.set)
    stopping = asyncio.create_task(stop.wait())
    ends = {stopping, parts.ended()}
    async with contextlib.AsyncExitStack() as running:
        store = _store(installation, addresses["aws"])
        # Entered first and so stopped last, when nobody writes any more.
        running.push_async_callback(store.stop)
        running.push_async_callback(parts.stop)
        starting = asyncio.create_task(
            _start(place, installation, addresses, parts, store)
        )
        await _first(starting, *ends)
        if starting.done():
            admin = starting.result()
            seconds = round(time.monotonic() - began, 2)
            document = _ready_document(place, installation, admin, seconds)
            write_ready(installation, document)
            _announce(place, document)
            examining = asyncio.create_task(asyncio.to_thread(_isolation, place))
            await _first(examining, *ends)
            if examining.done():
                click.echo(examining.result())
            await _first(*ends)
            installation.ready_file.unlink(missing_ok=True)
        else:
            starting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await starting
        if not stopping.done():
            stopping.cancel()
            raise PartsEnded(
                "the process that keeps the parts has ended; see "
                f"{installation.directory / 'logs' / 'parts.log'}"
            )
        if not starting.cancelled():
            click.echo("\nStopping; everything is kept.")


async def _first(*tasks: asyncio.Task[Any]) -> None:
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


def _store(installation: Installation, kms_address: str) -> Store:
    return Store(
        store_directory(installation),
        KmsEndpoint(
            kms_address, installation.region, s3_service_credentials(installation)
        ),
        store_credentials(installation),
        store_sse_key(installation),
    )


async def _start(
    place: Place,
    installation: Installation,
    addresses: dict[str, str],
    parts: Parts,
    store: Store,
) -> Credentials:
    await asyncio.to_thread(prepare_sign_in, place, installation)
    admin = await asyncio.to_thread(administrator, installation)
    parts.begin()
    # All at once: the ports are open already, so who asks early only waits.
    await store.start()
    await asyncio.gather(
        *(
            _answers(part, address, installation)
            for part, address in addresses.items()
            if part != MONITORING
        )
    )
    await asyncio.to_thread(apply_to_installation, place, installation, admin)
    return admin


def _listen_everywhere(place: Place) -> dict[str, Listener]:
    """Take every port, the first that is wanted by most first."""
    wanted = ["portal", "aws", "idp"]
    if place.settings.idp.kind == "external":
        wanted.remove("idp")
    taken: dict[str, Listener] = {}
    try:
        for part in wanted:
            taken[part] = listen(place.listening(part), option=f"--{part}-port")
        monitoring = listen_for_monitoring(place)
        if monitoring is not None:
            taken[MONITORING] = monitoring
    except SecureCartError:
        for listener in taken.values():
            listener.close()
        raise
    return taken


async def _answers(part: str, address: str, installation: Installation) -> None:
    """Wait until a part says that it is well."""
    path = "readyz" if part == "aws" else "healthz"
    deadline = time.monotonic() + _START_SECONDS
    async with httpx.AsyncClient(trust_env=False, timeout=_START_SECONDS) as client:
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                answer = await client.get(f"{address}/{path}")
                if answer.status_code == httpx.codes.OK:
                    return
            await asyncio.sleep(_POLL_SECONDS)
    raise DidNotStart(
        f"{part} did not answer at {address} within {_START_SECONDS} seconds; see "
        f"{installation.directory / 'logs' / part}.log"
    )


def _ready_document(
    place: Place, installation: Installation, admin: Credentials, seconds: float
) -> dict[str, Any]:
    settings = place.settings
    people = (
        sample_sign_ins(place.directory_file) if settings.idp.kind == "stand-in" else ()
    )
    return {
        "portal": settings.endpoints.portal,
        "idp": settings.endpoints.idp,
        "aws": settings.aws_endpoint,
        "region": installation.region,
        "account": installation.account,
        "bucket": settings.folder.bucket,
        "admin": {
            "access_key_id": admin.access_key_id,
            "secret_access_key": admin.secret_access_key,
        },
        "sign_ins": [
            {name: value for name, value in asdict(person).items() if value is not None}
            for person in people
        ],
        "start_seconds": seconds,
    }


def _announce(place: Place, ready: dict[str, Any]) -> None:
    click.echo(f"Ready in {ready['start_seconds']:.1f} s.\n")
    for what, name in (
        ("Portal", "portal"),
        ("IdP", "idp"),
        ("AWS endpoint", "aws"),
    ):
        click.echo(f"  {what:14}{ready[name]}")
    if ready["sign_ins"]:
        click.echo("\nOpen the portal and sign in as one of these:\n")
    data = "" if place.data == DEFAULT_DATA.absolute() else f" --data-dir {place.data}"
    for person in ready["sign_ins"]:
        click.echo(
            f"  {person['username']:24}{person['password']:36}{person['department']}"
        )
        if "totp_secret" in person:
            command = f"{_own_command()} code {person['username']}{data}"
            click.echo(f"  {'':24}one-time code: {command}")
    click.echo("\nCtrl-C stops everything and keeps it.")


def _isolation(place: Place) -> str:
    """Whether the policies that stand are proved to keep people apart."""
    try:
        return require_isolation(deployed(place))
    except SecureCartError as error:
        return f"Warning: {error}"


def _own_command() -> str:
    """How a person here calls `securecart`: short where that is enough."""
    script = Path(sys.executable).with_name("securecart")
    if not script.exists() or shutil.which("securecart") == str(script):
        return "securecart"
    return os.path.relpath(script) if script.is_relative_to(Path.cwd()) else str(script)
