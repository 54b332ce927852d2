"""What a person granted a client, and the secrets that stand for it."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from securecart.names.clock import Random
from securecart.names.expiring import ExpiringRecords
from securecart.serve.idp.login_session import random_text

ACCESS_TOKEN_LIFE = timedelta(minutes=10)
"""It opens the userinfo endpoint only, which is asked right after sign-in."""

_CODE_LIFE = timedelta(minutes=1)
"""RFC 6749 section 4.1.2 allows ten minutes; the browser needs a second."""


@dataclass(frozen=True, slots=True)
class Granted:
    """One authorization, from the code through every refresh.

    All codes and tokens that come of it are one `family`: when one of them is
    used twice, somebody stole it, and the family ends. `login` is the key of
    the login session it hangs on; moments are in seconds since 1970.
    """

    family: str
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str
    login: str
    session_id: str
    username: str
    auth_time: float
    amr: tuple[str, ...]
    acr: str
    ends_at: float


class Kind(Enum):
    """The secrets that stand for a grant."""

    CODE = "code"
    ACCESS_TOKEN = "access"  # noqa: S105 -- the name of a kind
    REFRESH_TOKEN = "refresh"  # noqa: S105 -- likewise


class Grants:
    """Codes and tokens in expiring records, under their digests.

    Codes and refresh tokens are good once. A second use ends the family
    (RFC 6749 section 4.1.2; RFC 9700 section 4.14.2).
    """

    def __init__(self, records: ExpiringRecords, random: Random) -> None:
        self._records = records
        self._random = random

    def begin_family(self, *, ends_at: datetime) -> str:
        """Answer the name of a new family that lives until then."""
        family = random_text(self._random)
        self._records.put(_family_key(family), b"", expires_at=ends_at)
        return family

    def keep(self, kind: Kind, secret: str, granted: Granted, *, now: datetime) -> None:
        """Let the secret stand for the grant, for as long as its kind lives."""
        end = datetime.fromtimestamp(granted.ends_at, UTC)
        if kind is Kind.CODE:
            end = min(end, now + _CODE_LIFE)
        elif kind is Kind.ACCESS_TOKEN:
            end = min(end, now + ACCESS_TOKEN_LIFE)
        self._records.put(
            _key(kind, secret), json.dumps(asdict(granted)).encode(), expires_at=end
        )

    def find(self, kind: Kind, secret: str, *, now: datetime) -> Granted | None:
        """Answer what the secret stands for, without using it up."""
        value = self._records.get(_key(kind, secret), now=now)
        if value is None:
            self._end_family_of_spent(kind, secret, now=now)
            return None
        document = json.loads(value)
        granted = Granted(**{**document, "amr": tuple(document["amr"])})
        alive = self._records.get(_family_key(granted.family), now=now) is not None
        return granted if alive else None

    def spend(
        self, kind: Kind, secret: str, granted: Granted, *, now: datetime
    ) -> bool:
        """Use the secret up; say whether it was there to be used.

        The mark that it was spent is made first, so of two at the same moment
        the later finds it and ends the family.
        """
        key = _key(kind, secret)
        self._records.put(
            _spent_key(key),
            granted.family.encode(),
            expires_at=datetime.fromtimestamp(granted.ends_at, UTC),
        )
        if self._records.take(key, now=now) is None:
            self._records.delete(_family_key(granted.family))
            return False
        return True

    def _end_family_of_spent(self, kind: Kind, secret: str, *, now: datetime) -> None:
        family = self._records.get(_spent_key(_key(kind, secret)), now=now)
        if family is not None:
            self._records.delete(_family_key(family.decode()))


def _key(kind: Kind, secret: str) -> str:
    return f"{kind.value}:{hashlib.sha256(secret.encode()).hexdigest()}"


def _spent_key(key: str) -> str:
    return f"spent:{key}"


def _family_key(family: str) -> str:
    return f"family:{family}"
