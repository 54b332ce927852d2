"""The key that a customer sends along: read, told back in part, never kept."""

import base64
import hashlib

import pytest

from securecart.names.errors import ServiceError
from securecart.s3.customer_key import CustomerKey, Use, customer_key_of
from securecart.wire.http import HttpRequest

SECRET = bytes(range(32))
KEY = base64.b64encode(SECRET).decode()
MD5 = base64.b64encode(hashlib.md5(SECRET, usedforsecurity=False).digest()).decode()
WHOLE = {"algorithm": "AES256", "key": KEY, "key-md5": MD5}


def request(
    use: Use, sent: dict[str, str | None], *, secure: bool = True
) -> HttpRequest:
    """Answer a request with these of the three headers."""
    headers = tuple(
        (use.value + name, value) for name, value in sent.items() if value is not None
    )
    return HttpRequest("GET", "/docs/a", headers, secure=secure)


@pytest.mark.parametrize("use", Use)
def test_three_headers_are_a_key(use: Use) -> None:
    """For the object or for a copy's source, and one is not the other."""
    key = customer_key_of(request(use, {**WHOLE}), use)
    assert key == CustomerKey(KEY, MD5)
    other = Use.SOURCE if use is Use.OBJECT else Use.OBJECT
    assert customer_key_of(request(use, {**WHOLE}), other) is None
    assert customer_key_of(HttpRequest("GET", "/docs/a", ()), use) is None


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"algorithm": None}, "InvalidArgument"),
        ({"algorithm": "aes256"}, "InvalidEncryptionAlgorithmError"),
        ({"key": None}, "InvalidArgument"),
        ({"key": ""}, "InvalidArgument"),
        ({"key": KEY[:-4]}, "InvalidArgument"),
        ({"key": f"{KEY} "}, "InvalidArgument"),
        ({"key-md5": None}, "InvalidArgument"),
        ({"key-md5": MD5.lower()}, "InvalidArgument"),
        ({"algorithm": None, "key": None}, "InvalidArgument"),
        ({"key": None, "key-md5": None}, "InvalidArgument"),
    ],
    ids=str,
)
def test_less_is_refused(sent: dict[str, str | None], code: str) -> None:
    """And the key is in no message."""
    with pytest.raises(ServiceError) as refused:
        customer_key_of(request(Use.OBJECT, {**WHOLE, **sent}), Use.OBJECT)
    assert refused.value.code == code
    assert KEY[:-4] not in refused.value.message


@pytest.mark.parametrize("use", Use)
def test_a_key_comes_by_a_secure_connection(use: Use) -> None:
    """Whatever else is wrong with it."""
    for sent in (WHOLE, {"key": KEY}):
        with pytest.raises(ServiceError) as refused:
            customer_key_of(request(use, {**sent}, secure=False), use)
        assert refused.value.code == "InvalidRequest"
        assert "secure connection" in refused.value.message


def test_the_key_is_told_to_the_store_alone() -> None:
    """Not to the caller, and not to who prints it."""
    key = CustomerKey(KEY, MD5)
    assert KEY in dict(key.headers(Use.OBJECT)).values()
    assert KEY not in str(key.answered)
    assert KEY not in repr(key)
    assert MD5 in str(key.answered)
    assert key.opens(MD5)
    assert not key.opens(KEY)
