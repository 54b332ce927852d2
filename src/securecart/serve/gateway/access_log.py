"""A line for each S3 request in the log, for who wants one beside the journal.

No keys, queries or headers: those are in the journal, and may tell more.
"""

import logging

from securecart.serve.gateway.audit import Facts, Identifiers
from securecart.serve.gateway.message import Answer

_log = logging.getLogger(__name__)


def log_access(
    facts: Facts, ids: Identifiers, answer: Answer, operation: str, seconds: float
) -> None:
    """Write the line; `seconds` is how long it took to have the answer."""
    length = len(answer.body) if isinstance(answer.body, bytes) else answer.length
    _log.info(
        "request",
        extra={
            "request_id": ids.request_id,
            "operation": operation,
            "bucket": facts.s3.bucket if facts.s3 else None,
            "principal": facts.principal.arn,
            "source": facts.request.source_ip,
            "status": answer.status,
            "error": facts.error.code if facts.error else None,
            "bytes": length,
            "seconds": round(seconds, 6),
        },
    )
