"""ARNs: six segments, read and written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securecart.names.arn import MAX_LENGTH, Arn, MalformedArn

segment = st.text(st.characters(exclude_characters=":"), max_size=12)
filled = segment.filter(bool)


@given(partition=filled, service=filled, region=segment, account=segment, rest=filled)
def test_an_arn_round_trips(
    partition: str, service: str, region: str, account: str, rest: str
) -> None:
    """The resource keeps its own colons."""
    arn = Arn(partition, service, region, account, f"{rest}:{rest}")
    assert Arn.parse(str(arn)) == arn


@pytest.mark.parametrize(
    "text",
    [
        "",
        "arn",
        "arn:aws:s3:::",
        "arn:aws::::x",
        "arn::s3:::x",
        "arn:aws:s3::x",
        "ARN:aws:s3:::x",
        "urn:aws:s3:::x",
        " arn:aws:s3:::x",
        "arn:aws:s3:::" + "x" * MAX_LENGTH,
    ],
)
def test_what_is_no_arn(text: str) -> None:
    """Too few segments, empty ones, another beginning, too long."""
    with pytest.raises(MalformedArn):
        Arn.parse(text)
