"""Some of a journal's records, and the way to those before them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from securecart.names.errors import SecureCartError


@dataclass(frozen=True, slots=True)
class TrailPage:
    """Records as `parse_record` reads them, the newest first.

    `older` is where to go on, None where the journal begins. One look at a
    journal is bounded, so a page without a record may still lead on.
    """

    records: tuple[Mapping[str, Any], ...]
    older: str | None


class NoSuchPlace(SecureCartError):
    """A journal was asked to go on from what is no `TrailPage.older` of its."""
