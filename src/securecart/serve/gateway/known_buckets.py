"""Buckets as they are set up, kept until any of them changes."""

from securecart.s3 import Bucket, Buckets
from securecart.s3.errors import NoSuchBucket

_MOST = 1024
"""Buckets kept; AWS gives an account 10,000, an installation here has few."""


class KnownBuckets:
    """Reads buckets through; for the one thread of the event loop."""

    def __init__(self, buckets: Buckets) -> None:
        self._buckets = buckets
        self._generation: int | None = None
        self._known: dict[str, Bucket] = {}

    def find(self, name: str | None) -> Bucket | None:
        """Answer the bucket as of the last change; None if there is none."""
        if name is None:
            return None
        generation = self._buckets.generation()
        if generation != self._generation or len(self._known) >= _MOST:
            self._generation, self._known = generation, {}
        bucket = self._known.get(name)
        if bucket is None:
            try:
                bucket = self._buckets.get(name)
            except NoSuchBucket:
                return None
            self._known[name] = bucket
        return bucket
