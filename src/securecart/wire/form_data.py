"""Forms that upload a file: multipart/form-data, read as it comes.

Sans-IO: bytes in; the fields once the file begins, then the file. The file's
last byte is held until the form has ended well, so who passes the file on as
it comes never completes one of a form that was cut off.

Stricter than RFC 2046 where that leaves a choice: no preamble and no epilogue,
no white space behind a boundary, no folded header, no transfer encoding. No
browser and no SDK sends any of it, and two readers could differ over it.

Source: RFC 7578; RFC 2046, section 5.1.1; Amazon S3 API Reference, "Creating
an HTML Form (Using AWS Signature Version 4)".
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from securecart.names.errors import ServiceError

MAX_FIELDS_BYTES = 20 * 1024
"""S3's own: a form without its file, boundaries included."""

_FILE = "file"
_WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED = r'"(?:[^"\\\r\n\x00]|\\[^\r\n\x00])*"'
_PARAMETER = re.compile(rf"[ \t]*;[ \t]*({_WORD})=({_WORD}|{_QUOTED})")
_HEADER = re.compile(rf"({_WORD}):[ \t]*([^\r\n\x00]*)")
_TYPE = re.compile(r"[ \t]*multipart/form-data(?=[ \t]*(?:;|$))", re.IGNORECASE)
_DISPOSITION = re.compile(r"form-data(?=[ \t]*;)", re.IGNORECASE)
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")
_UNESCAPED = re.compile(r'\\(["\\])')
_PLAIN_ENCODINGS = frozenset({"7bit", "8bit", "binary"})
_NOTHING_MORE = (b"", b"\r\n")


class FormDataError(ServiceError):
    """The root of what can be wrong with a form."""


class MalformedPOSTRequest(FormDataError):
    """The body is not one form, whole and in one reading."""

    code = "MalformedPOSTRequest"

    def __init__(self) -> None:
        super().__init__(
            "The body of your POST request is not well-formed multipart/form-data."
        )


class MaxPostPreDataLengthExceeded(FormDataError):
    """There is more beside the file than a form may have."""

    code = "MaxPostPreDataLengthExceededError"

    def __init__(self) -> None:
        super().__init__(
            "Your POST request fields preceding the upload file were too large."
        )


class IncorrectNumberOfFiles(FormDataError):
    """No file, or more than one."""

    code = "IncorrectNumberOfFilesInPostRequest"

    def __init__(self) -> None:
        super().__init__("POST requires exactly one file upload per request.")


class DuplicateField(FormDataError):
    """A field stands twice, and nobody can say which one was meant."""

    code = "InvalidArgument"

    def __init__(self, name: str) -> None:
        super().__init__(f"The form field {name[:80]} was sent twice.")


@dataclass(frozen=True, slots=True)
class FormFile:
    """What a form says of its file; the name is the sender's own, path and all."""

    name: str


def boundary_of(content_type: str) -> bytes | None:
    """Read the boundary out of a Content-Type; None for anything but a form.

    Raises:
        MalformedPOSTRequest: it is a form's, but has not exactly one boundary.
    """
    found = _TYPE.match(content_type)
    if found is None:
        return None
    boundary = _parameters(content_type[found.end() :]).get("boundary", "")
    if not _BOUNDARY.fullmatch(boundary):
        raise MalformedPOSTRequest
    return boundary.encode()


class FormDataDecoder:
    """Decodes one form.

    `fields` are those before the file, names in lower case; complete once
    `file` is there. What stands behind the file is read past, as S3 does.
    """

    def __init__(self, boundary: bytes) -> None:
        self._delimiter = b"\r\n--" + boundary
        # So that the first delimiter is one like all others.
        self._buffer = b"\r\n"
        self._fields_bytes = 0
        self._name = ""
        self._await: Callable[[list[bytes]], bool] = self._first
        self._ended = False
        self._last = b""
        self.fields: dict[str, str] = {}
        self.file: FormFile | None = None

    @property
    def consumed(self) -> int:
        """Bytes of the form, so far, that are not the file's."""
        return self._fields_bytes

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes of the form; answer those of the file that may be passed on.

        Raises:
            FormDataError: it is no form, too large, or has two files.
        """
        self._buffer += data
        released: list[bytes] = []
        while self._await(released):
            pass
        waiting = 0 if self._in_file else len(self._buffer)
        if self._fields_bytes + waiting > MAX_FIELDS_BYTES:
            raise MaxPostPreDataLengthExceeded
        return released

    def finish(self) -> bytes:
        """Say that no more bytes come; answer the end of the file.

        Raises:
            MalformedPOSTRequest: the form's end was not reached.
            IncorrectNumberOfFiles: there was no file in it.
        """
        if not self._ended or self._buffer not in _NOTHING_MORE:
            raise MalformedPOSTRequest
        if self.file is None:
            raise IncorrectNumberOfFiles
        return self._last

    @property
    def _in_file(self) -> bool:
        return self._await == self._content

    def _take(self, count: int) -> bytes:
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        self._fields_bytes += count
        return taken

    def _first(self, _released: list[bytes]) -> bool:
        size = len(self._delimiter)
        if not self._delimiter.startswith(self._buffer[:size]):
            raise MalformedPOSTRequest
        if len(self._buffer) < size:
            return False
        self._take(size)
        self._await = self._delimited
        return True

    def _delimited(self, _released: list[bytes]) -> bool:
        """Behind a delimiter stands a line's end, or what closes the form."""
        if len(self._buffer) < len(b"--"):
            return False
        match self._take(len(b"--")):
            case b"\r\n":
                self._await = self._head
            case b"--":
                self._ended = True
                self._await = self._epilogue
            case _:
                raise MalformedPOSTRequest
        return True

    def _head(self, _released: list[bytes]) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        part = _read_part(self._take(end + len(b"\r\n\r\n")))
        self._name = part.name.lower()
        if self._name != _FILE:
            if part.filename is not None:
                raise IncorrectNumberOfFiles
            if self._name in self.fields and self.file is None:
                raise DuplicateField(self._name)
            self._await = self._field
            return True
        if self.file is not None:
            raise IncorrectNumberOfFiles
        self.file = FormFile(part.filename or "")
        self._await = self._content
        return True

    def _field(self, _released: list[bytes]) -> bool:
        end = self._buffer.find(self._delimiter)
        if end < 0:
            return False
        value = self._take(end)
        self._take(len(self._delimiter))
        if self.file is None:
            try:
                self.fields[self._name] = value.decode()
            except UnicodeDecodeError:
                raise MalformedPOSTRequest from None
        self._await = self._delimited
        return True

    def _content(self, released: list[bytes]) -> bool:
        end = self._buffer.find(self._delimiter)
        if end >= 0:
            self._last, self._buffer = self._buffer[:end], self._buffer[end:]
            self._take(len(self._delimiter))
            self._await = self._delimited
            return True
        # All of this may be the delimiter but one byte, which is then the last.
        held = len(self._delimiter)
        if len(self._buffer) > held:
            released.append(self._buffer[:-held])
            self._buffer = self._buffer[-held:]
        return False

    def _epilogue(self, _released: list[bytes]) -> bool:
        if not b"\r\n".startswith(self._buffer):
            raise MalformedPOSTRequest
        return False


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    filename: str | None


def _read_part(block: bytes) -> _Part:
    """Read the headers of one part, given with the blank line that ends them."""
    try:
        lines = block.decode().split("\r\n")[:-2]
    except UnicodeDecodeError:
        raise MalformedPOSTRequest from None
    headers: dict[str, str] = {}
    for line in lines:
        found = _HEADER.fullmatch(line)
        if found is None or found[1].lower() in headers:
            raise MalformedPOSTRequest
        headers[found[1].lower()] = found[2].rstrip(" \t")
    encoding = headers.get("content-transfer-encoding", "binary")
    if encoding.lower() not in _PLAIN_ENCODINGS:
        raise MalformedPOSTRequest
    disposition = headers.get("content-disposition", "")
    found = _DISPOSITION.match(disposition)
    if found is None:
        raise MalformedPOSTRequest
    parameters = _parameters(disposition[found.end() :])
    # RFC 7578, 4.2: `filename*` must not be used; it could name another file.
    if not parameters.get("name") or "filename*" in parameters:
        raise MalformedPOSTRequest
    return _Part(parameters["name"], parameters.get("filename"))


def _parameters(text: str) -> dict[str, str]:
    """Read `; name=value` as often as it stands there, and nothing else."""
    parameters: dict[str, str] = {}
    position = 0
    text = text.rstrip(" \t")
    while position < len(text):
        found = _PARAMETER.match(text, position)
        if found is None or found[1].lower() in parameters:
            raise MalformedPOSTRequest
        value = found[2]
        if value.startswith('"'):
            # A lone backslash stays: browsers do not escape those of a path.
            value = _UNESCAPED.sub(r"\1", value[1:-1])
        parameters[found[1].lower()] = value
        position = found.end()
    return parameters
