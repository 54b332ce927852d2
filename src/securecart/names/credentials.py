"""What a request is signed with."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key pair; temporary ones carry a session token and an end.

    The secret parts are kept out of `repr`, and so out of logs.
    """

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    expiration: datetime | None = None
