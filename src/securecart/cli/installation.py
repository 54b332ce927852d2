"""The data directory: what one installation keeps, and when it may be used.

installation.json   account, region, layout version: written last, so a
directory without it was never finished
keys/               one root key a process, 0600
securecart.db       IAM, KMS, buckets, redeemed assertions
portal.db, idp.db   sign-in sessions of each
idp/                the stand-in's people and signing key
journal/            CloudTrail records
store/              SeaweedFS
ready.json          only while everything answers
"""

import fcntl
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from securecart.names.errors import SecureCartError

_LAYOUT = 1
_KEY_LENGTH = 32
_KEYS = ("root", "portal", "idp")
_RANDOM = Path("/dev/urandom")


class DataDirectoryError(SecureCartError):
    """The data directory cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Installation:
    """A data directory that is whole, and what it says of itself."""

    directory: Path
    account: str
    region: str

    def key(self, name: str) -> bytes:
        """The root key of one process: `root`, `portal` or `idp`.

        Raises:
            DataDirectoryError: if it is missing or cut short.
        """
        return self.key_file(name).read_bytes()

    def key_file(self, name: str) -> Path:
        """Where that key is, which is not read here.

        Raises:
            DataDirectoryError: if it is missing or cut short.
        """
        path = self.directory / "keys" / f"{name}.key"
        try:
            with path.open("rb", buffering=0) as file:
                length = os.fstat(file.fileno()).st_size
        except OSError as error:
            raise DataDirectoryError(
                f"{path}: {error.strerror}. Without it nothing that it sealed can be "
                "read: put it back from a backup, or choose another --data-dir."
            ) from None
        if length != _KEY_LENGTH:
            raise DataDirectoryError(
                f"{path} is not a {_KEY_LENGTH}-byte key: put it back from a backup."
            )
        return path

    @property
    def ready_file(self) -> Path:
        """Says where everything answers, while it does."""
        return self.directory / "ready.json"

    @property
    def database(self) -> Path:
        """IAM, KMS, buckets and redeemed assertions."""
        return self.directory / "securecart.db"


def open_installation(directory: Path) -> Installation:
    """Read a data directory that was set up before.

    Raises:
        DataDirectoryError: if it was not, or parts of it are gone.
    """
    marker = directory / "installation.json"
    try:
        document = json.loads(marker.read_bytes())
        installation = Installation(
            directory, str(document["account"]), str(document["region"])
        )
        layout = document["layout"]
    except FileNotFoundError:
        raise DataDirectoryError(
            f"{directory} holds no SecureCart installation: run `securecart up` first, "
            "or name the right --data-dir."
        ) from None
    except OSError as error:
        raise DataDirectoryError(f"{marker}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise DataDirectoryError(
            f"{marker} is damaged: put it back from a backup, or choose another "
            "--data-dir."
        ) from None
    if layout != _LAYOUT:
        raise DataDirectoryError(
            f"{directory} was written by another version of SecureCart (layout "
            f"{layout}, here {_LAYOUT})."
        )
    return installation


def prepare_installation(
    directory: Path, *, account: str | None, region: str
) -> Installation:
    """Open the data directory, setting it up first where it is new.

    Interrupting and running again is safe: the marker is written last, and
    keys that are there already are kept.

    Raises:
        DataDirectoryError: if it cannot be written, holds something else, or
            belongs to another account or region than the configuration says.
    """
    marker = directory / "installation.json"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
        if not marker.exists():
            _refuse_what_is_not_ours(directory)
            _write_keys(directory / "keys")
            _write_atomically(
                marker,
                {
                    "layout": _LAYOUT,
                    "account": account or _new_account(),
                    "region": region,
                },
            )
    except OSError as error:
        raise DataDirectoryError(
            f"{directory} cannot be written ({error.strerror}): choose another "
            "--data-dir, or give yourself the right to write there."
        ) from None
    installation = open_installation(directory)
    for name in _KEYS:
        installation.key_file(name)
    for name, wanted, found in (
        ("account.id", account, installation.account),
        ("account.region", region, installation.region),
    ):
        if wanted not in {None, found}:
            raise DataDirectoryError(
                f"{directory} was set up with {name} = {found!r}, the configuration "
                f"says {wanted!r}: put it back, or choose another --data-dir."
            )
    return installation


def lock(installation: Installation) -> int:
    """Hold the directory for this process; answers the lock's descriptor.

    Raises:
        DataDirectoryError: if another `securecart up` holds it.
    """
    descriptor = os.open(
        installation.directory / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600
    )
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise DataDirectoryError(
            f"{installation.directory} is in use by another `securecart up`: stop "
            "that one, or choose another --data-dir."
        ) from None
    return descriptor


def _refuse_what_is_not_ours(directory: Path) -> None:
    found = {entry.name for entry in directory.iterdir()}
    if "securecart.db" in found:
        raise DataDirectoryError(
            f"{directory} has documents' keys and policies but its installation.json "
            "is gone: put it back from a backup, or choose another --data-dir."
        )
    if strangers := found - {"keys", "lock"}:
        raise DataDirectoryError(
            f"{directory} is not empty and holds no SecureCart installation (found "
            f"{min(strangers)!r}): choose another --data-dir."
        )


def _write_keys(directory: Path) -> None:
    directory.mkdir(mode=0o700, exist_ok=True)
    for name in _KEYS:
        path = directory / f"{name}.key"
        if path.exists() and path.stat().st_size == _KEY_LENGTH:
            continue
        # Whoever sets up forks parts that must not have each other's keys, not
        # even in memory that was given back.
        secret = bytearray(_KEY_LENGTH)
        with _RANDOM.open("rb", buffering=0) as random:
            if random.readinto(secret) != _KEY_LENGTH:
                raise DataDirectoryError(f"{_RANDOM} gave too few bytes for a key")
        _write_bytes_atomically(path, secret)
        secret[:] = bytes(_KEY_LENGTH)


def _new_account() -> str:
    """Twelve digits; AWS's own account ids do not begin with 0 either."""
    return str(secrets.choice(range(10**11, 10**12)))


def _write_atomically(path: Path, document: object) -> None:
    _write_bytes_atomically(path, json.dumps(document, indent=2).encode() + b"\n")


def _write_bytes_atomically(path: Path, content: bytes | bytearray) -> None:
    partial = path.with_name(f".{path.name}.partial")
    descriptor = os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    # Without a buffer, which would keep a copy of a key.
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        rest = memoryview(content)
        while rest:
            rest = rest[file.write(rest) :]
        os.fsync(file.fileno())
    partial.replace(path)


def write_ready(installation: Installation, document: object) -> None:
    """Write `ready.json` (0600), whole or not at all."""
    _write_atomically(installation.ready_file, document)


def kept_secret(path: Path) -> str:
    """A secret in a file of its own (0600), made when first asked for."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, exist_ok=True)
        _write_bytes_atomically(path, secrets.token_hex(_KEY_LENGTH).encode())
    return path.read_text().strip()
