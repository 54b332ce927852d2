"""The directory file: who works here, and how they prove it.

`directory.json` (0600) holds every employee; `sample-sign-ins.json` (0600)
beside it the passwords of the three samples in plain text, because every
start shows them. Both are replaced whole, so no reader ever sees half a file.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Self

from securecart.names.clock import Random
from securecart.names.errors import SecureCartError
from securecart.serve.idp.employee import Employee
from securecart.serve.idp.one_time_code import new_secret
from securecart.serve.idp.passwords import hash_password
from securecart.serve.idp.private_file import replace_file
from securecart.serve.idp.sample import (
    DEFAULT_COUNT,
    MFA_DEPARTMENTS,
    SAMPLE_DEPARTMENTS,
    SampleSignIn,
    invent_employees,
    invent_password,
)

_SAMPLE_SIGN_INS = "sample-sign-ins.json"


class DirectoryError(SecureCartError):
    """The directory file cannot be used; the message says which and why."""


class UnknownEmployee(SecureCartError):
    """Nobody of that user name works here."""


class Directory:
    """The employees in a directory file, read again when it changes.

    So a password that an administrator sets counts at once in the running
    identity provider. Safe to share between threads.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = _stamp(path), _read(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Open a directory file.

        Raises:
            DirectoryError: if it is missing or is not a directory file.
        """
        return cls(path)

    @classmethod
    def create_sample(
        cls,
        path: Path,
        *,
        seed: str,
        domain: str,
        random: Random,
        count: int = DEFAULT_COUNT,
    ) -> Self:
        """Invent a company and write its directory and its sample sign-ins.

        Three people get passwords, the others none (`set_password` gives
        them one): hashing 1,200 would take half a minute.

        Raises:
            ValueError: if `count` is out of bounds.
        """
        employees = {}
        sign_ins = []
        for number, invented in enumerate(
            invent_employees(seed=seed, count=count, domain=domain)
        ):
            employee = invented
            if employee.department in MFA_DEPARTMENTS:
                employee = replace(employee, totp_secret=new_secret(random))
            if number < len(SAMPLE_DEPARTMENTS):
                password = invent_password(random)
                employee = replace(employee, password_hash=hash_password(password))
                sign_ins.append(
                    SampleSignIn(
                        username=employee.username,
                        password=password,
                        totp_secret=employee.totp_secret,
                        department=employee.department,
                    )
                )
            employees[employee.username] = employee
        # The directory goes last: once it is there, all of it is there.
        _write_samples(path, sign_ins)
        _write(path, employees)
        return cls(path)

    def find(self, username: str) -> Employee | None:
        """Answer the employee of that user name, or None."""
        return self._employees().get(username)

    def __iter__(self) -> Iterator[Employee]:
        return iter(self._employees().values())

    def __len__(self) -> int:
        return len(self._employees())

    def _employees(self) -> Mapping[str, Employee]:
        stamp = _stamp(self._path)
        if stamp != self._read[0]:
            self._read = stamp, _read(self._path)
        return self._read[1]


def set_password(path: Path, username: str, password: str) -> None:
    """Give one employee a password.

    Raises:
        UnknownEmployee: if there is nobody of that user name.
        ValueError: if the password is empty or too long.
    """
    set_passwords(path, {username: password})


def set_passwords(path: Path, passwords: Mapping[str, str]) -> None:
    """Give employees passwords, by user name: all of them or, on error, none.

    About 30 ms a password. A sample's stands in its file again, since every
    start shows it.

    Raises:
        UnknownEmployee: if there is nobody of one of the user names.
        ValueError: if a password is empty or too long.
    """
    with _sole_writer(path):
        employees = dict(_read(path))
        for username, password in passwords.items():
            if username not in employees:
                raise UnknownEmployee(f"nobody has the user name {username!r}")
            employees[username] = replace(
                employees[username], password_hash=hash_password(password)
            )
        _write(path, employees)
        samples = sample_sign_ins(path)
        _write_samples(
            path,
            [
                replace(each, password=passwords.get(each.username, each.password))
                for each in samples
            ],
        )


def sample_sign_ins(path: Path) -> tuple[SampleSignIn, ...]:
    """Answer the sample sign-ins that stand beside a directory file.

    Raises:
        DirectoryError: if their file is missing or not one of ours.
    """
    file = path.parent / _SAMPLE_SIGN_INS
    try:
        document = json.loads(file.read_bytes())
        return tuple(SampleSignIn(**each) for each in document["sample_sign_ins"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DirectoryError(f"{file} cannot be read: {error}") from error


def _read(path: Path) -> Mapping[str, Employee]:
    try:
        document = json.loads(path.read_bytes())
        employees = [Employee(**each) for each in document["employees"]]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DirectoryError(f"{path} cannot be read: {error}") from error
    return {employee.username: employee for employee in employees}


def _write(path: Path, employees: Mapping[str, Employee]) -> None:
    document = {"employees": [asdict(each) for each in employees.values()]}
    replace_file(path, _to_json(document))


def _write_samples(path: Path, sign_ins: Sequence[SampleSignIn]) -> None:
    document = {"sample_sign_ins": [asdict(each) for each in sign_ins]}
    replace_file(path.parent / _SAMPLE_SIGN_INS, _to_json(document))


def _to_json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _stamp(path: Path) -> tuple[int, int, int]:
    """What changes whenever the file is replaced."""
    try:
        status = path.stat()
    except OSError as error:
        raise DirectoryError(f"{path} cannot be read: {error}") from error
    return status.st_mtime_ns, status.st_ino, status.st_size


@contextmanager
def _sole_writer(path: Path) -> Iterator[None]:
    """Keep a second administrator out between reading and writing."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
