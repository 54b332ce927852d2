"""Which folder a request to the store is about, read and written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securecart.serve.gateway.folders import read_slot, written_slots
from securecart.serve.gateway.generations import EVERYTHING, SLOTS
from securecart.serve.gateway.store import target_of
from securecart.wire.query_string import encode_path

ALL = (EVERYTHING,)
segments = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/\\"),
    min_size=1,
    max_size=8,
).filter(lambda text: text not in {".", ".."})
keys = st.lists(segments, min_size=2, max_size=4)


@given(keys, segments)
def test_a_read_is_where_the_writes_are(parts: list[str], other: str) -> None:
    """However the key is written: in a path, in a prefix, in a batch."""
    key = "/".join(parts)
    (slot,) = written_slots(target_of("docs", key))
    assert 0 < slot < SLOTS
    assert written_slots(target_of("docs"), [key]) == (slot,)
    assert written_slots(f"/docs/{encode_path(key)}?uploadId=1") == (slot,)
    assert written_slots(target_of("docs", parts[0])) == (slot,)
    assert written_slots(target_of("docs", f"{parts[0]}/")) == (slot,)
    assert read_slot("GET", target_of("docs", key)) == slot
    assert read_slot("HEAD", target_of("docs", key)) == slot
    assert read_slot("GET", target_of("docs", f"{parts[0]}/{other}")) == slot
    for prefix in (key, f"{parts[0]}/"):
        query = {"list-type": "2", "prefix": prefix, "delimiter": "/"}
        assert read_slot("GET", target_of("docs", None, query)) == slot
        query = {"versions": "", "max-keys": "9", "prefix": prefix}
        assert read_slot("GET", target_of("docs", None, query)) == slot


def test_buckets_and_folders_have_slots_of_their_own() -> None:
    """But for some that share one by chance."""
    slots = {
        written_slots(target_of(bucket, f"{folder}/key"))
        for bucket in ("docs", "other")
        for folder in range(100)
    }
    assert len(slots) > 180


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/docs",
        "/docs?versioning",
        "/docs?delete",
        "/docs/",
        "/docs/.uploads/1",
        "/docs/a.versions/v_1",
        "/docs/a.versions",
    ],
)
def test_what_is_in_no_folder_is_a_write_of_everything(target: str) -> None:
    """And what is not understood, or of the store's own names."""
    assert written_slots(target) == ALL


def test_a_batch_is_counted_in_each_of_its_folders() -> None:
    """As far as it has few, and all of them have slots."""
    of_two = set(written_slots("/docs?delete", ["a/1", "a/2", "b/1"]))
    assert of_two == {
        *written_slots(target_of("docs", "a/1")),
        *written_slots(target_of("docs", "b/1")),
    }
    assert len(of_two) == 2
    assert written_slots("/docs?delete", [f"{each}/1" for each in range(99)]) == ALL
    assert written_slots("/docs?delete", ["a/1", "a.versions/1"]) == ALL
    assert written_slots("/docs?delete", []) == ALL


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/docs",
        "/docs/a/",  # A folder that may be nobody's.
        "/docs/a/b/",
        "/docs/a/b?versionId=1",
        "/docs/a/b?partNumber=1",
        "/docs/a/b?tagging",
        "/docs/a/b?response-expires=0&versionId=1",
        "/docs/a.versions/v_1",
        "/docs?versioning",
        "/docs?list-type=2&prefix=a",  # Also what is in `ab/`.
        "/docs?list-type=2&prefix=%2Fa",
        "/docs?list-type=2",
        "/docs?list-type=2&prefix=a%2F&fetch-owner=true",
        "/docs?list-type=2&prefix=a%2F&prefix=b%2F",
        "/docs?prefix=a%2F&uploads",
        "/docs?prefix=a%2F",
    ],
)
def test_what_depends_on_more_than_one_folder_is_not_kept(target: str) -> None:
    """Or on what nobody counts."""
    assert read_slot("GET", target) is None


def test_headers_that_are_put_in_place_of_others_are_no_hindrance() -> None:
    """They are part of what an answer is kept by."""
    target = "/docs/a/b?response-content-disposition=attachment"
    assert read_slot("GET", target) == read_slot("GET", "/docs/a/b")
