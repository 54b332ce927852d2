"""Requests to IAM, STS and KMS: who of them is answered in which thread."""

import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from securecart.names.waiting import about_to_wait
from securecart.serve.gateway import handover
from securecart.serve.gateway.handover import HandOver
from securecart.serve.gateway.message import Answer, Incoming
from securecart.wire.http import HttpRequest, HttpResponse

FORM = (("host", "localhost"), ("content-type", "application/x-www-form-urlencoded"))


class Whole:
    """A body that has arrived."""

    def __init__(self, body: bytes) -> None:
        self.length = len(body)
        self._pieces = [body]

    async def read(self) -> bytes:
        """See `message.Body`."""
        return self._pieces.pop() if self._pieces else b""


class Api:
    """Answers, and remembers in which threads it was begun."""

    def __init__(self, step: Callable[[], None] = lambda: None) -> None:
        self.threads: list[int] = []
        self._step = step

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.threads.append(threading.get_ident())
        self._step()
        return HttpResponse(200, (), request.body)


Ask = Callable[[handover.Api, str, bytes], Answer]


@pytest.fixture
def ask(run: Callable[[Coroutine[Any, Any, Answer]], Answer]) -> Iterator[Ask]:
    """Have one request answered by a loop in this thread."""
    with ThreadPoolExecutor(1) as executor:

        def answered(api: handover.Api, service: str, body: bytes) -> Answer:
            incoming = Incoming(HttpRequest("POST", "/", FORM), Whole(body))
            return run(HandOver(api, executor).answer(incoming, service))

        yield answered


@pytest.mark.parametrize("service", ["sts", "kms"])
def test_what_waits_for_nothing_is_answered_at_once(ask: Ask, service: str) -> None:
    """To hand it to another thread would cost as much as the answer."""
    api = Api()
    assert ask(api, service, b"Action=GetCallerIdentity").status == 200
    assert api.threads == [threading.get_ident()]


@pytest.mark.parametrize("service", ["sts", "kms"])
def test_what_would_wait_is_begun_anew_in_another_thread(
    ask: Ask, service: str
) -> None:
    """Documents do not wait for a provider's keys, or for a lock."""
    waited: list[int] = []

    def step() -> None:
        about_to_wait()
        waited.append(threading.get_ident())

    api = Api(step)
    body = b"Action=AssumeRoleWithWebIdentity"
    answer = ask(api, service, body)
    assert (answer.status, answer.body) == (200, body)
    assert api.threads[0] == threading.get_ident() not in waited
    assert api.threads[1:] == waited


@pytest.mark.parametrize(
    ("service", "body"),
    [
        ("iam", b"Action=ListRoles"),
        ("sts", b"Action=GetCallerIdentity&A=" + b"a" * 65_536),
    ],
)
def test_what_takes_long_is_not_begun_in_the_gateway_s_own_thread(
    ask: Ask, service: str, body: bytes
) -> None:
    """Long lists and long bodies."""
    api = Api()
    ask(api, service, body)
    assert len(api.threads) == 1
    assert api.threads != [threading.get_ident()]


def test_what_waits_for_the_disk_is_answered_when_it_has_it(ask: Ask) -> None:
    """Told by another thread, and finished in the gateway's own."""
    here, steps = threading.get_ident(), list[tuple[str, bool]]()

    class Unfinished:
        def redeem(self, then: Callable[[], None]) -> None:
            steps.append(("redeem", threading.get_ident() == here))
            threading.Thread(target=then).start()

        def finish(self) -> HttpResponse:
            steps.append(("finish", threading.get_ident() == here))
            return HttpResponse(200, (), b"redeemed")

    def begin(_request: HttpRequest) -> Unfinished:
        steps.append(("begin", threading.get_ident() == here))
        return Unfinished()

    assert ask(begin, "sts", b"Action=AssumeRoleWithSAML").body == b"redeemed"
    assert steps == [("begin", True), ("redeem", True), ("finish", True)]


def test_a_failure_is_not_tried_again(ask: Ask) -> None:
    """It may have done something."""

    def step() -> None:
        raise ZeroDivisionError

    api = Api(step)
    with pytest.raises(ZeroDivisionError):
        ask(api, "sts", b"Action=GetCallerIdentity")
    assert len(api.threads) == 1
