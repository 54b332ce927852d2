"""Fetching documents from identity providers, over a transport in memory."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from securecart.adapters.fetch import XML, Fetch, FetchFailed

ADDRESS = "https://idp.example.com/keys"
JSON_TYPE = {"content-type": "application/json; charset=utf-8"}

Answer = Callable[[httpx.Request], httpx.Response]


def _fetch(answer: Answer, ticks: Iterator[float] | None = None) -> Fetch:
    transport = httpx.MockTransport(answer)
    if ticks is None:
        return Fetch(transport=transport)
    return Fetch(transport=transport, monotonic=lambda: next(ticks))


def test_a_document_is_fetched() -> None:
    """As it is, without cookies, credentials or compression."""

    def answer(request: httpx.Request) -> httpx.Response:
        assert str(request.url) == ADDRESS
        assert request.headers["accept-encoding"] == "identity"
        assert "authorization" not in request.headers
        return httpx.Response(200, headers=JSON_TYPE, content=b"{}")

    with _fetch(answer) as fetch:
        assert fetch.get(ADDRESS) == b"{}"


def test_this_machine_may_answer_without_tls() -> None:
    """Nobody stands on the way to a loopback address."""
    fetch = _fetch(lambda _: httpx.Response(200, headers=JSON_TYPE, content=b"1"))
    assert fetch.get("http://localhost:8081/keys") == b"1"


@pytest.mark.parametrize(
    "address",
    [
        "http://idp.example.com/keys",
        "file:///etc/passwd",
        "https://user:password@idp.example.com/",
        "https://",
        "",
    ],
)
def test_an_address_that_others_can_answer_is_not_asked(address: str) -> None:
    """The request is never made."""

    def answer(_: httpx.Request) -> httpx.Response:
        raise AssertionError("asked")

    with pytest.raises(FetchFailed, match="neither https nor loopback"):
        _fetch(answer).get(address)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    """It could lead to a service inside the network."""
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(status, headers={"location": "http://127.0.0.1/"})

    with pytest.raises(FetchFailed, match=f"status {status}"):
        _fetch(answer).get(ADDRESS)
    assert seen == [ADDRESS]


@pytest.mark.parametrize(
    ("status", "headers", "complaint"),
    [
        (404, JSON_TYPE, "status 404"),
        (500, JSON_TYPE, "status 500"),
        (204, JSON_TYPE, "status 204"),
        (200, {"content-type": "text/html"}, "media type 'text/html'"),
        (200, {}, "media type ''"),
        (200, JSON_TYPE | {"content-encoding": "gzip"}, "compressed"),
    ],
)
def test_another_answer_is_no_document(
    status: int, headers: dict[str, str], complaint: str
) -> None:
    """A proxy's error page is not taken for keys."""
    answer = httpx.Response(status, headers=headers, stream=_Parts(b"{}"))
    with pytest.raises(FetchFailed, match=complaint):
        _fetch(lambda _: answer).get(ADDRESS)


class _Parts(httpx.SyncByteStream):
    """A body in parts."""

    def __init__(self, *parts: bytes) -> None:
        self._parts = parts

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._parts)


def test_a_document_without_end_is_cut_off() -> None:
    """Whatever length its headers tell."""
    endless = _Parts(*[b"a" * 65_536] * 5)
    answer = httpx.Response(200, headers=JSON_TYPE, stream=endless)
    with pytest.raises(FetchFailed, match="more than 262144 bytes"):
        _fetch(lambda _: answer).get(ADDRESS)


def test_a_document_that_drips_is_cut_off() -> None:
    """Each byte in time, and the whole too late."""
    answer = httpx.Response(200, headers=JSON_TYPE, stream=_Parts(b"a", b"b", b"c"))
    with pytest.raises(FetchFailed, match="not whole after"):
        _fetch(lambda _: answer, iter([0.0, 4.9, 5.1])).get(ADDRESS)


def test_a_provider_that_is_down_is_a_failure() -> None:
    """The cause is kept for the log."""

    def answer(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(FetchFailed, match="keys: refused") as failure:
        _fetch(answer).get(ADDRESS)
    assert isinstance(failure.value.__cause__, httpx.ConnectError)


def test_metadata_is_fetched_as_xml() -> None:
    """SAML metadata comes under media types of its own."""
    headers = {"content-type": "application/samlmetadata+xml"}
    answer = httpx.Response(200, headers=headers, stream=_Parts(b"<a/>"))
    fetch = _fetch(lambda _: answer)
    assert fetch.get(ADDRESS, media_types=XML, max_length=4) == b"<a/>"
