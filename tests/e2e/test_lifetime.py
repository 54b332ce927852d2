"""Starting, stopping, being killed, and starting again."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

Session = dict[str, Any]

_READY_KEYS = {
    *("portal", "idp", "aws", "region", "account", "bucket"),
    *("admin", "sign_ins", "start_seconds"),
}


def _up(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run `securecart up` where it is going to refuse."""
    return subprocess.run(
        [sys.executable, "-m", "securecart", "up", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def _refusal(told: subprocess.CompletedProcess[str]) -> str:
    assert told.returncode == 1
    lines = told.stderr.splitlines()
    assert len(lines) == 1, told.stderr
    assert lines[0].startswith("securecart: ")
    return lines[0]


def _port_options(ports: dict[str, int]) -> list[str]:
    return [
        word for name, port in ports.items() for word in (f"--{name}-port", str(port))
    ]


@pytest.mark.parametrize("part", ["portal", "idp", "aws"])
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_taken_port_is_one_line_that_says_what_to_do(
    tmp_path: Path, free_ports: Callable[[], dict[str, int]], part: str, address: str
) -> None:
    """On either loopback; nothing is left running or half-written."""
    ports = free_ports()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as taken:
        taken.bind((address, ports[part]))
        taken.listen()
        told = _up("--data-dir", "data", *_port_options(ports), cwd=tmp_path)
    line = _refusal(told)
    assert f"port {ports[part]} is taken" in line
    assert f"--{part}-port" in line
    assert not (tmp_path / "data/ready.json").exists()


def test_a_taken_port_for_metrics_is_one_line(
    tmp_path: Path, free_ports: Callable[[], dict[str, int]]
) -> None:
    """It is chosen in the configuration alone, and the line says where."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (tmp_path / "securecart.toml").write_text(f"[gateway]\nmetrics_port = {port}\n")
        told = _up("--data-dir", "data", *_port_options(free_ports()), cwd=tmp_path)
    line = _refusal(told)
    assert f"port {port} is taken" in line
    assert "gateway.metrics_port" in line


def test_a_directory_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """A file stands where the directory should be."""
    (tmp_path / "data").write_text("a file")
    told = _up("--data-dir", "data/inside", cwd=tmp_path)
    assert "choose another --data-dir" in _refusal(told)


def test_an_unknown_key_in_the_configuration_is_one_line(tmp_path: Path) -> None:
    """securecart.toml in the folder is read without being asked for."""
    (tmp_path / "securecart.toml").write_text("[sesion]\nminutes = 60\n")
    told = _up("--data-dir", "data", cwd=tmp_path)
    assert "securecart.toml: sesion: no such key" in _refusal(told)
    assert not (tmp_path / "data").exists()


def test_a_second_start_on_the_directory_is_one_line(
    running: Any, free_ports: Callable[[], dict[str, int]], tmp_path: Path
) -> None:
    """Whatever ports it would take; the first goes on."""
    arguments = ["--data-dir", str(running.data), *_port_options(free_ports())]
    assert "in use by another" in _refusal(_up(*arguments, cwd=tmp_path))
    assert running.process.poll() is None
    assert (running.data / "ready.json").exists()
    running.client("sts").get_caller_identity()


def _what_lasts(running: Any, session: Session) -> dict[str, Any]:
    """Everything that a person or an operator would miss."""
    iam, kms = running.client("iam"), running.client("kms")
    role = iam.get_role(RoleName="SecureCartEmployee")["Role"]
    key = kms.describe_key(KeyId="alias/securecart-user-docs")["KeyMetadata"]
    lasting = ("account", "bucket", "region", "admin", "sign_ins")
    return {
        **{name: running.ready[name] for name in lasting},
        "role": role["RoleId"],
        "key": key["Arn"],
        "folder": session["folder"],
    }


def test_stopped_interrupted_and_started_again_everything_is_kept(
    home: Any, sign_in_without_browser: Callable[[Any, str], Session]
) -> None:
    """Account, bucket, role, key, passwords, folders and their documents."""
    running = home.up()
    ready = home.data / "ready.json"
    assert ready.stat().st_mode & 0o777 == 0o600
    assert set(running.ready) == _READY_KEYS
    session = sign_in_without_browser(running, "engineering")
    before = _what_lasts(running, session)
    content = os.urandom(1_000_000)
    place = {"Bucket": session["bucket"], "Key": f"{session['folder']}kept.bin"}
    s3 = running.client("s3", session["credentials"])
    s3.put_object(**place, Body=content)
    assert home.stop() == 0
    assert not ready.exists()
    home.wait_gone()
    for seconds in (0.3, 1.0):
        _interrupt_a_start(home, seconds)
    running = home.up()
    # Their old credentials first: sealed with a key that is kept.
    s3 = running.client("s3", session["credentials"])
    assert s3.get_object(**place)["Body"].read() == content
    session = sign_in_without_browser(running, "engineering")
    assert _what_lasts(running, session) == before
    s3 = running.client("s3", session["credentials"])
    assert s3.get_object(**place)["Body"].read() == content
    assert home.stop() == 0
    assert not ready.exists()
    home.wait_gone()


def _interrupt_a_start(home: Any, seconds: float) -> None:
    process = home.begin()
    time.sleep(seconds)
    home.stop()
    assert process.poll() is not None
    assert not (home.data / "ready.json").exists()
    home.wait_gone()


def test_a_first_start_may_be_interrupted_anywhere(
    home: Any, sign_in_without_browser: Callable[[Any, str], Session]
) -> None:
    """The next one finishes what is half set up."""
    for seconds in (0.3, 1.0, 1.5, 2.0):
        _interrupt_a_start(home, seconds)
    running = home.up()
    session = sign_in_without_browser(running, "finance")
    place = {"Bucket": session["bucket"], "Key": f"{session['folder']}x"}
    s3 = running.client("s3", session["credentials"])
    s3.put_object(**place, Body=b"x")
    assert s3.get_object(**place)["Body"].read() == b"x"


def test_a_killed_parent_takes_every_process_along(
    home: Any, sign_in_without_browser: Callable[[Any, str], Session]
) -> None:
    """`kill -9` leaves nothing that runs, and nothing that hinders a start."""
    running = home.up()
    session = sign_in_without_browser(running, "engineering")
    place = {"Bucket": session["bucket"], "Key": f"{session['folder']}kept"}
    running.client("s3", session["credentials"]).put_object(**place, Body=b"kept")
    commands = " ".join(home.processes().values())
    parts = ("portal: ", "idp: ", "parts: ", "worker 0: ", " master ")
    for part in (*parts, " filer "):
        assert part in commands
    running.process.send_signal(signal.SIGKILL)
    home.wait_gone()
    running = home.up()
    s3 = running.client("s3", session["credentials"])
    assert s3.get_object(**place)["Body"].read() == b"kept"
