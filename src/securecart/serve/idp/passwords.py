"""Password hashes: argon2id."""

import threading

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

MAX_LENGTH = 1024
"""Characters; argon2 takes any length, so a form must stop somewhere."""

_HASHER = PasswordHasher(
    # OWASP Password Storage Cheat Sheet, "Argon2id": 19 MiB, two passes, one
    # lane. About 20 ms here: dear for a thief, cheap for a sign-in.
    time_cost=2,
    memory_cost=19 * 1024,
    parallelism=1,
    hash_len=32,
    salt_len=16,
    type=Type.ID,
)

_AT_ONCE = threading.BoundedSemaphore(4)
"""Each costs 19 MiB, and a core while it runs: a rush waits in line here."""

_NOBODYS_HASH = (
    "$argon2id$v=19$m=19456,t=2,p=1$c2VjdXJlY2FydC1pZHAtMA"
    "$Y29tcGFyZWQtYnV0LW5ldmVyLW1hdGNoZWQtYnktbWU"
)
"""What an unknown person's password is held against: the same parameters, so
the same work, and a digest that nobody's password has."""


def hash_password(password: str) -> str:
    """Answer the PHC string to keep in the directory.

    Raises:
        ValueError: if the password is empty or longer than `MAX_LENGTH`.
    """
    if not 0 < len(password) <= MAX_LENGTH:
        raise ValueError(f"a password has 1 to {MAX_LENGTH} characters")
    return _HASHER.hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    """Say whether the password is the right one.

    Without a hash (an unknown person, or one who has no password) the same
    work is done and the answer is no, so that time does not tell them apart.
    """
    if len(password) > MAX_LENGTH:
        return False
    with _AT_ONCE:
        try:
            _HASHER.verify(password_hash or _NOBODYS_HASH, password)
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None
