"""What every command works on: settings, and a data directory."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    # What reads the configuration takes memory, and workers do not read it.
    from securecart.cli.settings import Settings

DEFAULT_DATA = Path("securecart-data")
"""Where everything is kept unless `--data-dir` says otherwise."""

_PORTS = {"portal": 8080, "idp": 8081, "aws": 9000}
_HTTP_PORT = 80


@dataclass(frozen=True, slots=True)
class Place:
    """The configuration in force, the file it came from, and the data.

    `ports` are those that the command line chose, by part.
    """

    settings: "Settings"
    config: Path | None
    data: Path
    ports: Mapping[str, int]

    def listening(self, part: str) -> str:
        """Where `portal`, `idp` or `aws` listens: always on loopback.

        With an https address a proxy on this machine ends TLS and comes here.
        """
        settings = self.settings
        address = {
            "portal": settings.endpoints.portal,
            "idp": settings.endpoints.idp,
            "aws": settings.aws_endpoint or "",
        }[part]
        port = self.ports.get(part, _PORTS[part])
        if address.startswith("http://"):
            port = urlsplit(address).port or _HTTP_PORT
        return f"http://localhost:{port}"

    @property
    def directory_file(self) -> Path:
        """The stand-in's people."""
        return self.data / "idp" / "directory.json"
