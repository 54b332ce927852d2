"""A form's fields and its file, before and while it is stored."""

import base64
import json
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from securecart.names.errors import ServiceError
from securecart.serve.gateway.limits import Limits
from securecart.serve.gateway.message import Incoming
from securecart.serve.gateway.posting import Form, is_form
from securecart.wire.form_data import MAX_FIELDS_BYTES
from securecart.wire.http import HttpRequest
from securecart.wire.sigv4.key import signature_of, signing_key

Run = Callable[[Coroutine[Any, Any, None]], None]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SCOPE = "20261123/us-east-1/s3/aws4_request"
TYPE = ("content-type", "multipart/form-data; boundary=abc")


class FakeBody:
    """A body in pieces, which counts how many were asked for."""

    def __init__(self, *pieces: bytes, length: int | None = None) -> None:
        self._pieces = list(pieces)
        self.length: int | None = sum(map(len, pieces)) if length is None else length
        self.read_bytes = 0

    async def read(self) -> bytes:
        piece = self._pieces.pop(0) if self._pieces else b""
        self.read_bytes += len(piece)
        return piece


def signed(*conditions: Any) -> dict[str, str]:
    """Sign a policy that covers what every form here has."""
    document = {
        "expiration": (NOW + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "conditions": [
            {"bucket": "docs"},
            ["starts-with", "$key", ""],
            {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
            {"x-amz-credential": f"AKIA/{SCOPE}"},
            {"x-amz-date": "20261123T120000Z"},
            *conditions,
        ],
    }
    policy = base64.b64encode(json.dumps(document).encode()).decode()
    key = signing_key("secret", "20261123", "us-east-1", "s3")
    return {
        "key": "k",
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": f"AKIA/{SCOPE}",
        "x-amz-date": "20261123T120000Z",
        "policy": policy,
        "x-amz-signature": signature_of(key, policy.encode()),
    }


def encoded(fields: dict[str, str], content: bytes) -> bytes:
    """Encode a form as browsers do."""
    parts = "".join(
        f'--abc\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    head = '--abc\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    return (parts + head).encode() + content + b"\r\n--abc--\r\n"


async def read(
    body: FakeBody, *headers: tuple[str, str], target: str = "/docs"
) -> Form:
    """Read a form's fields."""
    request = HttpRequest("POST", target, (("host", "a"), TYPE, *headers))
    return await Form.read(Incoming(request, body), Limits())


def verify(form: Form, now: datetime = NOW) -> None:
    """Verify it as the pipeline does."""
    form.verify("secret", region="us-east-1", services=("s3",), now=now)


async def stored(form: Form) -> bytes:
    """Read the file as whoever stores it does."""
    pieces = []
    while piece := await form.file.read():
        pieces.append(piece)
    return b"".join(pieces)


def refused(run: Run, work: Coroutine[Any, Any, None]) -> str:
    """Answer the code of what must be refused."""
    with pytest.raises(ServiceError) as caught:
        run(work)
    return caught.value.code


@pytest.mark.parametrize("size", [0, 1, 100_000])
def test_a_file_comes_whole_with_its_checksum(run: Run, size: int) -> None:
    """In pieces of any size; the trailer is there at its end."""

    async def act() -> None:
        whole = encoded(signed(), b"x" * size)
        pieces = [whole[start : start + 700] for start in range(0, len(whole), 700)]
        form = await read(FakeBody(*pieces))
        verify(form)
        assert form.request.method == "PUT"
        assert form.request.target == "/docs/k"
        assert await stored(form) == b"x" * size
        assert form.file.trailer_name == "x-amz-checksum-crc32"
        assert form.file.trailers.keys() == {"x-amz-checksum-crc32"}

    run(act())


@pytest.mark.parametrize(
    ("size", "code"),
    [(4, "EntityTooSmall"), (5, ""), (7, ""), (8, "EntityTooLarge")],
)
@pytest.mark.parametrize("step", [1, 10_000])
def test_a_files_size_is_held_to_the_policy(
    run: Run, size: int, code: str, step: int
) -> None:
    """Before its last byte is let go."""
    given: list[bytes] = []

    async def act() -> None:
        whole = encoded(signed(["content-length-range", 5, 7]), b"x" * size)
        body = FakeBody(*(whole[at : at + step] for at in range(0, len(whole), step)))
        form = await read(body)
        verify(form)
        while piece := await form.file.read():
            given.append(piece)

    if code:
        assert refused(run, act()) == code
        assert len(b"".join(given)) < size
    else:
        run(act())
        assert b"".join(given) == b"x" * size


def test_a_size_that_cannot_be_right_is_refused_at_once(run: Run) -> None:
    """By the length that the form announces, and without its file."""
    fields = encoded(signed(["content-length-range", 5, 1000]), b"")[:-11]
    for length, code in (
        (len(fields) + MAX_FIELDS_BYTES + 2000, "EntityTooLarge"),
        (len(fields), "EntityTooSmall"),
    ):
        body = FakeBody(fields, b"x" * 500, length=length)

        async def act(body: FakeBody = body) -> None:
            verify(await read(body))

        assert refused(run, act()) == code
        assert body.read_bytes == len(fields)


def test_another_checksum_withholds_the_end(run: Run) -> None:
    """Whichever kind it is."""
    field = {"x-amz-checksum-crc32c": "AAAAAA=="}
    given: list[bytes] = []

    async def act() -> None:
        fields = {**signed(["starts-with", "$x-amz-checksum-crc32c", ""]), **field}
        form = await read(FakeBody(encoded(fields, b"x" * 1000)))
        verify(form)
        while piece := await form.file.read():
            given.append(piece)

    assert refused(run, act()) == "BadDigest"
    assert len(b"".join(given)) < 1000


@pytest.mark.parametrize("value", ["é", "AAAA", ""])
def test_a_checksum_that_is_none_is_refused_too(run: Run, value: str) -> None:
    """As another's is."""

    async def act() -> None:
        condition = ["starts-with", "$x-amz-checksum-sha256", ""]
        fields = {**signed(condition), "x-amz-checksum-sha256": value}
        form = await read(FakeBody(encoded(fields, b"x")))
        verify(form)
        await stored(form)

    assert refused(run, act()) == "BadDigest"


def test_a_file_that_breaks_off_never_ends(run: Run) -> None:
    """Nor one whose form goes on."""
    whole = encoded(signed(), b"x" * 1000)
    for body in (whole[:-4], whole[:-20], whole + b"more"):

        async def act(body: bytes = body) -> None:
            form = await read(FakeBody(body))
            verify(form)
            await stored(form)

        assert refused(run, act()) == "MalformedPOSTRequest"


def test_headers_of_amazons_are_fields_here(run: Run) -> None:
    """Nobody signed one that stands in the head."""

    async def act() -> None:
        await read(FakeBody(encoded(signed(), b"")), ("x-amz-acl", "public-read"))

    assert refused(run, act()) == "AccessDenied"


def test_a_form_has_a_length_and_no_end_of_it(run: Run) -> None:
    """Or it could not be bounded."""
    body = FakeBody(encoded(signed(), b""))
    body.length = None

    async def act() -> None:
        await read(body)

    assert refused(run, act()) == "MissingContentLength"
    too_long = FakeBody(length=6 * 1024**3)

    async def endless() -> None:
        await read(too_long)

    assert refused(run, endless()) == "EntityTooLarge"
    assert too_long.read_bytes == 0


@pytest.mark.parametrize("target", ["/", "/docs/k"])
def test_a_form_is_posted_to_a_bucket(run: Run, target: str) -> None:
    """Its key is a field."""

    async def act() -> None:
        await read(FakeBody(encoded(signed(), b"")), target=target)

    assert refused(run, act()) == "MethodNotAllowed"


@pytest.mark.parametrize(
    ("method", "target", "content_type", "form"),
    [
        ("POST", "/docs", "multipart/form-data; boundary=a", True),
        ("POST", "/docs", "Multipart/Form-Data; boundary=a", True),
        ("PUT", "/docs", "multipart/form-data; boundary=a", False),
        ("POST", "/docs?delete", "multipart/form-data; boundary=a", False),
        ("POST", "/docs", "application/x-www-form-urlencoded", False),
    ],
)
def test_only_such_a_request_is_a_form(
    method: str,
    target: str,
    content_type: str,
    form: bool,  # noqa: FBT001 - a parametrized expectation
) -> None:
    """A parameter says that it is another operation."""
    request = HttpRequest(method, target, (("content-type", content_type),))
    assert is_form(request) is form


def test_an_anonymous_form_has_nobody_to_verify(run: Run) -> None:
    """It may say what it likes, and is decided as nobody's."""

    async def act() -> None:
        form = await read(FakeBody(encoded({"key": "k", "anything": "goes"}, b"x")))
        assert form.signature is None
        with pytest.raises(ValueError, match="anonymous"):
            verify(form)
        assert await stored(form) == b"x"

    run(act())
