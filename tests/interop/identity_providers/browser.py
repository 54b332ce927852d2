"""A small browser: cookies, redirects, and forms."""

import base64
import re
from urllib.parse import urljoin, urlsplit

import httpx
from lxml import html

_MOST_STEPS = 20
_DOMAIN = re.compile(rb"(?i);\s*domain=\.?localhost\b")


class _Transport(httpx.HTTPTransport):
    """Takes `Domain=localhost` off cookies: browsers heed it, Python's jar refuses.

    For that host it says no more than a cookie without Domain.
    """

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        response.headers = httpx.Headers(
            [(name, _DOMAIN.sub(b"", value)) for name, value in response.headers.raw]
        )
        return response


class Browser:
    """What a person's browser does without showing anything.

    It follows redirects, and submits by itself what carries a SAML message,
    as the page's script would.
    """

    def __init__(self) -> None:
        self.http = httpx.Client(transport=_Transport(), trust_env=False, timeout=20)
        self.steps: list[httpx.Response] = []
        """Every answer since the last address was typed or form filled in."""
        self.holds_answers = False
        """Stop at the page that would post a SAML response, and keep that."""
        self.held = ""

    def get(self, address: str, **headers: str) -> httpx.Response:
        """Go to an address as if it was typed, and on until a page is shown."""
        self.steps = []
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._on(self.http.get(address, headers=headers))

    def submit(self, page: httpx.Response, **typed: str) -> httpx.Response:
        """Fill in the form that has these fields, and on until a page is shown."""
        self.steps = []
        return self._on(self._post(page, typed))

    def posted(self, name: str) -> str:
        """The value of a field that this browser posted on its way here."""
        for answer in self.steps:
            form = dict(httpx.QueryParams(answer.request.content.decode()))
            if name in form:
                return str(form[name])
        raise AssertionError(f"{name} was not posted")

    @property
    def held_document(self) -> bytes:
        """The SAML response that was kept, as XML."""
        return base64.b64decode(self.held)

    def close(self) -> None:
        """Forget everything."""
        self.http.close()

    def _post(self, page: httpx.Response, typed: dict[str, str]) -> httpx.Response:
        for form in html.fromstring(page.text).iter("form"):
            fields = {
                each.get("name", ""): each.get("value", "")
                for each in form.iterfind(".//input[@name]")
            }
            if typed.keys() <= fields.keys():
                break
        else:
            raise AssertionError(f"no form with {sorted(typed)}: {page.text}")
        parts = urlsplit(str(page.url))
        return self.http.request(
            form.get("method", "get"),
            urljoin(str(page.url), form.get("action", "")),
            data=fields | typed,
            headers={
                "Origin": f"{parts.scheme}://{parts.netloc}",
                "Sec-Fetch-Site": "same-origin",
            },
        )

    def _on(self, answer: httpx.Response) -> httpx.Response:
        for _ in range(_MOST_STEPS):
            self.steps.append(answer)
            if answer.has_redirect_location:
                target = answer.headers["location"]
                answer = self.http.get(urljoin(str(answer.url), target))
            elif field := _message(answer):
                if self.holds_answers and field[0] == "SAMLResponse":
                    self.held = field[1]
                    return answer
                answer = self._post(answer, {field[0]: field[1]})
            else:
                return answer
        raise AssertionError([str(step.url) for step in self.steps])


def _message(page: httpx.Response) -> tuple[str, str] | None:
    """The SAML message of a page that is there to be submitted."""
    if "SAMLRe" not in page.text:
        return None
    for field in html.fromstring(page.text).iterfind(".//form//input[@name]"):
        if field.get("name") in ("SAMLRequest", "SAMLResponse"):
            return field.get("name", ""), field.get("value", "")
    return None
