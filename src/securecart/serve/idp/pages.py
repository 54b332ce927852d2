"""The pages a person sees, and what a browser may do on them."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from securecart.serve.idp.options import IdpOptions


class Pages:
    """Renders templates with a strict Content-Security-Policy.

    The only script is our own file on the one page that posts itself, and
    every page works without it. Chromium holds redirects after a form to
    `form-action` too, hence the origins that a finished sign-in goes to. Only
    the portal may frame a page: it renews a session in a hidden frame.
    """

    def __init__(self, options: IdpOptions) -> None:
        self._environment = Environment(
            loader=PackageLoader("securecart.serve.idp"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(
            organisation=options.organisation,
            portal=options.portal_origin,
            idp_initiated=options.service_provider.idp_initiated,
        )
        self._policy = (
            "default-src 'none'; style-src 'self'; img-src 'self'; "
            f"form-action 'self' {' '.join(options.return_origins)}; "
            f"frame-ancestors {options.portal_origin}; base-uri 'none'"
        )

    def render(
        self, template: str, *, status: int = 200, script: bool = False, **values: Any
    ) -> Response:
        """Answer a page; `script` lets our own script file run on it."""
        policy = f"{self._policy}; script-src 'self'" if script else self._policy
        return HTMLResponse(
            self._environment.get_template(template).render(**values),
            status_code=status,
            headers={"Content-Security-Policy": policy},
        )
