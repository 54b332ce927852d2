"""Small values in JSON, sealed for one place and read back as their type."""

import base64
import binascii
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from securecart.names.clock import Random
from securecart.sealing import Keyring, Unsealable

T = TypeVar("T")


class SealedForm(Generic[T]):
    """How values of one type are sealed. `purpose` names the type.

    A value is bound to its place too (a record's key, a cookie's name), so
    that nobody who can write there can move one to another place.
    """

    def __init__(
        self, kind: type[T], *, purpose: str, keyring: Keyring, random: Random
    ) -> None:
        self._json = TypeAdapter(kind)
        self._purpose = purpose
        self._keyring = keyring
        self._random = random

    def seal(self, value: T, place: str) -> bytes:
        """Answer the sealed bytes."""
        return self._keyring.seal(
            self._json.dump_json(value),
            purpose=f"{self._purpose} {place}",
            random=self._random,
        )

    def unseal(self, sealed: bytes, place: str) -> T:
        """Answer the value.

        Raises:
            Unsealable: if it was not sealed by us for this place.
        """
        plain = self._keyring.unseal(sealed, purpose=f"{self._purpose} {place}")
        try:
            return self._json.validate_json(plain)
        except ValidationError:
            # Its message would quote the value.
            raise Unsealable("sealed by another version of the portal") from None


def to_text(data: bytes) -> str:
    """Encode for a cookie or an address: base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    """Undo `to_text`.

    Raises:
        Unsealable: if the text is not of that form.
    """
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Unsealable("not base64url") from None
