"""Conditions on the source of a copy."""

import pytest

from securecart.s3.preconditions import source_holds
from securecart.wire.http import HttpRequest

TAG = '"0123"'
AT = "Mon, 23 Nov 2026 12:00:00 GMT"
BEFORE, AFTER = AT.replace("12:", "11:"), AT.replace("12:", "13:")


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        ({}, True),
        ({"if-match": TAG}, True),
        ({"if-match": "0123"}, True),
        ({"if-match": f'"other", {TAG}'}, True),
        ({"if-match": "*"}, True),
        ({"if-match": '"other"'}, False),
        ({"if-match": '"012"'}, False),
        ({"if-none-match": TAG}, False),
        ({"if-none-match": "*"}, False),
        ({"if-none-match": '"other"'}, True),
        ({"if-modified-since": BEFORE}, True),
        ({"if-modified-since": AT}, False),
        ({"if-modified-since": AFTER}, False),
        ({"if-unmodified-since": BEFORE}, False),
        ({"if-unmodified-since": AT}, True),
        ({"if-unmodified-since": AFTER}, True),
        ({"if-match": TAG, "if-unmodified-since": BEFORE}, True),
        ({"if-match": '"other"', "if-unmodified-since": AFTER}, False),
        ({"if-none-match": TAG, "if-modified-since": BEFORE}, False),
        ({"if-none-match": '"other"', "if-modified-since": AFTER}, True),
        ({"if-match": TAG, "if-none-match": TAG}, False),
        ({"if-modified-since": "yesterday"}, True),
        ({"if-unmodified-since": "yesterday"}, False),
    ],
    ids=str,
)
def test_a_tag_settles_what_a_date_would_say(
    conditions: dict[str, str],
    holds: bool,  # noqa: FBT001 - a case's answer
) -> None:
    """In the precedence of S3; what is no date is never a reason to copy."""
    headers = tuple(
        (f"x-amz-copy-source-{name}", value) for name, value in conditions.items()
    )
    request = HttpRequest("PUT", "/docs/copy", headers)
    assert source_holds(request, etag=TAG, modified=AT) is holds
