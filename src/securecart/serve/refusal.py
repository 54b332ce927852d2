"""Why a policy refused: what log and audit are told, and the caller is not."""

import logging

from securecart.names.errors import ServiceError
from securecart.policy import DeniedByPolicy, plain, sentences
from securecart.policy.explain.phrase import caller

_log = logging.getLogger(__name__)


def told_why(error: ServiceError | None, request_id: str) -> tuple[str, ...]:
    """Log a refusal by policy; answer the sentences for its audit record.

    Never raises: what cannot be put into words is refused all the same, and
    answered as it would have been. No sentences then, nor for any other error.
    """
    if not isinstance(error, DeniedByPolicy):
        return ()
    try:
        explanation = error.explanation()
        told = tuple(sentences(explanation))
    except Exception:  # noqa: BLE001 - the request is refused, whatever fails here
        _log.exception("%s: the refusal could not be explained", request_id)
        return ()
    request = explanation.request
    _log.info(
        "%s: %s may not %s on %s: %s",
        request_id,
        caller(request.principal),
        request.action,
        plain(request.resource),
        told[-1],
    )
    return told
