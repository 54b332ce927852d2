"""A provider and an installation that trusts it, on a clock that a test moves."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from tests.installation import in_background, stop, wait_ready
from tests.interop.identity_providers.openid.setting import Provider, Setting
from tests.interop.peer import Peer

_PROGRAM = Path(__file__).parents[3] / "e2e/on_moved_clock.py"


class Startable(Provider, Protocol):
    """A provider that can be started."""

    settings: str
    """What its guide has in securecart.toml."""
    clock: Path
    """A file with the seconds that the clock is ahead."""

    def peer(self) -> Peer:
        """Its process, to be started."""


P = TypeVar("P", bound=Startable)


@dataclass
class World(Generic[P]):
    """Both, while they run."""

    provider: P
    peer: Peer
    setting: Setting
    ahead: float = 0

    def pass_by(self, *, seconds: float) -> None:
        """Move the clock on."""
        self.ahead += seconds
        partial_file = self.provider.clock.with_suffix(".partial")
        partial_file.write_text(str(self.ahead))
        partial_file.replace(self.provider.clock)

    def restart_provider(self) -> None:
        """Stop it, and start it with what was configured since."""
        self.peer.__exit__(None, None, None)
        self.peer = self.provider.peer().__enter__()


@contextmanager
def running_world(
    folder: Path, ports: dict[str, int], provider: P, more_settings: str = ""
) -> Iterator[World[P]]:
    """Start the provider, then `securecart up` with the settings of its guide."""
    provider.clock.write_text("0")
    (folder / "securecart.toml").write_text(provider.settings + more_settings)
    (folder / "oidc-client.secret").write_text(provider.secret)
    command = [sys.executable, str(_PROGRAM), "up", "--data-dir", str(folder / "data")]
    for name, port in ports.items():
        command += [f"--{name}-port", str(port)]
    clock = {"TEST_CLOCK": str(provider.clock)}
    peer = provider.peer().__enter__()
    # Tests start it anew, so it is not bound to a block of its own.
    running = []
    process = in_background(command, folder / "data", clock)
    try:
        setting = Setting(wait_ready(folder / "data", process), provider)
        running.append(World(provider, peer, setting))
        yield running[0]
    finally:
        (running[0].peer if running else peer).__exit__(None, None, None)
        assert stop(process) == 0
