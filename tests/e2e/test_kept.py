"""What was acknowledged is what is read, whoever reads it and wherever.

Two processes of `securecart`, with three workers in all, keep what the store
answers. None of them ever gives what a write has replaced.
"""

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
from tests.installation import free_port

from securecart.names.credentials import Credentials
from securecart.serve.gateway.generations import QUIET_SECONDS
from securecart.wire.http import HttpRequest
from securecart.wire.sigv4 import sign

pytestmark = pytest.mark.slow

SignIn = Callable[[Any, str], dict[str, Any]]

_PROGRAM = Path(__file__).with_name("on_shorter_quiet.py")
_START_SECONDS = 30.0
_SECONDS = 12.0
"""In which some hundred writes are made, and some thousand reads."""
_LISTED = re.compile(rb"<Key>[^<]*/round</Key>.*?<Size>(\d+)</Size>", re.DOTALL)


class Connection:
    """One client's connection, kept open, with a session's signature."""

    def __init__(self, address: str, region: str, session: dict[str, Any]) -> None:
        self.client = http.client.HTTPConnection(address, timeout=30)
        self._region = region
        self._session = session

    def ask(
        self, method: str, key: str, body: bytes = b"", *, query: str = ""
    ) -> tuple[int, bytes]:
        """Answer status and body; without a key it is the bucket's."""
        target = f"/{self._session['bucket']}" + (f"/{quote(key)}" if key else "")
        request = sign(
            HttpRequest(
                method, target + query, (("host", f"127.0.0.1:{self.client.port}"),)
            ),
            Credentials(**self._session["credentials"]),
            region=self._region,
            service="s3",
            now=datetime.now(UTC),
            payload_hash="UNSIGNED-PAYLOAD",
        )
        self.client.request(method, request.target, body, dict(request.headers))
        answer = self.client.getresponse()
        return answer.status, answer.read()

    def listed(self, folder: str) -> bytes:
        """The page of a folder."""
        query = f"?list-type=2&max-keys=1000&prefix={quote(folder, safe='')}"
        status, page = self.ask("GET", "", query=query)
        assert status == http.client.OK, page
        return page


def _parent(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("PPid:")[2].split()[0])


@dataclass
class Serving:
    """An installation with two workers, and a second process with one."""

    home: Any
    running: Any
    monitoring: list[int]
    second: subprocess.Popen[bytes]
    port: int
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    opened: ExitStack = field(default_factory=ExitStack)

    @property
    def ports(self) -> tuple[int, int]:
        return int(urlsplit(self.running.ready["aws"]).port or 0), self.port

    def connect(self, who: str, *, at: int) -> Connection:
        connection = Connection(
            f"127.0.0.1:{self.ports[at]}",
            self.running.ready["region"],
            self.sessions[who],
        )
        self.opened.callback(connection.client.close)
        return connection

    def hits(self, at: int) -> int:
        """How often the store was not asked, by the one process or the other."""
        address = f"http://127.0.0.1:{self.monitoring[at]}/metrics"
        told = httpx.get(address, trust_env=False).text
        (count,) = re.findall(
            r"^securecart_store_kept_hits_total (\d+)", told, re.MULTILINE
        )
        return int(count)

    def workers(self) -> list[int]:
        """The process ids of the first process's workers."""
        found = self.home.processes().items()
        workers = [pid for pid, command in found if command.startswith("worker ")]
        return [pid for pid in workers if _parent(pid) != self.second.pid]

    def wait_until_kept(self, who: str, *, at: int) -> None:
        """Wait until what somebody reads is given again."""
        connection = self.connect(who, at=at)
        key = f"{self.sessions[who]['folder']}waiting"
        assert connection.ask("PUT", key, b"x")[0] == http.client.OK
        deadline = time.monotonic() + QUIET_SECONDS + _START_SECONDS  # At most.
        before = self.hits(at)
        while self.hits(at) < before + 2:
            assert time.monotonic() < deadline
            for _ in range(10):
                connection.ask("GET", key)
            time.sleep(0.5)


@pytest.fixture(scope="module")
def serving(
    tmp_path_factory: pytest.TempPathFactory,
    new_home: Callable[[Path, list[str]], Any],
    in_background: Any,
    sign_in_without_browser: SignIn,
) -> Iterator[Serving]:
    """One for all tests here, past the quiet time that setting up leaves."""
    folder = tmp_path_factory.mktemp("kept")
    home = new_home(folder / "data", [sys.executable, str(_PROGRAM)])
    monitoring = [free_port(), free_port()]
    first = f"[gateway]\nworkers = 2\nmetrics_port = {monitoring[0]}\n"
    (folder / "securecart.toml").write_text(first)
    running = home.up()
    second = folder / "second"
    second.mkdir()
    (second / "second.toml").write_text(
        f"[gateway]\nworkers = 1\nmetrics_port = {monitoring[1]}\n"
    )
    port = free_port()
    process = in_background(
        [
            *(sys.executable, "-m", "securecart", "serve", "aws"),
            *("--data-dir", str(home.data)),
            *("--config", str(second / "second.toml"), "--aws-port", str(port)),
        ],
        second / "data",
    )
    serving = Serving(home, running, monitoring, process, port)
    deadline = time.monotonic() + _START_SECONDS
    while True:
        assert time.monotonic() < deadline
        try:
            httpx.get(f"http://127.0.0.1:{monitoring[1]}/healthz", trust_env=False)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            break
    for who in ("engineering", "finance"):
        serving.sessions[who] = sign_in_without_browser(running, who)
    for at in (0, 1):
        serving.wait_until_kept("engineering", at=at)
    yield serving
    serving.opened.close()
    process.terminate()
    assert process.wait(_START_SECONDS) == 0
    assert home.stop() == 0


class Rounds:
    """Writes with numbers: odd ones put as many bytes, even ones delete."""

    def __init__(self, serving: Serving) -> None:
        self.serving = serving
        self.folder = f"{serving.sessions['engineering']['folder']}rounds/"
        self.key = f"{self.folder}round"
        self.begun = self.acknowledged = self.reads = 0
        self.stop = threading.Event()
        self.failures: list[str] = []

    def write(self) -> None:
        """Write by one process and the other in turn."""
        connections = [self.serving.connect("engineering", at=at) for at in (0, 1)]
        while not self.stop.is_set():
            self.begun += 1
            number = self.begun
            connection = connections[number // 2 % 2]
            if number % 2:
                told = connection.ask("PUT", self.key, b"x" * number)
            else:
                told = connection.ask("DELETE", self.key)
            if told[0] not in {200, 204}:
                self.failures.append(f"write {number}: {told}")
                return
            self.acknowledged = number
            self.stop.wait(0.03)

    def read(self, at: int, *, lists: bool) -> None:
        """Read or list over and over: nothing older than was acknowledged."""
        connection = self.serving.connect("engineering", at=at)
        while not self.stop.is_set():
            oldest = self.acknowledged
            if lists:
                found = _LISTED.search(connection.listed(self.folder))
                size = int(found[1]) if found else 0
            else:
                status, body = connection.ask("GET", self.key)
                size = len(body) if status == http.client.OK else 0
            possible = range(oldest, self.begun + 1)
            seen = [each for each in possible if (each if each % 2 else 0) == size]
            self.reads += 1
            if not seen:
                self.failures.append(f"{size} bytes in {possible} at {at}, {lists=}")
                return


def test_what_was_acknowledged_is_read_everywhere(serving: Serving) -> None:
    """By other connections, other workers and another process, in a loop."""
    rounds = Rounds(serving)
    before = [serving.hits(at) for at in (0, 1)]
    threads = [threading.Thread(target=rounds.write)] + [
        threading.Thread(target=rounds.read, args=(at,), kwargs={"lists": lists})
        for at in (0, 0, 1)
        for lists in (False, True)
    ]
    for each in threads:
        each.start()
    time.sleep(_SECONDS)
    rounds.stop.set()
    for each in threads:
        each.join()
    hits = [serving.hits(at) - before[at] for at in (0, 1)]
    print(f"\n{rounds.acknowledged} writes, {rounds.reads} reads, {hits} not asked")  # noqa: T201
    assert rounds.failures == []
    assert rounds.acknowledged > 50
    assert all(count > 50 for count in hits)


def test_nobody_elses_folder_is_given_to_anybody(serving: Serving) -> None:
    """However warm it is."""
    key = f"{serving.sessions['engineering']['folder']}waiting"
    owner = serving.connect("engineering", at=1)
    stranger = serving.connect("finance", at=1)
    before = serving.hits(1)
    for _ in range(5):
        assert owner.ask("GET", key)[0] == http.client.OK
        assert stranger.ask("GET", key)[0] == http.client.FORBIDDEN
    assert serving.hits(1) >= before + 4


def test_a_session_that_was_revoked_is_given_nothing(serving: Serving) -> None:
    """Nor is one whose key is switched off, from the next request on."""
    session = serving.sessions["finance"]
    key = f"{session['folder']}waiting"
    serving.wait_until_kept("finance", at=1)
    connection = serving.connect("finance", at=1)
    kms, iam = (serving.running.client(service) for service in ("kms", "iam"))
    used = kms.describe_key(KeyId="alias/securecart-user-docs")["KeyMetadata"]["KeyId"]
    assert connection.ask("GET", key)[0] == http.client.OK
    before = serving.hits(1)
    kms.disable_key(KeyId=used)
    try:
        assert connection.ask("GET", key)[0] == http.client.BAD_REQUEST
    finally:
        kms.enable_key(KeyId=used)
    assert connection.ask("GET", key)[0] == http.client.OK
    assert serving.hits(1) == before + 2
    role = {"RoleName": "SecureCartEmployee", "PolicyName": "AWSRevokeOlderSessions"}
    issued = datetime.now(UTC) + timedelta(seconds=1)
    iam.put_role_policy(
        **role,
        PolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Deny",'
        '"Action":["*"],"Resource":["*"],"Condition":{"DateLessThan":'
        f'{{"aws:TokenIssueTime":"{issued:%Y-%m-%dT%H:%M:%SZ}"}}}}}}]}}',
    )
    try:
        assert connection.ask("GET", key)[0] == http.client.FORBIDDEN
        assert serving.hits(1) == before + 2
    finally:
        iam.delete_role_policy(**role)
    assert connection.ask("GET", key)[0] == http.client.OK


def test_nothing_is_kept_after_a_worker_died_in_the_middle_of_a_write(
    serving: Serving,
) -> None:
    """The store may still carry it out; others' folders are kept as ever."""
    session = serving.sessions["engineering"]
    warm, other = (
        f"{session['folder']}waiting",
        f"{serving.sessions['finance']['folder']}waiting",
    )
    owner, colleague = (
        serving.connect(who, at=1) for who in ("engineering", "finance")
    )
    for _ in range(2):
        owner.ask("GET", warm)
        colleague.ask("GET", other)
    writing = serving.connect("engineering", at=0)
    # A body of which half comes: the gateway has begun the write, and waits.
    client = writing.client
    request = sign(
        HttpRequest(
            "PUT",
            f"/{session['bucket']}/{quote(session['folder'])}broken",
            (("host", f"127.0.0.1:{client.port}"),),
        ),
        Credentials(**session["credentials"]),
        region=serving.running.ready["region"],
        service="s3",
        now=datetime.now(UTC),
        payload_hash="UNSIGNED-PAYLOAD",
    )
    client.putrequest("PUT", request.target, skip_host=True, skip_accept_encoding=True)
    for name, value in (*request.headers, ("content-length", "2000000")):
        client.putheader(name, value)
    client.endheaders()
    client.send(bytes(1_000_000))
    time.sleep(1)

    def asked_again(connection: Connection, key: str) -> int:
        before = serving.hits(1)
        for _ in range(5):
            assert connection.ask("GET", key)[0] == http.client.OK
        return serving.hits(1) - before

    assert asked_again(owner, warm) == 0
    first = serving.workers()
    for worker in first:
        os.kill(worker, signal.SIGKILL)
    assert asked_again(owner, warm) == 0
    assert asked_again(colleague, other) >= 4
    deadline = time.monotonic() + _START_SECONDS
    while len(set(serving.workers()) - set(first)) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    time.sleep(3)  # For each to have found what the dead left.
    assert asked_again(owner, warm) == 0
    status, body = owner.ask("GET", f"{session['folder']}broken")
    assert (status, b"NoSuchKey" in body) in {(404, True), (403, False)}
    serving.wait_until_kept("engineering", at=1)
    assert asked_again(owner, warm) >= 4
