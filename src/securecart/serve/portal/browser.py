"""What a browser tells of where a request comes from.

Sources: Fetch Metadata Request Headers (W3C); RFC 6454, section 7.
"""

import re
from typing import Final

from starlette.requests import Request

from securecart.serve.portal.refusals import BAD_REQUEST, CROSS_SITE, Refused

MAX_RETURN_TO: Final = 512
"""Characters. It travels in the pending sign-in's cookie, which browsers
bound to 4,096 bytes (RFC 6265, section 6.1)."""

_LOCAL_PATH: Final = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*\Z")
"""One leading slash, then printable ASCII without a backslash: browsers read
`//host` and `/\\host` as another site and drop tabs and line ends."""

_OWN: Final = frozenset({"same-origin", "none"})
"""From our own pages, or typed into the address bar."""


def is_own(request: Request, address: str) -> bool:
    """Say whether the request comes from the portal's own pages or the person.

    A client without these headers is no browser, and so carries nobody's
    cookies by accident.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    return (site is None or site in _OWN) and origin in (None, address)


def require_own(request: Request, address: str) -> None:
    """Refuse what another site's page sends.

    Raises:
        Refused: CROSS_SITE.
    """
    if not is_own(request, address):
        raise Refused(CROSS_SITE, _told(request))


def require_own_origin(request: Request, address: str) -> None:
    """Refuse a change unless the browser says that our own page asks for it.

    Raises:
        Refused: CROSS_SITE; also where there is no Origin, which every
            browser sends with a POST.
    """
    require_own(request, address)
    if request.headers.get("origin") != address:
        raise Refused(CROSS_SITE, "no Origin")


def return_path(text: str | None) -> str:
    """Read `return_to`: a path on this site, or the start page.

    Raises:
        Refused: BAD_REQUEST for anything that could lead elsewhere.
    """
    if text is None:
        return "/"
    if len(text) > MAX_RETURN_TO or not _LOCAL_PATH.match(text):
        raise Refused(BAD_REQUEST, f"return_to {text[:80]!r}")
    return text


def _told(request: Request) -> str:
    site = request.headers.get("sec-fetch-site")
    return f"Origin {request.headers.get('origin')!r:.100}, Sec-Fetch-Site {site!r:.40}"
