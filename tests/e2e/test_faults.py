"""Faults under load: nothing acknowledged is lost, nothing refused is stored.

Each test prints how many writes were acknowledged before and after. What a
kill does to each process is in `test_durability.py`.
"""

import hashlib
import http.client
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlsplit

import httpx
import pytest
from tests.installation import free_port, free_ports, in_background, stop, wait_ready

from securecart.names.credentials import Credentials
from securecart.wire.http import HttpRequest
from securecart.wire.sigv4 import sign

pytestmark = pytest.mark.slow

SignIn = Callable[[Any, str], dict[str, Any]]

_MIB = 2**20
_DISK_BYTES = 900 * _MIB
"""The gateway stops to take documents at 512 MiB of room."""
_SIZES = (1, 1_000, 20_000, 150_000)
_THREADS = 4
_RECOVERY_SECONDS = 20.0
_NOTICED_SECONDS = 5.0
"""A second to the next look at the store, one and a half of silence, and one
until the metrics say so; the rest is for a busy machine."""
_PROGRAM = Path(__file__).with_name("on_moved_clock.py")


@dataclass(frozen=True)
class Place:
    """An installation on a small disk and a clock that can be moved."""

    running: Any
    disk: Path
    clock: Path
    monitoring: str
    session: dict[str, Any]

    @property
    def address(self) -> str:
        return str(urlsplit(self.running.ready["aws"]).netloc)

    def readiness(self) -> str:
        """What the monitoring port says is missing."""
        return httpx.get(f"{self.monitoring}/readyz", trust_env=False).text.strip()

    def all_workers_see_the_outage(self) -> bool:
        """Each of them asks the store for itself."""
        told = httpx.get(f"{self.monitoring}/metrics", trust_env=False).text
        seen = re.findall(r"^securecart_store_up\{.*\} (.)$", told, re.MULTILINE)
        return bool(seen) and set(seen) == {"0"}

    def move_clock(self, seconds: int) -> None:
        """Put the gateway's clock ahead."""
        moved = self.clock.with_suffix(".new")
        moved.write_text(str(seconds))
        moved.replace(self.clock)

    def key(self, name: str) -> str:
        return f"{self.session['folder']}{name}"

    def request(
        self, method: str, name: str, *, at: datetime | None = None
    ) -> HttpRequest:
        """A signed request for a document."""
        target = f"/{self.session['bucket']}/{quote(self.key(name))}"
        return sign(
            HttpRequest(method, target, (("host", self.address),)),
            Credentials(**self.session["credentials"]),
            region=self.running.ready["region"],
            service="s3",
            now=at or datetime.now(UTC),
            payload_hash="UNSIGNED-PAYLOAD",
        )

    def ask(
        self,
        method: str,
        name: str,
        body: bytes = b"",
        *,
        at: datetime | None = None,
        seconds: float = 30,
    ) -> tuple[int, bytes]:
        """Send it whole; answer status and body."""
        request = self.request(method, name, at=at)
        client = http.client.HTTPConnection(self.address, timeout=seconds)
        try:
            client.putrequest(
                method, request.target, skip_host=True, skip_accept_encoding=True
            )
            length = ("content-length", str(len(body)))
            for header in (*request.headers, length):
                client.putheader(*header)
            client.endheaders(body or None)
            answer = client.getresponse()
            return answer.status, answer.read()
        finally:
            client.close()

    def names(self, prefix: str) -> set[str]:
        """What is there, by listing."""
        s3 = self.running.client("s3", self.session["credentials"])
        pages = s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.session["bucket"], Prefix=self.key(prefix)
        )
        folder = len(self.session["folder"])
        return {
            each["Key"][folder:] for page in pages for each in page.get("Contents", ())
        }


def content_of(name: str) -> bytes:
    """The document of that name: other bytes for each."""
    digest = hashlib.sha256(name.encode()).digest()
    return hashlib.shake_256(digest).digest(_SIZES[digest[0] % len(_SIZES)])


@dataclass
class Load:
    """Several threads that put documents until told to stop."""

    place: Place
    prefix: str
    acknowledged: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        for number in range(_THREADS):
            thread = threading.Thread(target=self._run, args=(number,))
            self._threads.append(thread)
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait(self, seconds: float) -> int:
        """Let it go on; answer how many were acknowledged meanwhile."""
        before = len(self.acknowledged)
        time.sleep(seconds)
        return len(self.acknowledged) - before

    def wait_for_more(self, seconds: float = _RECOVERY_SECONDS) -> float:
        """Wait until writes are acknowledged again; answer how long that took."""
        began, wanted = time.monotonic(), len(self.acknowledged) + 5
        while len(self.acknowledged) < wanted:
            assert time.monotonic() - began < seconds, self.codes
            time.sleep(0.02)
        return time.monotonic() - began

    def _run(self, thread: int) -> None:
        number = 0
        while not self._stop.is_set():
            name = f"{self.prefix}/{thread}-{number}"
            number += 1
            began = time.monotonic()
            try:
                status, body = self.place.ask("PUT", name, content_of(name))
            except (OSError, http.client.HTTPException) as error:
                status, body = 0, repr(error).encode()
            self.slowest = max(self.slowest, time.monotonic() - began)
            if status == 200:
                self.acknowledged.append(name)
            else:
                self.refused.append(name)
                self.codes[_code(body)] += 1
                time.sleep(0.02)

    def assert_kept(self, *, undecided: bool = False) -> int:
        """See that all that was acknowledged is there, and nothing refused.

        Where it is `undecided` how far the store came, what was refused may
        be there whole; answers how much is.
        """
        there = self.place.names(f"{self.prefix}/")
        assert set(self.acknowledged) <= there
        stored = there & set(self.refused)
        assert undecided or not stored
        with ThreadPoolExecutor(4) as threads:
            for name, found in threads.map(self._read, sorted(there)):
                assert found == content_of(name), name
        return len(stored)

    def _read(self, name: str) -> tuple[str, bytes]:
        status, body = self.place.ask("GET", name)
        assert status == 200, body
        return name, body


def _code(body: bytes) -> str:
    return body.partition(b"<Code>")[2].partition(b"</Code>")[0].decode() or (
        body[:40].decode(errors="replace")
    )


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file system of its own, in memory."""
    if os.geteuid() != 0:
        wanted = "mounting a small tmpfs needs root"
        if os.environ.get("CI") == "true":
            pytest.fail(wanted)
        pytest.skip(wanted)
    disk = tmp_path_factory.mktemp("disk")
    options = f"size={_DISK_BYTES},mode=0700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk], check=True)
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory,
    small_disk: Path,
    sign_in_without_browser: SignIn,
) -> Iterator[Place]:
    """One installation for all faults, each of which has to leave it well."""
    clock = tmp_path_factory.mktemp("clock") / "seconds"
    clock.write_text("0")
    port = free_port()
    (small_disk / "securecart.toml").write_text(f"[gateway]\nmetrics_port = {port}\n")
    data = small_disk / "data"
    command = [sys.executable, str(_PROGRAM), "up", "--data-dir", str(data)]
    for name, number in free_ports().items():
        command += [f"--{name}-port", str(number)]
    process = in_background(command, data, {"TEST_CLOCK": str(clock)})
    try:
        running = wait_ready(data, process)
        session = sign_in_without_browser(running, "engineering")
        monitoring = f"http://127.0.0.1:{port}"
        yield Place(running, small_disk, clock, monitoring, session)
    finally:
        assert stop(process) == 0


def _tell(what: str, before: int, load: Load, *more: str) -> None:
    acknowledged = f"{before} acknowledged before, {len(load.acknowledged)} in all"
    refused = f"{len(load.refused)} refused {dict(load.codes)}"
    told = "; ".join((acknowledged, "each of them there", refused, *more))
    print(f"\n{what}: {told}")  # noqa: T201  (the counts are what a reader wants)


def test_a_full_disk(place: Place) -> None:
    """Documents are refused while there is room for the record of it; then all is."""
    filler = place.disk / "filler"
    with Load(place, "full") as load:
        before = load.wait(1)
        _fill(filler, leave=100 * _MIB, disk=place.disk)
        _wait_until(lambda: place.readiness() == "room", _NOTICED_SECONDS)
        time.sleep(0.2)  # What had been decided before.
        assert load.wait(1) == 0
        # Reading goes on, and deleting makes room.
        kept = load.acknowledged[0]
        assert place.ask("GET", kept) == (200, content_of(kept))
        gone = load.acknowledged.pop()
        assert place.ask("DELETE", gone)[0] == 204
        _fill(filler, leave=0, disk=place.disk)

        def refused() -> bool:
            status, body = place.ask("GET", kept)
            return (status, _code(body)) == (503, "ServiceUnavailable")

        # Without a record there is no answer; the journal's last page may have
        # room for some yet.
        try:
            _wait_until(refused, _NOTICED_SECONDS)
        finally:
            filler.unlink()
        took = load.wait_for_more()
    load.assert_kept()
    assert before > 0
    assert set(load.codes) <= {"ServiceUnavailable", "InternalError"}
    _tell("full disk", before, load, f"served {took:.1f} s after there was room")


def _fill(filler: Path, *, leave: int, disk: Path) -> None:
    found = os.statvfs(disk)
    more = found.f_bavail * found.f_frsize - leave
    with filler.open("ab") as file, suppress(OSError):
        piece = bytes(_MIB)
        for _ in range(max(0, more) // _MIB + (leave == 0)):
            file.write(piece)
            file.flush()


def test_connections_that_are_cut_within_a_body(place: Place) -> None:
    """Of what did not come whole there is nothing, wherever it was cut."""
    cuts = 60
    with Load(place, "cut") as load:
        before = load.wait(0.5)
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda number: _cut(place, number, cuts), range(cuts)))
        _cut_downloads(place, load.acknowledged[0])
        load.wait(0.5)
    assert not place.names("half/")
    load.assert_kept()
    assert not load.refused
    assert before > 0
    _tell("cut connections", before, load, f"{cuts} cut uploads, none of them there")


def _cut(place: Place, number: int, cuts: int) -> None:
    """Announce a body, send a part of it, and go: at the end, or by a reset."""
    request = place.request("PUT", f"half/{number}")
    size = (10_000, 300_000)[number % 2]
    client = http.client.HTTPConnection(place.address, timeout=20)
    client.putrequest("PUT", request.target, skip_host=True, skip_accept_encoding=True)
    for header in (*request.headers, ("content-length", str(size))):
        client.putheader(*header)
    client.endheaders()
    client.send(bytes(number * (size - 1) // cuts))
    if number % 3 == 0:
        time.sleep(0.05)
    client.close()


def _cut_downloads(place: Place, name: str) -> None:
    for _ in range(20):
        request = place.request("GET", name)
        client = http.client.HTTPConnection(place.address, timeout=20)
        client.request("GET", request.target, headers=dict(request.headers))
        client.getresponse()
        client.close()


@pytest.mark.parametrize("process", [" s3 ", " filer "])
def test_a_store_that_stops_answering(place: Place, process: str) -> None:
    """Refused fast while it lasts, and served within a second of its return."""
    pid = next(
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdecimal() and _runs(entry, place.disk, process)
    )
    with Load(place, f"stopped-{process.strip()}") as load:
        before = load.wait(0.5)
        os.kill(pid, signal.SIGSTOP)
        try:
            _wait_until(place.all_workers_see_the_outage, _NOTICED_SECONDS)
            assert "store" in place.readiness()
            began = time.monotonic()
            for number in range(20):
                status, _ = place.ask("PUT", f"{load.prefix}-refused/{number}", b"x")
                assert status == 503
            told = (time.monotonic() - began) / 20
        finally:
            os.kill(pid, signal.SIGCONT)
        took = load.wait_for_more()
        load.wait(0.5)
    assert told < 0.25
    assert took < 1 + 1
    whole = load.assert_kept(undecided=True)
    assert not place.names(f"{load.prefix}-refused/")
    _tell(
        f"stopped{process.rstrip()}",
        before,
        load,
        f"{whole} of them whole, the rest absent",
        f"told in {told * 1000:.0f} ms, served {took:.2f} s after it went on",
    )


def _runs(entry: Path, disk: Path, process: str) -> bool:
    with suppress(OSError):
        command = (entry / "cmdline").read_text().replace("\0", " ")
        return str(disk) in command and process in command and "weed" in command
    return False


def test_a_client_whose_clock_is_wrong(place: Place) -> None:
    """Fifteen minutes either way are AWS's bound; who is past it stores nothing."""
    with Load(place, "skewed") as load:
        before = load.wait(0.5)
        for minutes in (-16, 16, -24 * 60, 24 * 60):
            at = datetime.now(UTC) + timedelta(minutes=minutes)
            status, body = place.ask("PUT", f"wrong/{minutes}", b"x", at=at)
            assert (status, _code(body)) == (403, "RequestTimeTooSkewed"), minutes
        for minutes in (-14, 14):
            at = datetime.now(UTC) + timedelta(minutes=minutes)
            assert place.ask("PUT", f"right/{minutes}", b"x", at=at)[0] == 200
        load.wait(0.3)
    assert not place.names("wrong/")
    assert len(place.names("right/")) == 2
    load.assert_kept()
    assert not load.refused
    _tell("skewed client", before, load)


def test_a_gateway_whose_clock_is_wrong(place: Place) -> None:
    """It refuses everybody, and goes on as before when it is put right."""
    with Load(place, "moved") as load:
        before = load.wait(0.5)
        place.move_clock(20 * 60)
        time.sleep(0.2)  # What had been decided before.
        assert load.wait(1) == 0
        place.move_clock(0)
        took = load.wait_for_more()
    # The store asks KMS by the right clock, and was refused like everybody.
    assert set(load.codes) <= {"RequestTimeTooSkewed", "InternalError"}
    assert load.codes["RequestTimeTooSkewed"] > 10
    load.assert_kept()
    assert before > 0
    _tell("skewed gateway", before, load, f"served after {took:.2f} s")


def _wait_until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
