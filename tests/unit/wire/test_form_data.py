"""Forms in multipart/form-data: read as they come, whole or not at all."""

from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_multipart.multipart import MultipartParser
from urllib3.fields import RequestField
from urllib3.filepost import encode_multipart_formdata

from securecart.wire.form_data import (
    MAX_FIELDS_BYTES,
    FormDataDecoder,
    FormDataError,
    boundary_of,
)

BOUNDARY = b"----WebKitFormBoundary7MA4YWxkTrZu0gW"
DELIMITER = b"--" + BOUNDARY

names = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"\\%'),
    min_size=1,
    max_size=12,
).filter(lambda name: name.lower() != "file")
values = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
contents = st.binary(max_size=300) | st.lists(
    st.sampled_from([b"\r", b"\n", b"-", b"--", DELIMITER[:-1], b"\r\n--", b"x"]),
    max_size=20,
).map(b"".join)


def part(name: str, value: bytes, *, filename: str | None = None) -> bytes:
    """Encode one part as browsers do."""
    named = "" if filename is None else f'; filename="{filename}"'
    head = f'Content-Disposition: form-data; name="{name}"{named}\r\n'
    typed = "Content-Type: text/plain\r\n" if filename is not None else ""
    return DELIMITER + b"\r\n" + (head + typed).encode() + b"\r\n" + value + b"\r\n"


def form(
    fields: Mapping[str, str], content: bytes, *after: bytes, filename: str = "a.txt"
) -> bytes:
    """Encode a form: fields, the file, what follows it."""
    return (
        b"".join(part(name, value.encode()) for name, value in fields.items())
        + part("file", content, filename=filename)
        + b"".join(after)
        + DELIMITER
        + b"--\r\n"
    )


def decode(body: bytes, *cuts: int, boundary: bytes = BOUNDARY) -> "Decoded":
    """Feed a form in pieces."""
    decoder = FormDataDecoder(boundary)
    edges = sorted({0, len(body), *(cut % (len(body) + 1) for cut in cuts)})
    released = [piece for a, b in pairwise(edges) for piece in decoder.feed(body[a:b])]
    return Decoded(decoder, b"".join(released), decoder.finish())


class Decoded:
    """A form that was read to its end."""

    def __init__(self, decoder: FormDataDecoder, released: bytes, last: bytes) -> None:
        self.fields = decoder.fields
        self.file = decoder.file
        self.released = released
        self.content = released + last


@given(
    fields=st.dictionaries(names.map(str.lower), values, max_size=4),
    content=contents,
    cuts=st.lists(st.integers(0, 2**16), max_size=8),
)
def test_what_browsers_send_is_read(
    fields: dict[str, str], content: bytes, cuts: list[int]
) -> None:
    """However it is cut, and with a file that looks like a boundary."""
    decoded = decode(form(fields, content), *cuts)
    assert decoded.fields == fields
    assert decoded.content == content
    assert decoded.file is not None
    assert decoded.file.name == "a.txt"


@given(
    fields=st.dictionaries(names.map(str.lower), values, max_size=4),
    content=contents,
)
def test_what_python_sends_is_read(fields: dict[str, str], content: bytes) -> None:
    """Requests and boto3's examples encode by urllib3."""
    parts = [
        *(RequestField(name, value) for name, value in fields.items()),
        RequestField("file", content, "a b.txt"),
    ]
    for each in parts:
        each.make_multipart()
    body, content_type = encode_multipart_formdata(parts)
    boundary = boundary_of(content_type)
    assert boundary is not None
    decoded = decode(body, boundary=boundary)
    assert (decoded.fields, decoded.content) == (fields, content)


class _Reference:
    """What python-multipart reads; None stands for an end that never came."""

    def __init__(self, body: bytes) -> None:
        self.contents: list[bytes] = []
        self.ended = False
        parser = MultipartParser(
            BOUNDARY,
            {
                "on_part_begin": lambda: self.contents.append(b""),
                "on_part_data": self._data,
                "on_end": self._end,
            },
        )
        parser.write(body)

    def _data(self, data: bytes, start: int, end: int) -> None:
        self.contents[-1] += data[start:end]

    def _end(self) -> None:
        self.ended = True


@given(
    fields=st.dictionaries(names.map(str.lower), values, max_size=3), content=contents
)
def test_another_parser_reads_the_same(fields: dict[str, str], content: bytes) -> None:
    """Python-multipart splits every form where this one does."""
    body = form(fields, content)
    reference = _Reference(body)
    assert reference.ended
    assert reference.contents == [
        *(value.encode() for value in fields.values()),
        decode(body).content,
    ]


@given(content=st.binary(min_size=1, max_size=200), cut=st.integers(0, 2**16))
def test_a_form_that_is_cut_off_never_ends_its_file(content: bytes, cut: int) -> None:
    """Whatever of it is missing; the last byte of the file stays behind."""
    body = form({"key": "k"}, content)
    cut %= len(body) - len(b"\r\n")
    decoder = FormDataDecoder(BOUNDARY)
    released = b"".join(decoder.feed(body[:cut]))
    assert len(released) < len(content)
    with pytest.raises(FormDataError):
        decoder.finish()


def test_the_files_last_byte_is_held_until_the_form_ends() -> None:
    """A malformed end comes too late for nobody."""
    body = form({}, b"x" * 5000)
    decoder = FormDataDecoder(BOUNDARY)
    released = b""
    for byte in body:
        released += b"".join(decoder.feed(bytes((byte,))))
    assert released == b"x" * len(released)
    assert len(released) < 5000
    assert released + decoder.finish() == b"x" * 5000


def test_what_stands_behind_the_file_is_read_past() -> None:
    """The submit button of AWS's own example does."""
    decoded = decode(
        form({"key": "k"}, b"x", part("submit", b"Upload"), part("key", b"2"))
    )
    assert decoded.fields == {"key": "k"}
    assert decoded.content == b"x"


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('form-data; name="file"; filename="a.txt"', "a.txt"),
        ("form-data; name=file; filename=a.txt", "a.txt"),
        ('form-data;name="file";filename="a \\"b\\".txt"', 'a "b".txt'),
        ('form-data; name="file"; filename="C:\\dir\\a.txt"', "C:\\dir\\a.txt"),
        ('FORM-DATA; NAME="file"; FILENAME="Grüße.txt"', "Grüße.txt"),
        ('form-data; filename="a.txt"; name="FILE"', "a.txt"),
        ('form-data; name="file"', ""),
    ],
)
def test_a_file_is_named_in_every_clients_way(disposition: str, name: str) -> None:
    """Quoted, bare, escaped or with a path in it."""
    body = (
        DELIMITER
        + f"\r\ncontent-disposition: {disposition}\r\n\r\nx\r\n".encode()
        + DELIMITER
        + b"--"
    )
    decoded = decode(body)
    assert decoded.file is not None
    assert decoded.file.name == name


HEAD = b'Content-Disposition: form-data; name="file"; filename="a"\r\n'
GOOD = DELIMITER + b"\r\n" + HEAD + b"\r\nx\r\n" + DELIMITER + b"--\r\n"
MALFORMED = {
    "nothing": b"",
    "a preamble": b"hello\r\n" + GOOD,
    "an empty line first": b"\r\n" + GOOD,
    "an epilogue": GOOD + b"x",
    "two line ends": GOOD + b"\r\n",
    "white space behind a boundary": GOOD.replace(b"gW\r\n", b"gW \r\n", 1),
    "something behind a boundary": GOOD.replace(b"gW\r\n", b"gWx\r\n", 1),
    "bare line feeds": GOOD.replace(b"\r\n", b"\n"),
    "a bare line feed behind a boundary": GOOD.replace(b"gW\r\n", b"gW\n", 1),
    "another boundary": GOOD.replace(b"0gW", b"0gw"),
    "no end": GOOD[: -len(b"--\r\n")],
    "half an end": GOOD[: -len(b"-\r\n")],
    "no disposition": GOOD.replace(HEAD, b"X: y\r\n"),
    "no headers": GOOD.replace(HEAD, b""),
    "a nameless part": GOOD.replace(b'name="file"; ', b""),
    "an empty name": GOOD.replace(b'"file"', b'""'),
    "a name given twice": GOOD.replace(b'name="file"', b'name="file"; name="key"'),
    "a file name given twice": GOOD.replace(b'="a"', b'="a"; filename="b"'),
    "an extended file name": GOOD.replace(b'="a"', b"=\"a\"; filename*=UTF-8''b"),
    "two dispositions": GOOD.replace(HEAD, HEAD + HEAD),
    "an attachment": GOOD.replace(b"form-data", b"attachment"),
    "a folded header": GOOD.replace(b"; filename", b";\r\n filename"),
    "a space before the colon": GOOD.replace(b"Disposition:", b"Disposition :"),
    "a zero byte": GOOD.replace(b'="a"', b'="a\x00"'),
    "an open quote": GOOD.replace(b'="a"', b'="a'),
    "a transfer encoding": GOOD.replace(
        HEAD, HEAD + b"Content-Transfer-Encoding: base64\r\n"
    ),
    "headers that are not UTF-8": GOOD.replace(b'="a"', b'="\xff"'),
    "a value that is not UTF-8": part("key", b"\xff") + GOOD,
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
@pytest.mark.parametrize("step", [1, 10_000])
def test_what_is_no_form_is_refused(body: bytes, step: int) -> None:
    """Whatever two readers could take differently, among it."""
    with pytest.raises(FormDataError) as refused:
        decode(body, *range(0, len(body), step))
    assert refused.value.code == "MalformedPOSTRequest"


@pytest.mark.parametrize(
    "body",
    [
        part("key", b"k") + DELIMITER + b"--\r\n",
        DELIMITER + b"--\r\n",
        form({}, b"x", part("file", b"y", filename="b")),
        form({}, b"x", part("file", b"y")),
        form({}, b"x", part("other", b"y", filename="b")),
        part("other", b"y", filename="b") + form({}, b"x"),
    ],
    ids=["none", "nothing at all", "two", "two, one unnamed", "after", "before"],
)
def test_there_is_one_file(body: bytes) -> None:
    """Neither none nor two, nor one of another name."""
    with pytest.raises(FormDataError) as refused:
        decode(body)
    assert refused.value.code == "IncorrectNumberOfFilesInPostRequest"


def test_a_field_stands_once() -> None:
    """Also where the names differ by case alone."""
    body = part("key", b"a") + part("KEY", b"b") + form({}, b"x")
    with pytest.raises(FormDataError, match="sent twice") as refused:
        decode(body)
    assert refused.value.code == "InvalidArgument"


@pytest.mark.parametrize(
    "beginning",
    [
        part("a", b"x" * MAX_FIELDS_BYTES),
        DELIMITER + b"\r\nX: " + b"y" * MAX_FIELDS_BYTES,
        part("a", b"x")[:-2] + b"y" * MAX_FIELDS_BYTES,
        b"".join(part(f"f{each}", b"x" * 90) for each in range(120)),
        form({}, b"x", part("a", b"x" * MAX_FIELDS_BYTES)),
    ],
    ids=["a value", "a header", "an endless value", "many", "behind the file"],
)
@pytest.mark.parametrize("step", [997, 100_000])
def test_all_but_the_file_is_bounded(beginning: bytes, step: int) -> None:
    """At once, without waiting for its end."""
    with pytest.raises(FormDataError) as refused:
        decode(beginning, *range(0, len(beginning), step))
    assert refused.value.code == "MaxPostPreDataLengthExceededError"


def test_the_file_is_not_collected() -> None:
    """It may be as large as any object; only its end waits."""
    decoder = FormDataDecoder(BOUNDARY)
    decoder.feed(form({}, b"")[: -len(b"\r\n" + DELIMITER + b"--\r\n")])
    for _ in range(10):
        released = decoder.feed(b"x" * 100_000)
        assert sum(map(len, released)) >= 100_000 - len(DELIMITER) - 2
    assert decoder.consumed < 500


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/form-data; boundary=abc", b"abc"),
        ("Multipart/Form-Data;charset=utf-8; BOUNDARY=abc", b"abc"),
        ('multipart/form-data; boundary="a b:c"', b"a b:c"),
        ("text/plain", None),
        ("multipart/form-data-x; boundary=abc", None),
        ("application/x-www-form-urlencoded", None),
    ],
)
def test_the_boundary_is_read(content_type: str, boundary: bytes | None) -> None:
    """Bare or quoted, among other parameters."""
    assert boundary_of(content_type) == boundary


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "; boundary=",
        '; boundary=""',
        "; boundary=a; boundary=b",
        "; boundary=" + "a" * 71,
        '; boundary="a "',
        '; boundary="a\\""',
        "; boundary=ü",
        "; boundary=a b",
    ],
)
def test_a_form_has_one_boundary(rest: str) -> None:
    """Of up to 70 characters, as RFC 2046 has it."""
    with pytest.raises(FormDataError):
        boundary_of("multipart/form-data" + (rest or ";"))
