"""Keys that differ by a slash: what the store says of them, and what is believed."""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from securecart.names.errors import AccessDenied, ServiceError
from securecart.names.principal import Root
from securecart.s3 import Bucket, Versioning, resolve
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.same_name import require_own_place
from securecart.wire.http import HttpRequest, HttpResponse

Run = Callable[[Coroutine[Any, Any, None]], None]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def object_of(tag: str, version: str | None = None) -> HttpResponse:
    """What the store says of one object."""
    headers = [("etag", f'"{tag}"'), ("content-length", "0")]
    if version is not None:
        headers.append(("x-amz-version-id", version))
    return HttpResponse(200, tuple(headers))


GONE = HttpResponse(404)
NOBODYS = object_of("d41d8cd98f00b204e9800998ecf8427e-0")


class Store:
    """Answers HEAD by path; what was asked for is in `asked`."""

    def __init__(self, held: dict[str, HttpResponse]) -> None:
        self.held = held
        self.asked: list[str] = []

    async def head(self, target: str) -> HttpResponse:
        self.asked.append(target)
        return self.held.get(target, GONE)


class Guard:
    """Lets everybody list, or nobody."""

    def __init__(self, *, lists: bool) -> None:
        self._lists = lists

    def require(self, *_: object) -> None:
        if not self._lists:
            raise AccessDenied("Access Denied")


async def ask(
    held: dict[str, HttpResponse],
    method: str,
    target: str,
    *headers: tuple[str, str],
    versioning: Versioning = Versioning.NEVER,
    lists: bool = True,
) -> Store:
    """Look whether the key has a place of its own."""
    store = Store(held)
    request = HttpRequest(method, target, (("content-length", "0"), *headers))
    call = Call(
        s3=resolve(request),
        body=cast("Any", None),
        principal=Root("111122223333"),
        verified=None,
        context={},
        now=NOW,
        bucket=Bucket("docs", "111122223333", "us-east-1", NOW, versioning=versioning),
    )
    backend = SimpleNamespace(store=store, guard=Guard(lists=lists))
    await require_own_place(cast("Backend", backend), call)
    return store


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "held",
    [
        {"/docs/a/": object_of("1"), "/docs/a": object_of("1")},
        {"/docs/a/": object_of("1"), "/docs/a": object_of("1", "null")},
        {"/docs/a/": NOBODYS},
        {"/docs/a/": HttpResponse(400)},
    ],
    ids=["a file", "a file without version", "nobody's", "a customer's key"],
)
def test_what_is_no_folder_of_its_own_is_not_there(
    run: Run, held: dict[str, HttpResponse], method: str
) -> None:
    """As the caller may know: who may not list is refused."""

    async def act() -> None:
        with pytest.raises(ServiceError) as missing:
            await ask(held, method, "/docs/a/")
        assert missing.value.code == "NoSuchKey"
        with pytest.raises(AccessDenied):
            await ask(held, method, "/docs/a/", lists=False)

    run(act())


def test_a_folder_that_was_put_is_read(run: Run) -> None:
    """Beside a file of that name too, where both have versions."""

    async def act() -> None:
        await ask({"/docs/a/": object_of("1")}, "GET", "/docs/a/")
        both = {"/docs/a/": object_of("1", "v1"), "/docs/a": object_of("1", "v2")}
        await ask(both, "GET", "/docs/a/")
        assert (await ask({}, "GET", "/docs/a/")).asked == ["/docs/a/"]

    run(act())


def test_an_ordinary_key_costs_nothing(run: Run) -> None:
    """Reading, deleting, and writing where versions are kept."""

    async def act() -> None:
        for method in ("GET", "HEAD", "DELETE"):
            assert (await ask({}, method, "/docs/a")).asked == []
        kept = await ask({}, "PUT", "/docs/a", versioning=Versioning.ENABLED)
        assert kept.asked == []

    run(act())


def test_a_source_is_no_other_key(run: Run) -> None:
    """Whatever the target is."""

    async def act() -> None:
        held = {"/docs/a/": object_of("1"), "/docs/a": object_of("1")}
        source = ("x-amz-copy-source", "docs/a/")
        for versioning in Versioning:
            with pytest.raises(ServiceError) as missing:
                await ask(held, "PUT", "/docs/c", source, versioning=versioning)
            assert missing.value.code == "NoSuchKey"

    run(act())


@pytest.mark.parametrize("versioning", [Versioning.NEVER, Versioning.SUSPENDED])
def test_nothing_is_written_in_anothers_place(run: Run, versioning: Versioning) -> None:
    """A folder over a file, or a file over a folder that somebody put."""

    async def act() -> None:
        file = {"/docs/a/": object_of("1"), "/docs/a": object_of("1")}
        folder = {"/docs/a/": object_of("2")}
        known = ("if-match", '"2"')
        for held, target in ((file, "/docs/a/"), (folder, "/docs/a")):
            with pytest.raises(ServiceError) as taken:
                await ask(held, "PUT", target, known, versioning=versioning)
            assert taken.value.code == "InvalidArgument"
        await ask(file, "PUT", "/docs/a", known, versioning=versioning)
        await ask(folder, "PUT", "/docs/a/", known, versioning=versioning)
        await ask({"/docs/a/": NOBODYS}, "PUT", "/docs/a", versioning=versioning)

    run(act())


def test_a_plain_file_finds_out_as_it_is_written(run: Run) -> None:
    """Without versions, and without a condition of the caller's."""

    async def act() -> None:
        assert (await ask({}, "PUT", "/docs/a")).asked == []
        asked = ["/docs/a/"]
        assert (await ask({}, "PUT", "/docs/a/")).asked == asked
        assert (await ask({}, "PUT", "/docs/a", ("if-none-match", "*"))).asked == asked
        suspended = Versioning.SUSPENDED
        assert (await ask({}, "PUT", "/docs/a", versioning=suspended)).asked == asked

    run(act())
