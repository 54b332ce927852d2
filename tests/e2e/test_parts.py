"""The parts that `up` forks: each has its own, and is kept running."""

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

pytestmark = pytest.mark.slow

_LISTENING = "0A"
"""TCP_LISTEN in /proc/net/tcp."""
_SECONDS = 15.0
_KEYS = {"parts": "", "portal": "portal", "idp": "idp", "worker 0": "root"}
"""Whose root key each process may have."""


def _parts(home: Any) -> dict[str, int]:
    """The processes that were forked, by name; `up` has the name of its program."""
    named = {name.split(": ")[0]: pid for pid, name in home.processes().items()}
    return {name: pid for name, pid in named.items() if name in _KEYS}


def _has(pid: int, secret: bytes) -> bool:
    """Whether it is anywhere in what a process may write to, given back or not."""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            start, end, rights = re.split("[- ]", line, maxsplit=3)[:3]
            if rights.startswith("rw"):
                memory.seek(int(start, 16))
                if secret in memory.read(int(end, 16) - int(start, 16)):
                    return True
    return False


def _assert_no_others_key(home: Any) -> None:
    parts = _parts(home)
    assert parts.keys() == _KEYS.keys()
    for name, pid in parts.items():
        for file in (home.data / "keys").iterdir():
            if file.stem != _KEYS[name]:
                assert not _has(pid, file.read_bytes()), (name, file)
    # What is looked for would be found.
    assert _has(parts["portal"], (home.data / "portal/client.secret").read_bytes())


def test_no_part_has_the_key_of_another(home: Any) -> None:
    """Neither when it is made, nor when it is there; the parent of all has none."""
    for _ in ("made", "there"):
        home.up()
        _assert_no_others_key(home)
        assert home.stop() == 0


def _listening(pid: int) -> set[int]:
    """The ports that a process can take connections from."""
    ports = {}
    for family in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{family}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == _LISTENING:
                ports[f"socket:[{words[9]}]"] = int(words[1].rpartition(":")[2], 16)
    found = set()
    for each in Path(f"/proc/{pid}/fd").iterdir():
        # One may be closed while we look.
        if os.path.lexists(each) and (port := ports.get(str(each.readlink()))):
            found.add(port)
    return found


def _port(home: Any, part: str) -> int:
    return urlsplit(home.running().ready[part]).port or 80


def test_each_part_has_its_own_port_and_log(home: Any) -> None:
    """Nobody can take what comes for another; Ctrl-C is for `up` alone to hear."""
    up = home.up().process.pid
    parts = _parts(home)
    own = {"portal": {"portal"}, "idp": {"idp"}, "worker 0": {"aws"}}
    own["parts"] = {"portal", "idp", "aws"}
    for name, pid in parts.items():
        assert _listening(pid) == {_port(home, each) for each in own[name]}
        log = home.data / "logs" / ("aws.log" if "worker" in name else f"{name}.log")
        assert log.stat().st_mode & 0o777 == 0o600
        for descriptor in (1, 2):
            assert log.samefile(f"/proc/{pid}/fd/{descriptor}")
        assert os.getsid(pid) != os.getsid(up)
    assert not _listening(up)


@pytest.mark.parametrize("part", ["portal", "idp"])
def test_one_that_ends_is_started_again_and_the_others_stay(
    home: Any, part: str
) -> None:
    """Who asks meanwhile waits; the log says that it ended."""
    address = home.up().ready[part]
    before = _parts(home)
    os.kill(before[part], signal.SIGKILL)
    with httpx.Client(trust_env=False, timeout=_SECONDS) as client:
        assert client.get(f"{address}/healthz").status_code == 200
    after = _parts(home)
    assert after.pop(part) != before.pop(part)
    assert after == before
    told = (home.data / "logs/parts.log").read_text()
    assert '"message":"a part ended"' in told
    assert f'"part":"{part}","status":-9' in told


def test_up_ends_when_the_parent_of_the_parts_is_killed(home: Any) -> None:
    """With one line that says so, an error, and nothing that runs any more."""
    process = home.up().process
    os.kill(_parts(home)["parts"], signal.SIGKILL)
    assert process.wait(_SECONDS) == 1
    home.wait_gone()
    assert not (home.data / "ready.json").exists()
    last = (home.data.parent / "output.txt").read_text().splitlines()[-1]
    assert last.startswith("securecart: the process that keeps the parts has ended")


def test_a_part_that_cannot_start_says_why_and_goes_on_trying(home: Any) -> None:
    """One line each time, in its log; it serves once what it needs is there."""
    running = home.up()
    key, aside = home.data / "keys/portal.key", home.data / "keys/aside"
    key.rename(aside)
    log = home.data / "logs/portal.log"
    os.kill(_parts(home)["portal"], signal.SIGKILL)
    _wait_until(lambda: log.read_text().count("portal.key: No such file") >= 2)
    assert "Traceback" not in log.read_text()
    aside.rename(key)
    with httpx.Client(trust_env=False, timeout=_SECONDS) as client:
        assert client.get(f"{running.portal}/healthz").status_code == 200


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
