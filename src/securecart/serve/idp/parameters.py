"""What a stranger sends as a query string or a form: read strictly, bounded."""

from collections.abc import Mapping
from typing import Self
from urllib.parse import parse_qsl

from securecart.names.errors import SecureCartError

_MAX_PARAMETERS = 64
"""Three times what the longest OpenID request has."""

_MAX_VALUE = 4096
"""Characters, unless the caller says otherwise; an OpenID `state` or a
refused password never needs more."""


class BadRequest(SecureCartError):
    """The request cannot be understood; the message may be shown."""


class Parameters:
    """Names and values of one query string or form; no name repeats."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    @classmethod
    def parse(cls, encoded: bytes) -> Self:
        """Read `application/x-www-form-urlencoded` bytes.

        Raises:
            BadRequest: if there are too many, one repeats (RFC 6749 section
                3.1 forbids it, and two readers could choose differently), or
                the bytes are not UTF-8 once decoded.
        """
        try:
            pairs = parse_qsl(
                encoded.decode("ascii"),
                keep_blank_values=True,
                max_num_fields=_MAX_PARAMETERS,
                errors="strict",
            )
        except ValueError as error:
            raise BadRequest("The request's parameters cannot be read.") from error
        values = dict(pairs)
        if len(values) != len(pairs):
            raise BadRequest("The request repeats a parameter.")
        return cls(values)

    def get(self, name: str, *, limit: int = _MAX_VALUE) -> str | None:
        """Answer the value, or None where it is missing or empty.

        Raises:
            BadRequest: if it has more than `limit` characters.
        """
        value = self._values.get(name)
        if value is not None and len(value) > limit:
            raise BadRequest(f"The parameter {name} is too long.")
        return value or None

    def need(self, name: str, *, limit: int = _MAX_VALUE) -> str:
        """Answer the value.

        Raises:
            BadRequest: if it is missing, empty or too long.
        """
        value = self.get(name, limit=limit)
        if value is None:
            raise BadRequest(f"The parameter {name} is missing.")
        return value

    def mapping(self) -> Mapping[str, str]:
        """Answer all that was sent."""
        return self._values
