"""Identity providers that others wrote: started for real, or said to be missing."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import pytest

_START_SECONDS = 40
_STOP_SECONDS = 10


def may_be_missing(environment: Mapping[str, str], *, installable: bool) -> bool:
    """Whether a test may be left out where its peer is not installed.

    Never under CI, and never where `make test` could have installed it.
    """
    return environment.get("CI", "").lower() not in ("1", "true") and not installable


def require(present: bool, what: str, how: str) -> None:  # noqa: FBT001 - the fact itself
    """Go on if a peer is there; else fail, or skip where that is excusable.

    `how` says how to get it.
    """
    if present:
        return
    told = f"{what} is missing. {how}"
    if may_be_missing(os.environ, installable=_is_root_on_debian()):
        pytest.skip(told)
    pytest.fail(told)


def _is_root_on_debian() -> bool:
    """Whether `tools/debian-packages` installs what is missing."""
    if shutil.which("apt-get") is None:
        return False
    if os.geteuid() == 0:
        return True
    sudo = shutil.which("sudo")
    command = [str(sudo), "-n", "true"]
    return sudo is not None and subprocess.run(command, check=False).returncode == 0


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Peer:
    """A provider's process, from when it answers until the block ends."""

    command: Sequence[str]
    ready: str
    """An address that answers, and with no server error, once the provider is up."""
    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def log(self) -> Path:
        """What it printed."""
        return self.directory / "peer.log"

    def __enter__(self) -> Self:
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                self.command,
                cwd=self.directory,
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(httpx.TransportError):
                answer = httpx.get(self.ready, trust_env=False)
                if not answer.is_server_error:
                    return self
            time.sleep(0.05)
        self._stop()
        raise AssertionError(f"{self.command[0]}: {self.log.read_text()[-4000:]}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_STOP_SECONDS)
