"""What every command works on: settings, and a data directory."""

from dataclasses import dataclass
from pathlib import Path

from securecart.cli.settings import Settings

DEFAULT_DATA = Path("securecart-data")
"""Where everything is kept unless `--data-dir` says otherwise."""


@dataclass(frozen=True, slots=True)
class Place:
    """The configuration in force, the file it came from, and the data."""

    settings: Settings
    config: Path | None
    data: Path

    @property
    def directory_file(self) -> Path:
        """The stand-in's people."""
        return self.data / "idp" / "directory.json"
