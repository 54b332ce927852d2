"""Access key ids that say whose account they belong to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securecart.names.access_key_id import (
    MalformedAccessKeyId,
    account_of,
    new_access_key_id,
)

ACCOUNTS = st.from_regex(r"[0-9]{12}", fullmatch=True)


@given(ACCOUNTS, st.binary(min_size=5, max_size=5))
def test_an_id_tells_its_account(account: str, noise: bytes) -> None:
    """Leading zeros too, and whatever the random bits are."""
    key_id = new_access_key_id("ASIA", account, lambda _: noise)
    assert len(key_id) == 20
    assert key_id.startswith("ASIA")
    assert account_of(key_id) == account


def test_the_layout_is_aws_s() -> None:
    """As published for an id of AWS's own: the bits after the first."""
    assert account_of("ASIAQNZGKIQY56JQ7WML") == "029608264753"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AKIA",
        "AROAQNZGKIQY56JQ7WML",
        "asiaQNZGKIQY56JQ7WML",
        "ASIAQNZGKIQY56JQ7WM",
        "ASIAQNZGKIQY56JQ7WMLA",
        "ASIAqnzgkiqy56jq7wml",
        "ASIAQNZGKIQY56JQ7WM1",
        "ASIAQNZGKIQY56JQ7WM=",
        "ASIAQNZGKIQY56JQ7WM\n",
        "ASIA" + "é" * 16,
        # The first bit is not set: an id of AWS's before 2019.
        "AKIAIOSFODNN7EXAMPLE",
        # More than twelve digits.
        "ASIA7777777777777777",
    ],
)
def test_what_is_no_such_id_has_no_account(text: str) -> None:
    """It is refused, never guessed at."""
    with pytest.raises(MalformedAccessKeyId):
        account_of(text)
