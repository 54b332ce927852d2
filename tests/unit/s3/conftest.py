"""Requests that the tests of this room share."""

from collections.abc import Callable

import pytest

from securecart.s3 import S3Request, resolve
from securecart.wire.http import HttpRequest

Resolve = Callable[..., S3Request]


@pytest.fixture
def ask() -> Resolve:
    """`ask("GET /docs/a", name="value")`: resolve a request with headers."""

    def ask_for(line: str, **headers: str) -> S3Request:
        method, _, target = line.partition(" ")
        pairs = tuple((key.replace("_", "-"), value) for key, value in headers.items())
        return resolve(HttpRequest(method, target, pairs))

    return ask_for
