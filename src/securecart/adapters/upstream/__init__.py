"""Keep-alive connections to an S3 server: a Unix socket, or TCP elsewhere.

Floor 5. Fills the gateway's `Upstream` port: bytes of one signed request
out, one answer in, both with back-pressure. Failures are `ConnectionError`
(the store is not there, or broke off) and `TimeoutError` (it, or a free
connection to it, took too long).
"""

from securecart.adapters.upstream.exchange import Exchange
from securecart.adapters.upstream.pool import StorePool, UpstreamLimits
from securecart.adapters.upstream.tap import Tap

__all__ = ["Exchange", "StorePool", "Tap", "UpstreamLimits"]
