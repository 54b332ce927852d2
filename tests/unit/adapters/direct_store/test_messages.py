"""The filer's messages: what is asked of it, and what its answers say."""

import contextlib
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securecart.adapters.direct_store.entry import SEALED
from securecart.adapters.direct_store.messages import (
    Assigned,
    Created,
    Refused,
    assign_request,
    assigned,
    create_request,
    mutated,
)
from securecart.adapters.direct_store.protobuf import (
    Malformed,
    fields_of,
    number,
    octets,
)

CREATED = Created(
    directory="/buckets/docs/ada",
    name="r\u00e9port",
    content_type="text/plain",
    size=5,
    md5=bytes(16),
    file_id="3,0112345678",
    chunk_md5=bytes(range(16)),
    sealed=(SEALED, b"{}"),
    extended={"X-Amz-Meta-A": b"b", "Seaweed-X-Amz-ETag": b"0f"},
    unless_tagged=None,
    modified_ns=1_700_000_000_123_456_789,
)


def parts(message: Any) -> dict[int, list[Any]]:
    """The fields of a message, each as often as it is there."""
    found: dict[int, list[Any]] = {}
    for field, value in fields_of(message):
        found.setdefault(field, []).append(value)
    return found


def test_an_entry_says_all_that_it_is_made_of() -> None:
    """By the numbers of `filer.proto`."""
    request = parts(create_request(7, CREATED))
    assert request.keys() == {1, 2}
    assert request[1] == [7]
    create = parts(request[2][0])
    assert create.keys() == {1, 2}
    assert create[1] == [b"/buckets/docs/ada"]
    entry = parts(create[2][0])
    assert entry.keys() == {1, 3, 4, 5}
    assert entry[1] == ["r\u00e9port".encode()]
    assert parts(entry[3][0]) == {
        1: [b"3,0112345678"],
        3: [5],
        4: [1_700_000_000_123_456_789],
        5: [b64encode(bytes(range(16)))],
        12: [3],
        13: [b"{}"],
    }
    assert parts(entry[4][0]) == {
        1: [5],
        2: [1_700_000_000],
        3: [0o660],
        6: [1_700_000_000],
        7: [b"text/plain"],
        14: [bytes(16)],
    }
    assert [parts(each) for each in entry[5]] == [
        {1: [b"X-Amz-Meta-A"], 2: [b"b"]},
        {1: [b"Seaweed-X-Amz-ETag"], 2: [b"0f"]},
    ]


def test_a_condition_goes_with_it() -> None:
    """`IF_ETAG_NOT_MATCH` among the clauses of `WriteCondition`."""
    created = Created(
        **{name: getattr(CREATED, name) for name in CREATED.__slots__}
        | {"unless_tagged": "d41d"}
    )
    create = parts(parts(create_request(1, created))[2][0])
    assert parts(parts(create[7][0])[1][0]) == {1: [4], 2: [b"d41d"]}


def test_an_answer_says_whose_it_is_and_that_it_was_done() -> None:
    """A creation's answer without an error."""
    done = octets(3, octets(2, b"event"))
    assert mutated(number(1, 9) + number(2, 1) + done) == (9, None)
    assert mutated(number(1, 9) + octets(3, b"") + octets(7, b"")) == (9, None)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (octets(3, octets(1, b"existing folder")), "existing folder"),
        (octets(3, octets(1, b"why") + number(3, 4)), "why"),
        (octets(3, number(3, 4)), "code 4"),
        (octets(7, b"no such directory"), "no such directory"),
        (octets(3, b"") + octets(7, b"\xff"), "\ufffd"),
    ],
)
def test_an_answer_says_why_it_was_not_done(answer: bytes, why: str) -> None:
    """In the words of the creation, by its code alone, or in those of the stream."""
    assert mutated(number(1, 9) + answer) == (9, why)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        number(1, 9),
        number(1, 9) + octets(4, b""),
        number(1, 9) + number(3, 1),
        number(1, 9) + octets(3, b"\x0a\x05ab"),
        number(1, 9) + octets(7, b""),
        b"\x0b",
    ],
)
def test_what_is_no_answer_to_a_creation_is_none(answer: bytes) -> None:
    """It must never pass for one that says that something was done."""
    with pytest.raises(Malformed):
        mutated(answer)


@given(st.binary(max_size=60))
def test_of_other_bytes_nothing_worse_is_said(message: bytes) -> None:
    """Any at all."""
    with contextlib.suppress(Malformed):
        mutated(message)
    with contextlib.suppress(Malformed, Refused):
        assigned(message)


def test_ids_are_asked_for_in_a_buckets_collection() -> None:
    """By the numbers of `filer.proto`."""
    assert parts(assign_request(256, "docs", "/buckets/docs/")) == {
        1: [256],
        2: [b"docs"],
        6: [b"/buckets/docs/"],
    }


def test_ids_follow_one_another() -> None:
    """The cookie is the last eight digits, and is that of all."""
    told = assigned(octets(1, b"12,fe0badcafe") + number(4, 3))
    assert told == Assigned(12, 0xFE, "0badcafe", 3)
    assert [told.file_id(index) for index in range(3)] == [
        "12,fe0badcafe",
        "12,ff0badcafe",
        "12,1000badcafe",
    ]


def test_no_room_is_a_refusal() -> None:
    """In the filer's words."""
    with pytest.raises(Refused, match="no free volumes"):
        assigned(octets(8, b"no free volumes"))


@pytest.mark.parametrize(
    "file_id",
    [
        b"",
        b"3",
        b"3,",
        b"3,0badcafe",
        b",010badcafe",
        b"x,010badcafe",
        b"3,zz0badcafe",
        b"3,01badcafeg",
        b"3,01-badcafe",
        b"3,01 badcafe",
        b"3,010bad_caf",
        b"-3,010badcafe",
        b"3,-10badcafe",
        b"3,01\xffadcafe",
    ],
)
def test_what_is_no_id_is_none(file_id: bytes) -> None:
    """It would stand in a request's target, and in a token."""
    with pytest.raises(Malformed):
        assigned(octets(1, file_id) + number(4, 1))
