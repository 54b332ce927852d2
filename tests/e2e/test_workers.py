"""Several workers on one port: spread, replaced, drained, and told of."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
from tests.installation import free_port

from securecart.names.credentials import Credentials
from securecart.wire.http import HttpRequest
from securecart.wire.sigv4 import sign

pytestmark = pytest.mark.slow

SignIn = Callable[[Any, str], dict[str, Any]]

_WORKERS = 3
_CLIENTS = 16
_UNEVEN = 5
"""Connections that one may have more than another: less than a share of them.
Left to the kernel, one worker often has none."""
_MOST_MEMORY = 80 * 1000 * 1000
_ROLES, _SESSIONS = 100, 500
_ADMINISTRATORS = 6
_BACK_SECONDS = 15.0
"""A worker loads Python and its libraries; the machine may be busy."""
_START_SECONDS = 30.0


class Serving:
    """An installation with several workers, and its monitoring port."""

    def __init__(self, home: Any) -> None:
        self.home = home
        self.monitoring = f"http://127.0.0.1:{free_port()}"
        (home.data.parent / "securecart.toml").write_text(
            f"[gateway]\nworkers = {_WORKERS}\n"
            f"metrics_port = {urlsplit(self.monitoring).port}\n"
        )
        self.running = home.up()

    def workers(self) -> list[int]:
        """The process ids."""
        found = self.home.processes().items()
        return [pid for pid, command in found if command.startswith("worker ")]

    def parent(self) -> int:
        """The process that forked them."""
        found: dict[int, str] = self.home.processes()
        (parent,) = (pid for pid, name in found.items() if name.startswith("parts: "))
        return parent

    def metrics(self) -> dict[str, float]:
        """Each sample by its name and labels."""
        told = httpx.get(f"{self.monitoring}/metrics", trust_env=False)
        assert told.headers["content-type"].startswith("text/plain; version=0.0.4")
        lines = told.text.splitlines()
        samples = (line.rpartition(" ") for line in lines if line[:1] != "#")
        return {name: float(value) for name, _, value in samples}

    def connections(self) -> list[float]:
        """How many each worker has."""
        metrics = self.metrics()
        name = 'securecart_connections{{worker="{}"}}'
        return [metrics[name.format(index)] for index in range(_WORKERS)]

    def wait_for_workers(self) -> None:
        """Wait until all of them serve."""
        deadline = time.monotonic() + _BACK_SECONDS
        while len(self._started()) < _WORKERS:
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def _started(self) -> list[str]:
        return [
            name for name in self.metrics() if name.startswith("securecart_worker_st")
        ]

    def connect(self) -> http.client.HTTPConnection:
        """A connection of its own, kept open."""
        parts = urlsplit(self.running.ready["aws"])
        return http.client.HTTPConnection("127.0.0.1", parts.port, timeout=20)


def _alive(connection: http.client.HTTPConnection, path: str = "/healthz") -> int:
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    return answer.status


@pytest.fixture(scope="module")
def serving(
    tmp_path_factory: pytest.TempPathFactory, new_home: Callable[[Path], Any]
) -> Iterator[Serving]:
    """One for all tests here."""
    home = new_home(tmp_path_factory.mktemp("workers") / "data")
    serving = Serving(home)
    serving.wait_for_workers()
    yield serving
    assert home.stop() == 0


def test_connections_that_stay_open_are_spread(serving: Serving) -> None:
    """Sixteen of them, opened one after the other and all at once."""
    before = serving.connections()
    for at_once in (False, True):
        with ExitStack() as opened:
            clients = [
                opened.enter_context(closing(serving.connect()))
                for _ in range(_CLIENTS)
            ]
            with ThreadPoolExecutor(_CLIENTS if at_once else 1) as threads:
                assert set(threads.map(_alive, clients)) == {200}
            after = serving.connections()
            more = [new - old for new, old in zip(after, before, strict=True)]
            print(f"\n{_CLIENTS} connections, {at_once=}: {more}")  # noqa: T201
            # Those of the store and the portal come and go beside them, and a
            # worker that the machine keeps waiting takes its turn later.
            assert max(after) - min(after) <= _UNEVEN
        time.sleep(0.2)


def test_a_worker_takes_less_than_80_mb(
    serving: Serving, sign_in_without_browser: SignIn
) -> None:
    """Also when there are more roles, policies and sessions.

    Measured is what all of them really take, their parent too: each page counts
    once, divided among those who share it (PSS). What one has of its own (USS)
    would leave out what is shared, and what is resident (RSS) would count that
    for each again.
    """
    session = sign_in_without_browser(serving.running, "engineering")
    with ThreadPoolExecutor(_CLIENTS) as threads:
        list(threads.map(lambda number: _put(serving, session, number), range(200)))
    _grow(serving, session["bucket"])
    workers = serving.workers()
    shares = [_share(pid) for pid in (*workers, serving.parent())]
    *told, of_parent = (round(each / 1e6) for each in shares)
    print(f"\nworkers {told} MB, their parent {of_parent} MB")  # noqa: T201
    assert {os.sched_getscheduler(pid) for pid in workers} == {os.SCHED_BATCH}
    assert sum(shares) / len(workers) < _MOST_MEMORY


def _share(pid: int) -> int:
    """Bytes that a process has of its own, and its share of what others have too."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    lines = dict(line.split()[:2] for line in rollup.splitlines()[1:])
    return int(lines["Pss:"]) * 1024


def _grow(serving: Serving, bucket: str) -> None:
    """Make roles with policies of their own, and sessions that each worker knows."""
    iam, sts = serving.running.client("iam"), serving.running.client("sts")
    account = serving.running.ready["account"]
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
    }

    def make(number: int) -> None:
        name = f"grown-{number}"
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))
        may = {
            "Sid": f"Role{number}",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": f"arn:aws:s3:::{bucket}",
            "Condition": {"StringLike": {"s3:prefix": "${aws:userid}/*"}},
        }
        document = _policy(may)
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document)

    def work(number: int) -> None:
        assumed = sts.assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/grown-{number % _ROLES}",
            RoleSessionName=f"person-{number}",
        )
        folder = quote(assumed["AssumedRoleUser"]["AssumedRoleId"] + "/", safe="")
        given = assumed["Credentials"]
        credentials = Credentials(
            given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]
        )
        target = f"/{bucket}?list-type=2&prefix={folder}"
        request = _signed(serving, "GET", target, credentials)
        with ExitStack() as opened:
            for _ in range(_WORKERS):  # Each of them takes one.
                client = opened.enter_context(closing(serving.connect()))
                client.request("GET", target, headers=dict(request.headers))
                answer = client.getresponse()
                assert answer.status == 200, answer.read()

    with ThreadPoolExecutor(_ADMINISTRATORS) as threads:
        list(threads.map(make, range(_ROLES)))
        list(threads.map(work, range(_SESSIONS)))


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def _signed(
    serving: Serving, method: str, target: str, credentials: Credentials
) -> HttpRequest:
    return sign(
        HttpRequest(method, target, (("host", "localhost"),)),
        credentials,
        region=serving.running.ready["region"],
        service="s3",
        now=datetime.now(UTC),
        payload_hash="UNSIGNED-PAYLOAD",
    )


def _put(serving: Serving, session: dict[str, Any], number: int) -> None:
    s3 = serving.running.client("s3", session["credentials"])
    s3.put_object(
        Bucket=session["bucket"],
        Key=f"{session['folder']}document-{number}",
        Body=os.urandom(16 * 1024),
    )


def test_the_others_serve_on_while_one_is_replaced(serving: Serving) -> None:
    """A new connection meets one that is alive; the dead one comes back."""
    before = serving.workers()
    failures, served, stop = [], [0], threading.Event()

    def ask() -> None:
        while not stop.is_set():
            with closing(serving.connect()) as client:
                try:
                    assert _alive(client, "/readyz") == 200
                    served[0] += 1
                except (OSError, AssertionError, http.client.HTTPException) as error:
                    failures.append(repr(error))

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(0.3)
    os.kill(before[0], signal.SIGKILL)
    time.sleep(1)
    serving.wait_for_workers()
    stop.set()
    asking.join()
    after = serving.workers()
    assert len(after) == _WORKERS
    assert before[0] not in after
    print(f"\nserved {served[0]}, failed {failures}")  # noqa: T201
    # At most the one request that the dead worker had in its hands.
    assert len(failures) <= 1
    assert served[0] > 50


def test_metrics_are_of_all_workers_and_not_for_the_public(serving: Serving) -> None:
    """The port that a proxy leads to knows nothing of them."""
    name = "securecart_connections_accepted_total"
    before = serving.metrics()[name]
    for _ in range(2 * _WORKERS):
        with closing(serving.connect()) as client:
            assert _alive(client) == 200
    counts = {serving.metrics()[name] for _ in range(2 * _WORKERS)}
    assert len(counts) == 1
    assert counts.pop() >= before + 2 * _WORKERS
    public = httpx.get(f"{serving.running.ready['aws']}/metrics", trust_env=False)
    assert public.status_code == 403
    assert "securecart_" not in public.text
    assert httpx.get(f"{serving.monitoring}/readyz", trust_env=False).text == "ok\n"


class Alone:
    """`securecart serve aws` with one worker, beside the installation's own."""

    def __init__(self, serving: Serving, in_background: Any, folder: Path) -> None:
        self.port, self.monitoring = free_port(), free_port()
        configuration = folder / "alone.toml"
        configuration.write_text(
            f"[gateway]\nworkers = 1\nmetrics_port = {self.monitoring}\n"
        )
        self.process: subprocess.Popen[bytes] = in_background(
            [
                *(sys.executable, "-m", "securecart", "serve", "aws"),
                *("--data-dir", str(serving.home.data)),
                *("--config", str(configuration), "--aws-port", str(self.port)),
            ],
            folder / "data",
        )
        deadline = time.monotonic() + _START_SECONDS
        while self.ready() != 200:
            assert time.monotonic() < deadline
            assert self.process.poll() is None
            time.sleep(0.1)

    def ready(self) -> int:
        """What the monitoring port says; 0 if nobody answers."""
        try:
            address = f"http://127.0.0.1:{self.monitoring}/readyz"
            return httpx.get(address, trust_env=False).status_code
        except httpx.TransportError:
            return 0


@pytest.fixture
def alone(serving: Serving, in_background: Any, tmp_path: Path) -> Iterator[Alone]:
    """One that ends with the test, whatever happens."""
    alone = Alone(serving, in_background, tmp_path)
    yield alone
    if alone.process.poll() is None:
        alone.process.kill()
        alone.process.wait()


def test_a_stop_lets_what_is_under_way_end(
    serving: Serving, alone: Alone, sign_in_without_browser: SignIn
) -> None:
    """Nothing new comes in, the upload is finished, and all of it is kept."""
    session = sign_in_without_browser(serving.running, "engineering")
    s3 = serving.running.client("s3", session["credentials"])
    place = {"Bucket": session["bucket"], "Key": f"{session['folder']}drained"}
    content = os.urandom(2_000_000)
    target = f"/{place['Bucket']}/{quote(place['Key'])}"
    request = sign(
        HttpRequest("PUT", target, (("host", f"127.0.0.1:{alone.port}"),)),
        Credentials(**session["credentials"]),
        region=serving.running.ready["region"],
        service="s3",
        now=datetime.now(UTC),
        payload_hash="UNSIGNED-PAYLOAD",
    )
    client = http.client.HTTPConnection("127.0.0.1", alone.port, timeout=20)
    client.putrequest("PUT", target, skip_host=True, skip_accept_encoding=True)
    for name, value in (*request.headers, ("content-length", str(len(content)))):
        client.putheader(name, value)
    client.endheaders()
    client.send(content[:1_000_000])
    time.sleep(0.3)
    alone.process.send_signal(signal.SIGTERM)
    _wait_until(lambda: alone.ready() == 503)
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection("127.0.0.1", alone.port, timeout=5).connect()
    client.send(content[1_000_000:])
    answer = client.getresponse()
    assert answer.status == 200, answer.read()
    assert answer.headers["connection"] == "close"
    assert alone.process.wait(10) == 0
    assert s3.get_object(**place)["Body"].read() == content


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
