"""Starting, stopping, being killed, and starting again."""

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


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
