"""The few pages that are not the application: refusals, signing out, renewal."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import FileResponse, HTMLResponse, Response

from securecart.serve.portal.refusals import NOT_FOUND, Refusal, Refused

_FOLDER: Final = Path(__file__).parent / "templates"
_FILES: Final = {
    "pages.css": "text/css",
    "post.js": "text/javascript",
    "renewal.js": "text/javascript",
}

PAGES_PATH: Final = "/portal-pages"
"""Where the style and script of these pages are; never a path of the app's."""


class Pages:
    """Renders the templates beside this module, everything escaped."""

    def __init__(self, organisation: str) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined
        )
        self._environment.globals.update(
            organisation=organisation, pages_path=PAGES_PATH
        )

    def refusal(self, refusal: Refusal, reference: str) -> Response:
        """Say why not, and where to go on."""
        return self._render(
            "refusal.html", refusal.status, refusal=refusal, reference=reference
        )

    def signed_out(self, *, confirmed: bool) -> Response:
        """Say that the session is over, and whether only here for all we know."""
        return self._render("signed_out.html", 200, confirmed=confirmed)

    def post(self, address: str, fields: Mapping[str, str]) -> Response:
        """Have the browser post a logout message to the provider."""
        return self._render("post.html", 200, address=address, fields=fields)

    def confirm_logout(self, csrf_token: str) -> Response:
        """Ask before signing out on another site's word."""
        return self._render("confirm_logout.html", 200, csrf_token=csrf_token)

    def confirm_sign_in(self, name: str) -> Response:
        """Ask before taking a sign-in that began at the provider."""
        return self._render("confirm_sign_in.html", 200, name=name)

    def renewal(self, *, renewed: bool) -> Response:
        """Tell the page around a hidden frame how the renewal went.

        The script posts `{securecart: outcome}` to the parent window, to our
        own origin only; the outcome is `renewed` or `sign-in-needed`.
        """
        outcome = "renewed" if renewed else "sign-in-needed"
        return self._render("renewal.html", 200, outcome=outcome)

    def file(self, name: str) -> Response:
        """Answer a style sheet or script of these pages.

        Raises:
            Refused: NOT_FOUND.
        """
        if name not in _FILES:
            raise Refused(NOT_FOUND, "no such file")
        return FileResponse(
            _FOLDER / name,
            media_type=_FILES[name],
            headers={"cache-control": "no-cache"},
        )

    def _render(self, template: str, status: int, **values: object) -> Response:
        text = self._environment.get_template(template).render(**values)
        return HTMLResponse(text, status)
