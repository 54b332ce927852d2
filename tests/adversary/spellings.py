"""Every way to write a key that might be read as another's.

A spelling answers what stands in the target, in a query's value or in the header
of a copy; decoded once it is what stands in a document or in a form's field.
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote_to_bytes

from tests.adversary.exchange import Request


@dataclass(frozen=True)
class Place:
    """What an attack is aimed at: a document, by everything that names it."""

    bucket: str
    folder: str
    name: str
    version: str
    upload: str
    etag: str
    token: str

    @property
    def key(self) -> str:
        return self.folder + self.name


Spell = Callable[[str, Place], str]
"""From one's own folder and the other's document to what is written."""
Shape = Callable[[Request, str, Place], Request]
"""Changes the request as a whole: its target's form, its host."""


@dataclass(frozen=True)
class Spelling:
    """One way to write it."""

    name: str
    spell: Spell
    shape: Shape | None = None


def plain(text: str) -> str:
    """As every client writes it."""
    return quote(text, safe="/")


def decoded(raw: str) -> str:
    """What is written, decoded once; broken bytes as latin-1."""
    octets = unquote_to_bytes(raw.encode("latin-1"))
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def lands_own(own: str, text: str) -> bool:
    """Whether a decoded key is in one's own folder, by anybody's reading."""
    segments = text.split("/")
    return text.startswith(own) and not {"", ".", ".."} & set(segments[:-1])


def _every_byte(text: str, form: str) -> str:
    return "".join(form % byte for byte in text.encode())


def _climbing(dots: str, slash: str) -> Spell:
    def spell(own: str, place: Place) -> str:
        up = plain(own.removesuffix("/")) + slash + dots + slash
        return up + plain(place.key).replace("/", slash)

    return spell


def _climbing_over_bucket(own: str, place: Place) -> str:
    return plain(own) + f"../../{place.bucket}/" + plain(place.key)


def _key(change: Callable[[str], str]) -> Spell:
    """Change the key, then write it as clients do."""
    return lambda _, place: plain(change(place.key))


def _raw(change: Callable[[str], str]) -> Spell:
    """Write it as clients do, then change what is written."""
    return lambda _, place: change(plain(place.key))


def _folder(change: Callable[[str], str]) -> Spell:
    return lambda _, place: plain(change(place.folder) + place.name)


def _id(place: Place) -> str:
    return place.folder.partition(":")[0]


def _beside(own: str, place: Place) -> str:
    """One's own folder without its slash, and how the other's name goes on."""
    name = own.removesuffix("/")
    return plain(name + place.folder.removeprefix(name) + place.name)


_KEYS: Mapping[str, Spell] = {
    "as clients do": _raw(str),
    "colon raw": lambda _, place: quote(place.key, safe="/:"),
    "every byte, upper case": lambda _, place: _every_byte(place.key, "%%%02X"),
    "every byte, lower case": lambda _, place: _every_byte(place.key, "%%%02x"),
    "slash encoded": _raw(lambda raw: raw.replace("/", "%2F")),
    "double encoded": _raw(lambda raw: quote(raw, safe="")),
    "double encoded slash": _raw(lambda raw: raw.replace("/", "%252f")),
    "triple encoded": _raw(lambda raw: quote(quote(raw, safe=""), safe="")),
    "half an escape": _raw(lambda raw: raw + "%2"),
    "escape that is none": _raw(lambda raw: raw.replace("/", "%u002f")),
    "plus at the end": _raw(lambda raw: raw + "+"),
    "plus for slash": _raw(lambda raw: raw.replace("/", "+")),
    "slash before": _raw(lambda raw: "/" + raw),
    "slash before, encoded": _raw(lambda raw: "%2f" + raw),
    "two slashes": _raw(lambda raw: raw.replace("/", "//")),
    "two slashes, encoded": _raw(lambda raw: raw.replace("/", "/%2F")),
    "dot segment": _raw(lambda raw: raw.replace("/", "/./")),
    "dot segment before": _raw(lambda raw: "./" + raw),
    "dot segment, encoded": _raw(lambda raw: raw.replace("/", "/%2e/")),
    "up from the own folder": _climbing("..", "/"),
    "up, dots encoded": _climbing("%2e%2e", "/"),
    "up, one dot encoded": _climbing(".%2E", "/"),
    "up, slash encoded": _climbing("..", "%2f"),
    "up, all encoded": _climbing("%2e%2e", "%2F"),
    "up, double encoded": _climbing("%252e%252e", "%252f"),
    "up, backslash": _climbing("..", "\\"),
    "up, backslash encoded": _climbing("..", "%5c"),
    "up, overlong dots": _climbing("%c0%ae%c0%ae", "/"),
    "up, overlong slash": _climbing("..", "%c0%af"),
    "up, long overlong slash": _climbing("..", "%e0%80%af"),
    "up, fullwidth dots": _climbing(quote("\uff0e\uff0e"), "/"),
    "up, fullwidth slash": _climbing("..", quote("\uff0f")),
    "up, one-dot leader": _climbing(quote("\u2024\u2024"), "/"),
    "up, two-dot leader": _climbing(quote("\u2025"), "/"),
    "up, semicolon": _climbing("..;", "/"),
    "up, with NUL": _climbing("..%00", "/"),
    "up, with tab": _climbing(".%09.", "/"),
    "up, with space": _climbing("..%20", "/"),
    "up, three dots": _climbing("...", "/"),
    "up over the bucket": _climbing_over_bucket,
    "down and up": lambda own, place: plain(f"{own}a/../../{place.key}"),
    "backslash": _raw(lambda raw: raw.replace("/", "\\")),
    "backslash encoded": _raw(lambda raw: raw.replace("/", "%5C")),
    "id in lower case": _folder(str.lower),
    "name in other case": _folder(lambda it: _id_kept(it, str.swapcase)),
    "all in upper case": _key(str.upper),
    "long s and Kelvin": _key(
        lambda it: it.replace("s", "\u017f").replace("K", "\u212a")
    ),
    "dotless i": _key(lambda it: it.replace("i", "\u0131").replace("I", "\u0130")),
    "dot after": _raw(lambda raw: raw + "."),
    "dot after the folder": _folder(lambda it: it.removesuffix("/") + "./"),
    "space after": _raw(lambda raw: raw + "%20"),
    "space after the folder": _folder(lambda it: it.removesuffix("/") + " /"),
    "slash after": _raw(lambda raw: raw + "/"),
    "slash after, encoded": _raw(lambda raw: raw + "%2f"),
    "NUL after": _raw(lambda raw: raw + "%00"),
    "NUL and an ending": _raw(lambda raw: raw + "%00.txt"),
    "NUL after the own folder": lambda own, place: plain(f"{own}\0{place.key}"),
    "line feed": _raw(lambda raw: raw + "%0a"),
    "carriage return and header": _raw(lambda raw: raw + "%0d%0ahost:%20x"),
    "control characters": _raw(lambda raw: "%01%7f" + raw),
    "tab": _raw(lambda raw: raw + "%09"),
    "byte that is no UTF-8": _raw(lambda raw: raw + "%ff"),
    "raw byte": _raw(lambda raw: raw + "\xe9"),
    "raw space": _raw(lambda raw: raw + " x"),
    "surrogate": _raw(lambda raw: raw + "%ed%a0%80"),
    "overlong slash": _raw(lambda raw: raw.replace("/", "%c0%af")),
    "overlong letters": lambda _, place: "".join(
        f"%{0xC0 | ord(c) >> 6:02x}%{0x80 | ord(c) & 0x3F:02x}"
        if c < "\x80"
        else plain(c)
        for c in place.key
    ),
    "composed": _key(lambda it: unicodedata.normalize("NFC", it)),
    "decomposed": _key(lambda it: unicodedata.normalize("NFD", it)),
    "compatibility": _key(lambda it: unicodedata.normalize("NFKC", it)),
    "fullwidth": _key(lambda it: "".join(map(_fullwidth, it))),
    "fullwidth slash": _key(lambda it: it.replace("/", "\uff0f")),
    "fullwidth colon": _key(lambda it: it.replace(":", "\uff1a")),
    "division slash": _key(lambda it: it.replace("/", "\u2215")),
    "zero-width space": _folder(lambda it: it.replace(":", ":\u200b")),
    "soft hyphen": _folder(lambda it: it.replace(":", ":\u00ad")),
    "byte order mark": _key(lambda it: "\ufeff" + it),
    "right to left": _key(lambda it: "\u202e" + it),
    "semicolon parameter": _raw(lambda raw: raw + ";versionId=null"),
    "semicolon after the folder": _raw(lambda raw: raw.replace("/", ";a=b/", 1)),
    "own folder; the other's": lambda own, place: plain(own) + ";" + plain(place.key),
    "ampersand": _raw(lambda raw: raw + "&prefix="),
    "question mark encoded": _raw(lambda raw: raw + "%3FversionId=null"),
    "fragment encoded": _raw(lambda raw: raw + "%23x"),
    "fragment": _raw(lambda raw: raw + "#x"),
    "name that goes on": _beside,
    "own folder before": lambda own, place: plain(own + place.key),
    "parts of an upload": lambda _, place: plain(f".uploads/{place.upload}/0001.part"),
    "parts in the own folder": lambda own, place: plain(
        f"{own}.uploads/{place.upload}/0001.part"
    ),
    "versions folder": lambda _, place: plain(
        f"{place.key}.versions/v_{place.version}"
    ),
    "versions folder, up": lambda own, place: plain(
        f"{own}a.versions/../../{place.key}.versions/v_{place.version}"
    ),
    "store's bucket path": lambda _, place: plain(
        f"/buckets/{place.bucket}/{place.key}"
    ),
    "ARN": lambda _, place: plain(f"arn:aws:s3:::{place.bucket}/{place.key}"),
    "star for all": lambda *_: "*",
    "star for the name": lambda _, place: f"{_id(place)}:*/{plain(place.name)}",
    "star for the document": lambda _, place: plain(place.folder) + "*",
    "question mark for a letter": _key(lambda it: it[:-1] + "?"),
    "variable userid": lambda _, place: plain("${aws:userid}/" + place.name),
    "variable username": lambda _, place: plain(
        _id(place) + ":${aws:username}/" + place.name
    ),
    "variable star": lambda _, place: plain(_id(place) + ":${*}/" + place.name),
    "variable question mark": _folder(lambda it: it[:-2] + "${?}/"),
    "variable with default": lambda _, place: plain(
        "${aws:nothing, '" + place.folder.removesuffix("/") + "'}/" + place.name
    ),
}


def _id_kept(folder: str, change: Callable[[str], str]) -> str:
    before, colon, name = folder.partition(":")
    return before + colon + change(name)


def _fullwidth(letter: str) -> str:
    return chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter


def _overlong(letter: str) -> str:
    """ASCII in two bytes of UTF-8, which is one too many."""
    if not letter.isascii():
        return plain(letter)
    return f"%{0xC0 | ord(letter) >> 6:02x}%{0x80 | ord(letter) & 0x3F:02x}"


def _target(change: Callable[[str, Place], str]) -> Shape:
    def shape(request: Request, _: str, place: Place) -> Request:
        return replace(request, target=change(request.target, place))

    return shape


def _authority(place: Place) -> str:
    return f"{place.bucket}.localhost"


def _virtual_host(request: Request, _: str, place: Place) -> Request:
    """The bucket in the host, the key alone in the path."""
    return replace(
        request, target=request.target.removeprefix(f"/{place.bucket}") or "/"
    ).adding(("host", _authority(place)))


def _absolute(request: Request, _: str, __: Place) -> Request:
    return replace(request, target=f"http://{request.header('host')}{request.target}")


def _twice(request: Request, own: str, place: Place) -> Request:
    """Each parameter once for oneself and once for the other."""
    path, _, query = request.target.partition("?")
    again = query or f"prefix={plain(place.folder)}"
    added = f"prefix={plain(own)}&{again}&{again}"
    return replace(request, target=f"{path}?{added}")


def _query_escaped(request: Request, own: str, _: Place) -> Request:
    """The query in the key, save one's own: that would be one more document."""
    if plain(own) in request.target.partition("?")[0]:
        return request
    return replace(request, target=request.target.replace("?", "%3f", 1))


def _original_address(request: Request, own: str, place: Place) -> Request:
    """What some servers behind a proxy take for the target."""
    path, mark, query = request.target.partition("?")
    if path.startswith(f"/{place.bucket}/"):
        path = f"/{place.bucket}/{plain(own)}desk/x"
    return replace(request, target=path + mark + query).adding(
        ("x-original-url", request.target),
        ("x-rewrite-url", request.target),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-http-method-override", request.method),
    )


_SHAPES: Mapping[str, Shape] = {
    "absolute form": _absolute,
    "another's host, absolute": _target(
        lambda it, place: f"http://{_authority(place)}{it}"
    ),
    "virtual host": _virtual_host,
    "virtual host and path": lambda request, _, place: request.adding(
        ("host", _authority(place))
    ),
    "bucket encoded": _target(
        lambda it, place: it.replace(
            f"/{place.bucket}", "/" + _every_byte(place.bucket, "%%%02x"), 1
        )
    ),
    "bucket in upper case": _target(
        lambda it, place: it.replace(place.bucket, place.bucket.upper(), 1)
    ),
    "bucket with dot": _target(
        lambda it, place: it.replace(place.bucket, place.bucket + ".", 1)
    ),
    "slash after bucket encoded": _target(
        lambda it, place: it.replace(f"/{place.bucket}/", f"/{place.bucket}%2f", 1)
    ),
    "two slashes before the bucket": _target(lambda it, _: "/" + it),
    "dot before the bucket": _target(lambda it, _: "/." + it),
    "up to the bucket": _target(lambda it, _: "/x/.." + it),
    "no slash before": _target(lambda it, _: it[1:]),
    "parameters twice": _twice,
    "query in a fragment": _target(lambda it, _: it.replace("?", "#?", 1) + "#"),
    "query behind an escape": _query_escaped,
    "second question mark": _target(lambda it, _: it + "?"),
    "semicolon in the query": lambda request, own, _: replace(
        request,
        target=f"{request.target}{'&' if '?' in request.target else '?'}"
        f"prefix={plain(own)};x",
    ),
    "parameter in other case": _target(
        lambda it, place: f"{it}{'&' if '?' in it else '?'}Prefix={plain(place.folder)}"
    ),
    "original address in headers": _original_address,
}

SPELLINGS = (
    *(Spelling(name, spell) for name, spell in _KEYS.items()),
    *(Spelling(name, _raw(str), shape) for name, shape in _SHAPES.items()),
)
