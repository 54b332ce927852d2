"""Where the processes of a running store are, for those beside its S3 endpoint.

The store writes it at each start, and whoever speaks to filer and volume server
reads it: ports are chosen anew each time, and so are the keys of their tokens. A
file says from what they are derived; without the store's own key it says nothing.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from securecart.sealing import derive

LOCATION_FILE = "processes.json"
_KEYS = (
    "WEED_JWT_SIGNING_KEY",
    "WEED_JWT_SIGNING_READ_KEY",
    "WEED_JWT_FILER_SIGNING_KEY",
    "WEED_JWT_FILER_SIGNING_READ_KEY",
)


@dataclass(frozen=True, slots=True)
class Location:
    """One start of a store.

    Attributes:
        filer_socket: where the filer answers HTTP.
        filer_grpc: its port on loopback, behind mutual TLS.
        volume: the volume server's HTTP port on loopback.
        certificates: the directory of the authority and the client's certificate.
        salt: makes the keys those of this start.
    """

    filer_socket: str
    filer_grpc: int
    volume: int
    certificates: str
    salt: str

    def to_json(self) -> bytes:
        """Write it down."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def read(cls, directory: Path) -> "Location":
        """Read what the store of a directory wrote last.

        Raises:
            ConnectionError: it was never started, or the file is none.
        """
        try:
            return cls(**json.loads((directory / LOCATION_FILE).read_bytes()))
        except (OSError, TypeError, ValueError) as error:
            raise ConnectionError(f"no store is known of: {error}") from error


def token_keys(store_key: bytes, salt: str) -> dict[str, str]:
    """Answer the keys of the store's tokens, by the variables that set them."""
    return {name: derive(store_key, f"{name} {salt}").hex() for name in _KEYS}
