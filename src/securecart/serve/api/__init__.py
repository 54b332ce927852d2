"""The APIs of IAM, STS and KMS: one pipeline for every request.

Floor 5. `Api.handle` verifies the signature, parses by the service's model,
decides, runs, writes the audit record and answers; each service brings a
`Backend`, which can skip none of these. It is synchronous and shared by
threads; whoever listens on a socket calls it, or `Api.begin`, to wait for the
disk by itself.
"""

from securecart.serve.api.api import Api
from securecart.serve.api.build import Secrets, build_api
from securecart.serve.api.unfinished import Unfinished

__all__ = ["Api", "Secrets", "Unfinished", "build_api"]
