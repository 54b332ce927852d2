"""Installations that trust an OpenID provider, on a clock that a test moves."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.installation import Running, in_background, stop, wait_ready

_PROGRAM = Path(__file__).parents[3] / "e2e/on_moved_clock.py"


@contextmanager
def running_on(
    folder: Path, ports: dict[str, int], *, settings: str, secret: str, clock: Path
) -> Iterator[Running]:
    """Run `securecart up` with these settings; `clock` says how far it is ahead."""
    (folder / "securecart.toml").write_text(settings)
    (folder / "oidc-client.secret").write_text(secret)
    command = [sys.executable, str(_PROGRAM), "up", "--data-dir", str(folder / "data")]
    for name, port in ports.items():
        command += [f"--{name}-port", str(port)]
    process = in_background(command, folder / "data", {"TEST_CLOCK": str(clock)})
    try:
        yield wait_ready(folder / "data", process)
    finally:
        assert stop(process) == 0
