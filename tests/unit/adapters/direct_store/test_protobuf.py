"""Protocol buffers' wire format: what is written is read, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securecart.adapters.direct_store.protobuf import (
    Malformed,
    fields_of,
    number,
    octets,
)

FIELDS = st.lists(
    st.tuples(
        st.integers(1, 2**29 - 1),
        st.one_of(st.integers(0, 2**64 - 1), st.binary(max_size=300)),
    ),
    max_size=6,
)


def encoded(field: int, value: int | bytes) -> bytes:
    """One field, by what its value is."""
    return number(field, value) if isinstance(value, int) else octets(field, value)


@given(FIELDS)
def test_what_is_written_is_read(fields: list[tuple[int, int | bytes]]) -> None:
    """In the order that it was written in."""
    message = b"".join(encoded(field, value) for field, value in fields)
    assert list(fields_of(message)) == fields


def test_fields_stand_as_the_documentation_has_them() -> None:
    """The examples of protobuf.dev, "Encoding", and both fixed widths."""
    assert number(1, 150) == bytes.fromhex("089601")
    assert octets(2, b"testing") == bytes.fromhex("120774657374696e67")
    fixed = bytes.fromhex("0901020304050607081501020304")
    assert list(fields_of(fixed)) == [(1, bytes(range(1, 9))), (2, bytes(range(1, 5)))]


@given(FIELDS.filter(bool), st.data())
def test_a_message_that_is_cut_off_amid_a_field_is_none(
    fields: list[tuple[int, int | bytes]], data: st.DataObject
) -> None:
    """Whatever is short of the last field's end."""
    *before, last = (encoded(field, value) for field, value in fields)
    short = data.draw(st.integers(1, len(last) - 1))
    with pytest.raises(Malformed):
        list(fields_of(b"".join(before) + last[:short]))


@pytest.mark.parametrize("wire_type", [3, 4, 6, 7])
def test_another_wire_type_is_refused(wire_type: int) -> None:
    """Groups are long gone, the rest never was."""
    with pytest.raises(Malformed):
        list(fields_of(bytes([1 << 3 | wire_type]) + bytes(20)))


def test_a_number_has_ten_bytes_at_most() -> None:
    """Else one of a megabyte would take for ever to add up."""
    with pytest.raises(Malformed):
        list(fields_of(b"\x08" + b"\x80" * 10 + b"\x01"))


@given(st.binary(max_size=60))
def test_of_other_bytes_nothing_worse_is_said(message: bytes) -> None:
    """Any at all."""
    try:
        for _, value in fields_of(message):
            assert isinstance(value, int | bytes)
    except Malformed:
        pass
