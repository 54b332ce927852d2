"""A posted form, read strictly."""

from urllib.parse import parse_qsl

from starlette.requests import Request

from securecart.serve.portal.refusals import BAD_REQUEST, Refused

_MAX_FIELDS = 16
"""No form that is posted here has more than three fields."""


async def posted_form(request: Request) -> dict[str, str]:
    """Read a request's body as a form; `guard` bounds its size.

    Raises:
        Refused: BAD_REQUEST for another media type, or as `read_form`.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip()
    if content_type.lower() != "application/x-www-form-urlencoded":
        raise Refused(BAD_REQUEST, f"Content-Type {content_type!r:.80}")
    return read_form(await request.body())


def read_form(body: bytes) -> dict[str, str]:
    """Read the fields of an `application/x-www-form-urlencoded` form.

    Raises:
        Refused: BAD_REQUEST for a field that occurs twice, too many fields,
            or what is not UTF-8.
    """
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError as error:
        raise Refused(BAD_REQUEST, f"form: {type(error).__name__}") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise Refused(BAD_REQUEST, "a field occurs twice")
    return form
