"""What the monitoring listener answers: `/metrics`, and the two health paths.

It has a port of its own. A proxy on this machine comes from loopback as well,
so on the port that it leads to nothing could tell it from Prometheus.
"""

from securecart.names.errors import ServiceError
from securecart.serve.gateway.exposition import CONTENT_TYPE, exposition
from securecart.serve.gateway.message import Answer, Incoming
from securecart.serve.gateway.readiness import Readiness, is_asked
from securecart.serve.gateway.scoreboard import Scoreboard

_METRICS = "/metrics"


class Monitoring:
    """The application behind that listener."""

    def __init__(self, scoreboard: Scoreboard, readiness: Readiness) -> None:
        self._scoreboard = scoreboard
        self._readiness = readiness

    async def answer(self, incoming: Incoming) -> Answer:
        """See `message.Application.answer`."""
        request = incoming.request
        if is_asked(request):
            return self._readiness.answer(request.target)
        if request.method == "GET" and request.path == _METRICS:
            body = exposition(self._scoreboard)
            return Answer(200, (("content-type", CONTENT_TYPE),), body)
        return Answer(404)

    def refuse(self, error: ServiceError) -> Answer:
        """See `message.Application.refuse`."""
        return Answer(400, body=error.code.encode(), close=True)
