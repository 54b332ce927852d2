"""The S3 gateway: every request is verified, decided and recorded here.

Floor 5. An `asyncio.Protocol` over httptools; uses `wire`, `s3`, `policy`,
`iam`, `kms`, `sts` and `trail`, and reaches the store through the `Upstream`
port. Requests for IAM, STS and KMS that arrive on the same listener are
handed on whole to the API. `gateway.build_gateway` joins it all; who watches over
workers needs the scoreboard alone.
"""

from securecart.serve.gateway.limits import Limits
from securecart.serve.gateway.meter import ROW_WORDS, Meter
from securecart.serve.gateway.scoreboard import Scoreboard

__all__ = ["ROW_WORDS", "Limits", "Meter", "Scoreboard"]
