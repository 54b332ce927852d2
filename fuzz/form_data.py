"""Forms with a file: read alike however they are cut, or refused."""

from securecart.wire.form_data import FormDataDecoder, FormDataError, boundary_of

_FORM = (
    b'--abc\r\nContent-Disposition: form-data; name="key"\r\n\r\na/${filename}\r\n'
    b"--abc\r\nContent-Disposition: form-data; name=acl\r\n\r\nprivate\r\n"
    b'--abc\r\nContent-Disposition: form-data; name="file"; filename="C:\\d\\a.txt"'
    b"\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    b"hello\r\n--ab\r\nworld\r\n"
    b'--abc\r\ncontent-disposition: form-data; name="submit"\r\n\r\nGo\r\n--abc--\r\n'
)

# How the bytes are cut, the Content-Type, then the body.
SEEDS = [
    b"\x07multipart/form-data; boundary=abc\n" + _FORM,
    b'\xffmultipart/form-data; charset=utf-8; boundary="abc"\n' + _FORM,
    (
        b"\x01multipart/form-data; boundary=abc\n--abc\r\n"
        b'Content-Disposition: form-data; name="file"\r\n\r\n\r\n--abc--'
    ),
]

Read = tuple[dict[str, str], str | None, bytes] | str


def one(data: bytes) -> None:
    """Read it whole and in pieces: both say the same, and the end is held back."""
    content_type, _, body = data[1:].partition(b"\n")
    try:
        boundary = boundary_of(content_type.decode("latin-1"))
    except FormDataError:
        return
    if boundary is None:
        return
    whole = _read(boundary, body, len(body) or 1)
    if whole != _read(boundary, body, 1 + 8 * data[0]):
        raise AssertionError("how a form is cut changes what it says")


def _read(boundary: bytes, body: bytes, step: int) -> Read:
    decoder = FormDataDecoder(boundary)
    content = b""
    try:
        for start in range(0, len(body), step):
            content += b"".join(decoder.feed(body[start : start + step]))
        last = decoder.finish()
    except FormDataError as error:
        error.message.encode()
        # Which of two faults is met first depends on the cut.
        return ""
    if content and not last:
        raise AssertionError("the file was let go before the form had ended")
    name = None if decoder.file is None else decoder.file.name
    return decoder.fields, name, content + last
