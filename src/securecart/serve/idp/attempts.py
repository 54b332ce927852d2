"""A bound on guessing: so many wrong answers, then a pause."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from securecart.names.expiring import ExpiringRecords

PAUSE = timedelta(minutes=15)
"""How long a wrong answer counts. OWASP Authentication Cheat Sheet, "Account
Lockout": a window, not a lock that only an administrator opens."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How many wrong answers within `PAUSE`, and to what."""

    what: str
    wrong_answers: int


PASSWORDS_OF_A_PERSON = Limit("password", 10)
"""At 34 bits, the weakest password here, ten a quarter of an hour would take
some 24,000 years."""

CODES_OF_A_PERSON = Limit("one-time code", 5)
"""Three of a million codes are right at once: five a quarter of an hour leave
a thief with the password about 1 in 700 a day."""

FAILURES_OF_AN_ADDRESS = Limit("address", 100)
"""One guess each at many people; an office behind one address stays below."""


class Attempts:
    """Counts wrong answers in slots, each an expiring record.

    A guess takes a slot before it is checked, so a hundred at the same moment
    get no further than a hundred in a row; a right answer gives its slot back.
    """

    def __init__(self, records: ExpiringRecords) -> None:
        self._records = records

    def reserve(self, limit: Limit, of: str, *, now: datetime) -> str | None:
        """Take a slot and answer its key, or None when all are taken."""
        for slot in _slots(limit, of):
            if self._records.insert(slot, b"", expires_at=now + PAUSE, now=now):
                return slot
        return None

    def release(self, slot: str) -> None:
        """Give a slot back: its answer was right."""
        self._records.delete(slot)

    def exhausted(self, limit: Limit, of: str, *, now: datetime) -> bool:
        """Say whether all slots are taken."""
        return all(
            self._records.get(slot, now=now) is not None for slot in _slots(limit, of)
        )


def _slots(limit: Limit, of: str) -> list[str]:
    # A digest, because what strangers type has no bound of its own.
    digest = hashlib.sha256(of.encode()).hexdigest()
    return [
        f"attempt:{limit.what}:{digest}:{number}"
        for number in range(limit.wrong_answers)
    ]
