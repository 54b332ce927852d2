"""What a worker of the AWS endpoint is told by the process that starts it."""

import json
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """What a worker is told; `index` says which of `workers` it is.

    `sockets`, `monitoring`, `scoreboard` and `lifeline` are descriptors that
    it inherits.
    """

    data: str
    index: int
    workers: int
    sockets: tuple[int, ...]
    monitoring: tuple[int, ...]
    scoreboard: int
    lifeline: int
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
