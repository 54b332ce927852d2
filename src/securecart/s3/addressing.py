"""Buckets that a host names: `<bucket>.<endpoint's host>`.

The signature covers host and path as they were sent. What is asked for is the
same in both styles, so a request is put into one of them after it was verified.

Source: Amazon S3 User Guide, "Virtual hosting of general purpose buckets".
"""

from collections.abc import Iterable
from dataclasses import replace

from securecart.s3.bucket_name import check_bucket_name
from securecart.wire.http import HttpRequest


class VirtualHosts:
    """The hosts below which a name is a bucket's; lower case, without a port."""

    def __init__(self, hosts: Iterable[str] = ()) -> None:
        # The longest first: of `s3.example.com` and `example.com`, the nearer.
        hosts = {host.lower() for host in hosts}
        self._hosts = frozenset(hosts)
        self._endings = tuple(
            f".{host}" for host in sorted(hosts, key=len, reverse=True)
        )

    def path_style(self, request: HttpRequest) -> HttpRequest:
        """Answer the request with its bucket in the path.

        A host that is none of ours names nothing: whoever chooses one gets
        what the path says.

        Raises:
            InvalidBucketName: what stands before our host is no bucket's name.
        """
        bucket = self._bucket(request)
        if bucket is None:
            return request
        check_bucket_name(bucket)
        return replace(request, target=f"/{bucket}{request.target}")

    def name_a_bucket(self, request: HttpRequest) -> bool:
        """Say whether the host of a request is below one of these."""
        return self._bucket(request) is not None

    def _bucket(self, request: HttpRequest) -> str | None:
        if not self._endings:
            return None
        host = (request.first.get("host") or "").lower()
        name, _, port = host.rpartition(":")
        if name and port.isdecimal():
            host = name
        if host in self._hosts:
            return None
        return next(
            (host[: -len(ending)] for ending in self._endings if host.endswith(ending)),
            None,
        )
