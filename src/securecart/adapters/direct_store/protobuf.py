"""As much of protocol buffers' wire format as the filer's messages need.

Source: protobuf.dev, "Encoding".
"""

from collections.abc import Iterator

_MORE = 0x80
_VARINT_BITS = 7
_VARINT_BYTES = 10
_WIRE_BITS = 3
_WIRE_TYPE = (1 << _WIRE_BITS) - 1
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED_BYTES = {_FIXED64: 8, _FIXED32: 4}


class Malformed(Exception):
    """The bytes are no message."""


def varint(value: int) -> bytes:
    """Encode a number of at least 0, seven bits a byte, the lowest first."""
    encoded = bytearray()
    while value >= _MORE:
        encoded.append(value & (_MORE - 1) | _MORE)
        value >>= _VARINT_BITS
    encoded.append(value)
    return bytes(encoded)


def number(field: int, value: int) -> bytes:
    """Encode a field of a number (int32, uint64, bool, an enumeration)."""
    return varint(field << _WIRE_BITS | _VARINT) + varint(value)


def octets(field: int, value: bytes) -> bytes:
    """Encode a field of bytes, of text in UTF-8, or of a message."""
    return varint(field << _WIRE_BITS | _BYTES) + varint(len(value)) + value


def fields_of(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Answer the fields of a message as they come, numbers or bytes.

    Raises:
        Malformed: it is none.
    """
    at = 0
    while at < len(message):
        key, at = _varint_at(message, at)
        field, wire_type = key >> _WIRE_BITS, key & _WIRE_TYPE
        if wire_type == _VARINT:
            value, at = _varint_at(message, at)
            yield field, value
            continue
        if wire_type == _BYTES:
            size, at = _varint_at(message, at)
        elif wire_type in _FIXED_BYTES:
            size = _FIXED_BYTES[wire_type]
        else:
            raise Malformed(f"wire type {wire_type}")
        if at + size > len(message):
            raise Malformed("a field is cut off")
        yield field, message[at : at + size]
        at += size


def _varint_at(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place, octet in enumerate(message[at : at + _VARINT_BYTES]):
        value |= (octet & (_MORE - 1)) << _VARINT_BITS * place
        if octet < _MORE:
            return value, at + place + 1
    raise Malformed("a number is cut off")
