"""What the workers of the AWS endpoint are told by the process that starts them."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from securecart.serve.gateway import Scoreboard


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """What all of them are told, `workers` in number.

    `sockets` and `monitoring` are descriptors that they inherit.
    """

    data: str
    workers: int
    sockets: tuple[int, ...]
    monitoring: tuple[int, ...]
    private_hosts: tuple[str, ...]
    oidc_hosts: tuple[str, ...]
    bucket_hosts: tuple[str, ...]
    connections: int
    session_requests: int
    kept_bytes: int
    access_log: bool
    syncs: bool

    def to_json(self) -> str:
        """Answer the text for a command line; nothing in it is secret."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "WorkerOptions":
        """Read what `to_json` wrote."""
        found: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in json.loads(text).items()
        }
        return cls(**found)


@dataclass(frozen=True, slots=True)
class Worker:
    """One of them; `index` says which of them it is."""

    options: WorkerOptions
    index: int
    scoreboard: Scoreboard
