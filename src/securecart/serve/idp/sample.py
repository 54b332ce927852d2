"""Inventing a company: employees from a seed, passwords from randomness.

Pure. The same seed gives the same people on every machine and for every
size of company: the first hundred of 1,200 are the hundred of a small one.
"""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from securecart.names.clock import Random
from securecart.serve.idp.employee import Employee
from securecart.serve.idp.sample_words import (
    FAMILY_NAMES,
    GIVEN_NAMES,
    PASSWORD_WORDS,
)

DEFAULT_COUNT = 1200
"""The company the project measures itself by."""

MAX_COUNT = 100_000
"""The directory is one JSON file read into memory; this is some 25 MB of it."""

_DEPARTMENTS = (
    *("engineering",) * 6,
    *("sales",) * 3,
    *("support",) * 3,
    *("operations",) * 2,
    *("finance",) * 2,
    *("marketing",) * 2,
    *("research",) * 2,
    "people",
    "legal",
    "executives",
)
"""Repeated as often as a company has such people."""

MFA_DEPARTMENTS = frozenset({"legal", "executives"})
"""Who must use a one-time code."""

SAMPLE_DEPARTMENTS = ("engineering", "finance", "legal")
"""The departments of the three who can sign in at once; the last by MFA."""

_FIRST_EMPLOYEE_ID = 100_001
_PASSWORD_WORD_COUNT = 4
_PASSWORD_DIGITS = 2

_ASCII_LETTERS = str.maketrans("ŁłØøı", "LlOoi")
"""The letters of the sample names that Unicode does not decompose."""


@dataclass(frozen=True, slots=True)
class SampleSignIn:
    """Somebody a newcomer may sign in as; printed at every start."""

    username: str
    password: str = field(repr=False)
    totp_secret: str | None = field(repr=False)
    department: str


def invent_employees(*, seed: str, count: int, domain: str) -> Iterator[Employee]:
    """Yield that many employees with e-mail addresses at `domain`.

    Nobody has a password or a one-time code yet. The first three belong to
    the sample departments, so that the smallest company has its samples.

    Raises:
        ValueError: if `count` is outside of 3 … `MAX_COUNT`.
    """
    if not len(SAMPLE_DEPARTMENTS) <= count <= MAX_COUNT:
        raise ValueError(
            f"the number of employees is between 3 and {MAX_COUNT}, not {count}"
        )
    seen: Counter[str] = Counter()
    for number in range(count):
        given = _choose(seed, number, "given name", GIVEN_NAMES)
        family = _choose(seed, number, "family name", FAMILY_NAMES)
        department = (
            SAMPLE_DEPARTMENTS[number]
            if number < len(SAMPLE_DEPARTMENTS)
            else _choose(seed, number, "department", _DEPARTMENTS)
        )
        plain = f"{_ascii(given)}.{_ascii(family)}"
        seen[plain] += 1
        username = plain if seen[plain] == 1 else f"{plain}{seen[plain]}"
        yield Employee(
            username=username,
            given_name=given,
            family_name=family,
            email=f"{username}@{domain}",
            department=department,
            employee_id=str(_FIRST_EMPLOYEE_ID + number),
        )


def invent_password(random: Random) -> str:
    """Make a readable password such as `maple-otter-river-flint-42`.

    Four of 128 words and two digits are 34 bits: ample behind argon2 and a
    limit on attempts, and no worse than what an administrator would hand out.
    """
    words = [
        PASSWORD_WORDS[byte % len(PASSWORD_WORDS)]
        for byte in random(_PASSWORD_WORD_COUNT)
    ]
    digits = int.from_bytes(random(8)) % 10**_PASSWORD_DIGITS
    return "-".join([*words, f"{digits:0{_PASSWORD_DIGITS}}"])


def _choose(seed: str, number: int, what: str, options: Sequence[str]) -> str:
    digest = hashlib.sha256(f"{seed}\0{number}\0{what}".encode()).digest()
    return options[int.from_bytes(digest[:8]) % len(options)]


def _ascii(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.translate(_ASCII_LETTERS))
    return "".join(c for c in decomposed if c.isascii() and c.isalpha()).lower()
