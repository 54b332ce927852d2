"""Ids of uploads, which say what every part must bring."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from securecart.names.errors import ServiceError
from securecart.names.principal import Root
from securecart.s3 import resolve
from securecart.s3.customer_key import CustomerKey
from securecart.serve.gateway.call import Call
from securecart.serve.gateway.upload_id import UploadId
from securecart.wire.http import HttpRequest

KEY = CustomerKey("secret", "AAAAAAAAAAAAAAAAAAAAAA==")
OTHER = CustomerKey("other", "/////////////////////w==")
STORE = "0f1e_2d3c"


def named(upload_id: str) -> Call:
    """Answer the upload of a part, by this id."""
    request = HttpRequest("PUT", f"/docs/a?partNumber=1&uploadId={upload_id}", ())
    return Call(
        s3=resolve(request),
        body=cast("Any", None),
        principal=Root("111122223333"),
        verified=None,
        context={},
        now=datetime(2026, 11, 23, tzinfo=UTC),
        bucket=None,
    )


@pytest.mark.parametrize("key", [None, KEY])
def test_an_id_comes_back_as_it_was_made(key: CustomerKey | None) -> None:
    """And the store is asked for its own."""
    made = UploadId.made(STORE, key)
    call = named(str(made))
    assert UploadId.of(call) == made
    assert made.target(call) == f"/docs/a?partNumber=1&uploadId={STORE}"
    assert "secret" not in str(made)


@pytest.mark.parametrize(
    ("begun", "sent"),
    [(None, KEY), (KEY, None), (KEY, OTHER)],
)
def test_a_part_brings_the_key_of_its_upload(
    begun: CustomerKey | None, sent: CustomerKey | None
) -> None:
    """No other, not none, and none where there was none."""
    UploadId.made(STORE, begun).require(begun)
    with pytest.raises(ServiceError) as refused:
        UploadId.made(STORE, begun).require(sent)
    assert refused.value.code == "InvalidRequest"


@pytest.mark.parametrize(
    "given", ["~", "a~", f"a~{'0' * 31}", f"a~{'G' * 32}", "a.b", f"a~{'0' * 32}~"]
)
def test_what_was_never_given_is_no_upload(given: str) -> None:
    """It does not reach the store."""
    with pytest.raises(ServiceError) as refused:
        UploadId.of(named(given))
    assert refused.value.code == "NoSuchUpload"
