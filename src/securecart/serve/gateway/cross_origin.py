"""CORS: what a browser is told, from the rules of the bucket it asks for.

Source: Amazon S3 User Guide, "Using cross-origin resource sharing (CORS)".
"""

from securecart.names.errors import ServiceError
from securecart.s3 import Buckets, read_path
from securecart.s3.addressing import VirtualHosts
from securecart.s3.cors import CorsConfiguration
from securecart.s3.errors import AccessForbidden, InvalidRequest
from securecart.serve.gateway.guard import find_bucket
from securecart.serve.gateway.message import Answer
from securecart.wire.http import HttpRequest

Headers = tuple[tuple[str, str], ...]

_NOT_ENABLED = "CORSResponse: CORS is not enabled for this bucket."
"""Said of a bucket that is not there, too: a stranger learns of none by it."""


class CrossOrigin:
    """Answers preflight requests, and adds to the answers of actual ones."""

    def __init__(self, buckets: Buckets, hosts: VirtualHosts) -> None:
        self._buckets = buckets
        self._hosts = hosts

    def preflight(self, request: HttpRequest) -> Answer:
        """Answer OPTIONS. It carries no signature, and tells only the rules.

        Raises:
            InvalidRequest: it is no preflight request.
            AccessForbidden: no rule allows what it asks for.
        """
        origin = request.header("origin")
        method = request.header("access-control-request-method")
        if not origin or not method:
            raise InvalidRequest(
                "Insufficient information. Origin request header needed."
            )
        asked = request.header("access-control-request-headers") or ""
        headers = [name.strip() for name in asked.split(",") if name.strip()]
        rules = self._rules(request)
        if rules is None:
            raise AccessForbidden(_NOT_ENABLED)
        allowed = rules.preflight(origin, method, headers)
        if allowed is None:
            raise AccessForbidden
        return Answer(200, allowed)

    def headers(self, request: HttpRequest) -> Headers:
        """Answer what to add to an answer, errors too; often nothing."""
        origin = request.header("origin")
        if origin is None:
            return ()
        rules = self._rules(request)
        return rules.actual(origin, request.method) if rules else ()

    def _rules(self, request: HttpRequest) -> CorsConfiguration | None:
        try:
            name, _ = read_path(self._hosts.path_style(request))
        except ServiceError:
            return None
        bucket = find_bucket(self._buckets, name)
        return bucket.cors if bucket is not None else None
