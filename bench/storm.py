"""The morning: everybody signs in within a minute.

Run `python bench/storm.py`; about three minutes, most of it hashing passwords.
`securecart up` with its sample company of 1,200; each person goes the whole
way as a browser would: the portal's sign-in page, the identity provider's
form (and its second, for whom a one-time code is set up), the answer back to
the portal, the session with its credentials, and one document stored in the
own folder, signed. First all by SAML, then all by OpenID Connect. Nobody may
fail, and nobody may be shown another's folder.

Printed are how many signed in, how long it took, how long each waited, and
the processor time of each part. The load runs on the same cores.

`--people N` asks for fewer, `--at-once N` for another number of browsers.
"""

import argparse
import asyncio
import json
import os
import re
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pyotp

from securecart.names.credentials import Credentials
from securecart.serve.idp.directory import Directory, set_passwords
from securecart.serve.idp.employee import Employee
from securecart.wire.http import HttpRequest
from securecart.wire.sigv4 import sign

PEOPLE = 1200
AT_ONCE = 32
"""Browsers under way at one moment."""
START_SECONDS = 60
STEP = 30
"""Seconds that a one-time code is for (RFC 6238)."""
BODY = b"good morning"

_FORM = re.compile(r'<form method="post" action="([^"]+)"')
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@dataclass(frozen=True)
class Person:
    """Somebody with a password, and with a one-time code or None."""

    username: str
    password: str
    totp_secret: str | None


@dataclass(frozen=True)
class Morning:
    """What became of one person; `failure` is empty when all went well."""

    username: str
    folder: str
    seconds: float
    failure: str = ""


async def sign_in(
    person: Person, portal: str, method: str, tls: ssl.SSLContext
) -> Morning:
    """Go the whole way, from the portal to a document in the own folder."""
    started = time.perf_counter()
    folder, failure = "", ""
    browser = httpx.AsyncClient(
        follow_redirects=True, timeout=60, trust_env=False, verify=tls
    )
    try:
        page = await browser.get(f"{portal}/login/{method}")
        typed = {"username": person.username, "password": person.password}
        page = await fill_in(browser, page, typed)
        if person.totp_secret is not None:
            page = await fill_in(browser, page, {"code": code_of(person, method)})
        if method == "saml":
            page = await fill_in(browser, page, {})
        assert str(page.url) == f"{portal}/", said(page)
        answer = await browser.get(f"{portal}/api/session")
        assert answer.status_code == 200, said(answer)
        session = answer.json()
        folder = session["folder"]
        assert session["person"] == person.username, session["person"]
        await store(browser, session)
    except (AssertionError, httpx.HTTPError, KeyError, ValueError) as error:
        failure = f"{type(error).__name__}: {error}"[:300]
    finally:
        await browser.aclose()
    return Morning(person.username, folder, time.perf_counter() - started, failure)


async def fill_in(
    browser: httpx.AsyncClient, page: httpx.Response, typed: Mapping[str, str]
) -> httpx.Response:
    """Post the only form of a page, hidden fields and all."""
    form = _FORM.search(page.text)
    assert form, said(page)
    fields = {name: unescape(value) for name, value in _HIDDEN.findall(page.text)}
    address = page.url.join(unescape(form[1]))
    origin = f"{page.url.scheme}://{page.url.netloc.decode()}"
    return await browser.post(
        address, data={**fields, **typed}, headers={"origin": origin}
    )


def code_of(person: Person, method: str) -> str:
    """Answer a code that this person has not used yet.

    By OpenID Connect it is the next one, which counts already: the present
    one may have gone with the sign-in by SAML.
    """
    ahead = STEP if method == "oidc" else 0
    return pyotp.TOTP(person.totp_secret or "").at(int(time.time()) + ahead)


async def store(browser: httpx.AsyncClient, session: Mapping[str, Any]) -> None:
    """Put a document into the own folder, as the page would."""
    endpoint = httpx.URL(session["endpoint"])
    key = quote(session["folder"] + "morning.txt", safe="/")
    held = session["credentials"]
    request = sign(
        HttpRequest(
            "PUT",
            f"/{session['bucket']}/{key}",
            (("host", endpoint.netloc.decode()),),
            BODY,
        ),
        Credentials(
            held["access_key_id"], held["secret_access_key"], held["session_token"]
        ),
        region=session["region"],
        service="s3",
        now=datetime.now(UTC),
        payload_hash="UNSIGNED-PAYLOAD",
    )
    answer = await browser.put(
        endpoint.join(request.target), content=BODY, headers=list(request.headers)
    )
    assert answer.status_code == 200, said(answer)


def said(answer: httpx.Response) -> str:
    """Show an answer that was not expected, without what it may hold."""
    return f"{answer.status_code} from {answer.url.copy_with(query=None)}"


async def storm(
    people: Sequence[Person], portal: str, method: str, at_once: int = AT_ONCE
) -> list[Morning]:
    """Let everybody sign in, so many at a time."""
    bound = asyncio.Semaphore(at_once)
    # One for all: making it takes longer than a sign-in.
    tls = ssl.create_default_context()

    async def one(person: Person) -> Morning:
        async with bound:
            return await sign_in(person, portal, method, tls)

    return list(await asyncio.gather(*map(one, people)))


def give_passwords(directory: Path, employees: Iterable[Employee]) -> list[Person]:
    """Give these people new passwords, and answer who they are."""
    chosen = list(employees)
    passwords = {each.username: os.urandom(12).hex() for each in chosen}
    set_passwords(directory, passwords)
    return [
        Person(each.username, passwords[each.username], each.totp_secret)
        for each in chosen
    ]


@contextmanager
def installation(data: Path) -> Iterator[Mapping[str, Any]]:
    """Run `securecart up` on free ports; answer what it says when it is ready."""
    ports: dict[str, int] = {}
    with ExitStack() as held:
        for name in ("portal", "idp", "aws"):
            taken = held.enter_context(socket.create_server(("127.0.0.1", 0)))
            ports[name] = taken.getsockname()[1]
    command = [sys.executable, "-m", "securecart", "up", "--data-dir", str(data)]
    for name, port in ports.items():
        command += [f"--{name}-port", str(port)]
    with (
        (data.parent / "output").open("wb") as output,
        subprocess.Popen(
            command, cwd=data.parent, stdout=output, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            yield ready(data, process)
        finally:
            process.send_signal(signal.SIGINT)


def ready(data: Path, process: subprocess.Popen[bytes]) -> Mapping[str, Any]:
    deadline = time.monotonic() + START_SECONDS
    while not (data / "ready.json").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit((data.parent / "output").read_text())
        time.sleep(0.1)
    return dict(json.loads((data / "ready.json").read_text()))


def parts(data: Path) -> dict[str, float]:
    """Seconds of processor time of each part, by its name."""
    found = defaultdict(float, {"the load": time.process_time()})
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_text().split("\0")
            pid = int(entry.name)
            if any(str(data) in word for word in words) and pid != os.getpid():
                called = (entry / "comm").read_text().strip()
                name = "store" if words[0].endswith("weed") else part_of(called)
                # A process's clock by its id: see clock_getcpuclockid(3).
                found[name] += time.clock_gettime((~pid << 3) | 2)
        except (OSError, ValueError):
            continue
    return dict(found)


def part_of(name: str) -> str:
    if name.startswith("worker "):
        return "aws"
    return name if name in {"idp", "portal"} else "up"


def show(
    method: str, mornings: Sequence[Morning], passed: float, spent: Mapping[str, float]
) -> None:
    """Print how it went."""
    failures = Counter(each.failure for each in mornings if each.failure)
    waited = sorted(each.seconds for each in mornings)
    well = len(mornings) - failures.total()
    median, slow = statistics.median(waited), waited[int(len(waited) * 0.99)]
    print(
        f"{method}: {well} of {len(mornings)} signed in within {passed:.1f} s; "
        f"one waited {median:.2f} s (median), {slow:.2f} s (99 %), "
        f"{waited[-1]:.2f} s (most)"
    )
    print(
        "  processor time: "
        + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in spent.items())
    )
    for failure, count in failures.most_common(5):
        print(f"  {count} failed: {failure}")
    folders = {each.folder for each in mornings if not each.failure}
    assert len(folders) == well, "two people were shown one folder"


def run(arguments: argparse.Namespace) -> None:
    """Start everything, let both storms pass, stop."""
    with tempfile.TemporaryDirectory(prefix="storm-") as temporary:
        data = Path(temporary) / "data"
        with installation(data) as told:
            file = data / "idp" / "directory.json"
            people = give_passwords(
                file, list(Directory.load(file))[: arguments.people]
            )
            for method in ("saml", "oidc"):
                before, started = parts(data), time.perf_counter()
                mornings = asyncio.run(
                    storm(people, told["portal"], method, arguments.at_once)
                )
                passed = time.perf_counter() - started
                after = parts(data)
                spent = {name: after[name] - before.get(name, 0) for name in after}
                show(method, mornings, passed, spent)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--at-once", type=int, default=AT_ONCE)
    run(parser.parse_args())
