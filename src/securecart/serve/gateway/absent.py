"""Configuration that no bucket here has: see `s3.absent`."""

from securecart.s3.absent import NOT_CONFIGURED
from securecart.serve.gateway.answers import document
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.message import Answer


async def answer(_backend: Backend, call: Call) -> Answer:
    """Answer that it is not configured."""
    found = NOT_CONFIGURED[call.s3.operation]
    if isinstance(found, bytes):
        return document(found) if found else Answer(204)
    raise found
