"""A whole SecureCart, started by its own command, as people start it."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

PROGRAM = (sys.executable, "-m", "securecart")
_START_SECONDS = 60
_STOP_SECONDS = 30
_GONE_SECONDS = 5
"""After the parent's death: the kernel ends the store, a broken pipe the rest."""


@dataclass(frozen=True)
class Running:
    """A running installation, as `ready.json` tells of it."""

    ready: dict[str, Any]
    data: Path
    process: subprocess.Popen[bytes]

    @property
    def portal(self) -> str:
        return str(self.ready["portal"])

    def person(self, department: str) -> dict[str, str]:
        """The sample sign-in of a department."""
        return next(p for p in self.ready["sign_ins"] if p["department"] == department)

    def client(self, service: str, credentials: dict[str, str] | None = None) -> Any:
        """An unchanged boto3 client; as the administrator, or with a session."""
        keys = credentials or self.ready["admin"]
        return boto3.client(
            service,  # type: ignore[call-overload]  # any service, by name
            endpoint_url=self.ready["aws"],
            region_name=self.ready["region"],
            aws_access_key_id=keys["access_key_id"],
            aws_secret_access_key=keys["secret_access_key"],
            aws_session_token=keys.get("session_token"),
            config=Config(retries={"max_attempts": 0}),
        )


def free_port() -> int:
    """A port that nobody listens on, and that no outgoing connection takes."""
    while True:
        # Below both Linux's ephemeral range and what the object store chooses, and
        # above 10080, where no browser goes.
        port = 10_100 + secrets.randbelow(7_900)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def start(
    data: Path, ports: dict[str, int], *extra: str, program: Sequence[str] = PROGRAM
) -> subprocess.Popen[bytes]:
    """Run `securecart up` in the background."""
    command = [*program, "up", "--data-dir", str(data)]
    for name, port in ports.items():
        command += [f"--{name}-port", str(port)]
    return in_background([*command, *extra], data)


def in_background(
    command: list[str], data: Path, environment: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Run a command beside its data directory; what it prints goes to a file."""
    with (data.parent / "output.txt").open("wb") as output:
        # Its own group, so that a test may end all of it whatever happens.
        return subprocess.Popen(
            command,
            cwd=data.parent,
            env={**os.environ, **(environment or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def wait_ready(data: Path, process: subprocess.Popen[bytes]) -> Running:
    """Wait for `ready.json`; a start that fails shows what it printed."""
    deadline = time.monotonic() + _START_SECONDS
    file = data / "ready.json"
    while time.monotonic() < deadline:
        if file.exists():
            return Running(json.loads(file.read_text()), data, process)
        if process.poll() is not None:
            break
        time.sleep(0.05)
    stop(process)
    output = (data.parent / "output.txt").read_text()
    logs = "".join(
        f"\n--- {log.name}\n{log.read_text()[-3000:]}"
        for log in sorted((data / "logs").glob("*.log"))
    )
    raise AssertionError(f"securecart up did not get ready:\n{output}{logs}")


def stop(process: subprocess.Popen[bytes]) -> int:
    """Ctrl-C, and the exit code."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode


class Home:
    """A data directory of a test's own, started and stopped as it likes."""

    def __init__(self, data: Path, program: Sequence[str] = PROGRAM) -> None:
        self.data = data
        self._program = program
        self._ports = free_ports()
        self.process: subprocess.Popen[bytes] | None = None

    def begin(self) -> subprocess.Popen[bytes]:
        """Start, and do not wait."""
        # One that was killed left its own behind.
        (self.data / "ready.json").unlink(missing_ok=True)
        self.process = start(self.data, self._ports, program=self._program)
        return self.process

    def up(self) -> Running:
        """Start, and wait until everything answers."""
        return wait_ready(self.data, self.begin())

    def running(self) -> Running:
        """What runs now."""
        assert self.process is not None
        return wait_ready(self.data, self.process)

    def processes(self) -> dict[int, str]:
        """Every living process whose command line names the directory, by id.

        Before its command line stands its own name: workers have their parent's
        command line, and `worker 0` for a name.
        """
        found = {}
        for entry in Path("/proc").iterdir():
            # A process may end while we look; a zombie's command line is empty.
            with suppress(OSError):
                command = (entry / "cmdline").read_text().replace("\0", " ")
                if entry.name.isdecimal() and str(self.data) in command:
                    name = (entry / "comm").read_text().strip()
                    found[int(entry.name)] = f"{name}: {command}"
        return found

    def wait_gone(self) -> None:
        """Wait until nothing runs for the directory."""
        if self.process is not None:
            self.process.wait(_GONE_SECONDS)
        deadline = time.monotonic() + _GONE_SECONDS
        while remaining := self.processes():
            assert time.monotonic() < deadline, remaining
            time.sleep(0.05)

    def stop(self) -> int:
        """Ctrl-C, and the exit code."""
        return 0 if self.process is None else stop(self.process)


def free_ports() -> dict[str, int]:
    """Free ports for an installation's parts, by the names of its options."""
    return {name: free_port() for name in ("portal", "idp", "aws")}
