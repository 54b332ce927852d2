"""How a refusal is answered, and what the log keeps of it."""

import logging
from typing import Final

from starlette.responses import JSONResponse, Response

from securecart.names.clock import Random
from securecart.serve.portal.pages import Pages
from securecart.serve.portal.refusals import FAILED, Refused

_LOG = logging.getLogger(__name__)

_REFERENCE_BYTES: Final = 5
"""Enough to find one line in a day's log, short enough to read out."""

_SERVER_ERROR: Final = 500


class Answers:
    """Turns refusals into JSON under `/api/` and into pages elsewhere."""

    def __init__(self, organisation: str, pages: Pages, random: Random) -> None:
        self._organisation = organisation
        self._pages = pages
        self._random = random

    def refused(self, path: str, refused: Refused) -> Response:
        """Log the cause, and answer what the person may know."""
        refusal = refused.refusal
        reference = self.note(path, refused)
        if path.startswith("/api/"):
            body = {
                "error": refusal.error,
                "message": refusal.message,
                "organisation": self._organisation,
                "reference": reference,
            }
            if refusal.sign_in_url is not None:
                body["sign_in_url"] = refusal.sign_in_url
            return JSONResponse(body, refusal.status)
        return self._pages.refusal(refusal, reference)

    def note(self, path: str, refused: Refused) -> str:
        """Log the cause; answer the reference to find it by."""
        reference = self._random(_REFERENCE_BYTES).hex()
        severe = refused.refusal.status >= _SERVER_ERROR
        level = logging.WARNING if severe else logging.INFO
        # As reprs: a stranger's line end must not begin a line of the log.
        _LOG.log(level, "%s: %r refused: %r", reference, path[:100], str(refused))
        return reference

    def failed(self, path: str, error: Exception) -> Response:
        """Answer a failure that nobody foresaw."""
        _LOG.error("%r failed", path[:100], exc_info=error)
        return self.refused(path, Refused(FAILED, type(error).__name__))
