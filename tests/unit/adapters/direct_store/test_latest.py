"""Which of an object's versions is the newest, as its folder tells it."""

import base64
import contextlib

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from securecart.adapters.direct_store.entry import Unusual, latest_of

FILE = "Seaweed-X-Amz-Latest-Version-File-Name"
MARKER = "Seaweed-X-Amz-Latest-Version-Is-Delete-Marker"
NULL = "Seaweed-X-Amz-Null-Version-Is-Latest"
NEWEST = "v_6713e4df96b3a3d593a0f56d35a566c6"


def folder(**extended: str) -> bytes:
    """A folder of versions, as the filer tells it."""
    told = {
        name: base64.b64encode(value.encode()).decode()
        for name, value in extended.items()
    }
    return orjson.dumps({"Extended": told})


def test_the_newest_is_named() -> None:
    """Whether or not it is said that this is no deletion."""
    assert latest_of(folder(**{FILE: NEWEST, MARKER: "false"})) == NEWEST
    assert latest_of(folder(**{FILE: NEWEST})) == NEWEST
    assert latest_of(folder(**{FILE: NEWEST, NULL: "false"})) == NEWEST


@pytest.mark.parametrize(
    "extended",
    [
        {},
        {FILE: NEWEST, MARKER: "true"},
        {FILE: NEWEST, MARKER: "perhaps"},
        {FILE: NEWEST, NULL: "true"},
        {FILE: "v_null"},
        {FILE: "../report"},
        {FILE: NEWEST + "0"},
        {FILE: NEWEST.upper()},
    ],
)
def test_all_else_is_left_to_s3(extended: dict[str, str]) -> None:
    """A deletion, what was there before versions, names that are none."""
    assert latest_of(folder(**extended)) is None


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.binary() | st.builds(lambda told: orjson.dumps({"Extended": told}), anything))
def test_nothing_else_is_raised(document: bytes) -> None:
    """Whatever the filer tells."""
    with contextlib.suppress(Unusual):
        latest_of(document)
