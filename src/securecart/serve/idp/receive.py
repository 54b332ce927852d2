"""Reading a request's parameters, as FastAPI dependencies."""

from fastapi import Request

from securecart.serve.idp.parameters import BadRequest, Parameters

_FORM_TYPE = "application/x-www-form-urlencoded"


def query_of(request: Request) -> Parameters:
    """Read the query string.

    Raises:
        BadRequest: if it cannot be read.
    """
    return Parameters.parse(request.scope["query_string"])


async def form_of(request: Request) -> Parameters:
    """Read the body as a form; its size is bounded by `Edge`.

    Raises:
        BadRequest: if it is no form, or cannot be read.
    """
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != _FORM_TYPE:
        raise BadRequest(f"A form is sent as {_FORM_TYPE}.")
    return Parameters.parse(await request.body())
