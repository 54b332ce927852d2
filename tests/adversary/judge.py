"""What an answer gives away: marks, success, and what exists.

The last is asked by twins: the same request, aimed once at what exists and once
at what does not. Their answers have to be alike to the byte, names aside.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote, unquote_plus

from tests.adversary.exchange import Answer, Request
from tests.adversary.operations import Own, Template
from tests.adversary.people import ROLE, Company
from tests.adversary.signing import Form
from tests.adversary.spellings import Place, decoded, lands_own, plain

from securecart.wire.xml_text import xml_text

_MESSAGE = re.compile(rb"(Encoded authorization failure message: )([\w-]+)")
_CHANGING = re.compile(
    rb"(?im)^(x-amz-request-id|x-amz-id-2|x-amzn-requestid|date): [^\r]*"
)
_ELEMENTS = re.compile(
    rb"<(RequestId|HostId|ServerTime|RequestTime|StringToSign|StringToSignBytes"
    rb"|CanonicalRequest|CanonicalRequestBytes|SignatureProvided|Expires"
    rb"|DeleteMarkerVersionId"
    rb"|Message>Request has expired|X-Amz-Expires|Token-0)>[^<]*"
)
_DELETED = re.compile(rb"<Deleted>.*?</Deleted>", re.DOTALL)
_KEY = re.compile(rb"<Key>(.*?)</Key>", re.DOTALL)
_SUCCESS = range(200, 300)
_FAILURE = 500
_UNDECIDED = frozenset({0, _FAILURE, 503})


@dataclass(frozen=True)
class Leak:
    """Something that an answer gave away, with the evidence."""

    kind: str
    attack: str
    evidence: str
    request: Request | None = None
    answer: Answer | None = None

    def __str__(self) -> str:
        lines = [f"{self.kind}: {self.attack}: {self.evidence}"]
        if self.request is not None and self.answer is not None:
            raw = self.request.raw.decode("latin-1")
            lines.append(f"  > {_short(raw)}")
            told = (self.answer.head + self.answer.body).decode("latin-1")
            lines.append(f"  < {_short(told)}")
        return "\n".join(lines)


_SHOWN = 700


def _short(text: str) -> str:
    # Tokens say nothing to a reader, and are long.
    text = re.sub(r"[\w/+=-]{200,}|[\w%-]{200,}", "…", text)
    return repr(text[:_SHOWN])


@dataclass(frozen=True)
class Attack:
    """One request at one place, and how it was made."""

    template: Template
    spelling: str
    form: Form
    attacker: str
    own: Own
    place: Place
    raw: str
    request: Request

    @property
    def name(self) -> str:
        parts = (self.template.name, self.spelling, self.form.name)
        return f"{self.attacker} at {self.place.folder}: " + ", ".join(parts)

    @property
    def lands_own(self) -> bool:
        """Whether it asks for what is the attacker's, to the letter."""
        if not self.template.key_in_path:
            return lands_own(self.own.folder, decoded(self.raw))
        path = self.request.target.partition("?")[0]
        bucket, _, key = path.removeprefix("/").partition("/")
        return bucket == self.place.bucket and lands_own(self.own.folder, decoded(key))


def given_away(attack: Attack, answer: Answer, company: Company) -> Iterator[Leak]:
    """What one answer tells by itself."""
    told = _canonical(answer)
    # What the attacker said may be said back.
    said = {decoded(attack.raw), unquote(attack.raw), attack.raw}
    said.add(unquote_plus(attack.raw))
    for word, name in zip(_WORDS, _names(attack.place), strict=True):
        said |= {name} if attack.template.has(word) else set()
    for each in sorted(said, key=len, reverse=True):
        told = _without(told, each)
    if marks := company.foreign(told, attack.attacker):
        yield _leak("mark", attack, answer, ", ".join(sorted(marks)))
    if answer.status == _FAILURE:
        yield _leak("failure", attack, answer, "it was not foreseen")
    if answer.status in _SUCCESS and not _may_succeed(attack, answer):
        yield _leak("success", attack, answer, f"status {answer.status}")


def _may_succeed(attack: Attack, answer: Answer) -> bool:
    if attack.template.operation == "DeleteObjects":
        deleted = b"".join(_DELETED.findall(answer.body))
        return all(
            attack.form.counts and lands_own(attack.own.folder, key.decode())
            for key in _KEY.findall(deleted)
        )
    if not attack.form.counts:
        return False
    if attack.template.operation.startswith("List"):
        # A prefix is a beginning of keys, and no path: what begins with one's own
        # folder is of it, and to the letter no key is there.
        begins = decoded(attack.raw).startswith(attack.own.folder)
        return attack.template.open or begins
    return attack.template.open or attack.lands_own


def told_apart(
    real: Attack, found: Answer, ghost: Attack, missing: Answer
) -> Iterator[Leak]:
    """Whether the twins' answers differ by more than the names."""
    if real.lands_own and real.form.counts:
        return
    if found.status in _UNDECIDED or missing.status in _UNDECIDED:
        return
    one, other = _nameless(real, found), _nameless(ghost, missing)
    if one != other:
        at = next(
            (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
            min(len(one), len(other)),
        )
        begin = max(0, at - 60)
        evidence = (
            f"{found.status} {found.code} for what exists, {missing.status} "
            f"{missing.code} for what does not; {one[begin : at + 80]!r} and "
            f"{other[begin : at + 80]!r}"
        )
        yield _leak("existence", real, found, evidence)


def _leak(kind: str, attack: Attack, answer: Answer, evidence: str) -> Leak:
    return Leak(kind, attack.name, evidence, attack.request, answer)


def _canonical(answer: Answer) -> bytes:
    """An answer without what is another each time, lengths kept."""
    text = _CHANGING.sub(rb"\1: -", answer.head) + answer.body
    text = _ELEMENTS.sub(rb"<\1>", text)
    return _MESSAGE.sub(lambda it: it[1] + b"%d letters" % len(it[2]), text)


_WORDS = (
    *("KEYSPOT", "FOLDERSPOT", "VERSIONSPOT", "UPLOADSPOT", "TOKENSPOT"),
    *("ETAGSPOT", "BUCKETSPOT"),
)


def _names(place: Place) -> tuple[str, ...]:
    names = (place.key, place.folder, place.version, place.upload, place.token)
    return (*names, place.etag.strip('"'), place.bucket)


def _nameless(attack: Attack, answer: Answer) -> bytes:
    text = _canonical(answer)
    path = attack.request.target.partition("?")[0]
    # One's own name may begin as the other's does.
    own = f"{_ASSUMED}{attack.attacker}"
    names = {own: "O", attack.own.folder: "F", path: "T", decoded(path): "T"}
    # What is no UTF-8 is said back with marks of that in it.
    names |= {attack.raw: "R", decoded(attack.raw): "D", unquote(attack.raw): "D"}
    names[unquote_plus(attack.raw)] = "D"
    for letter, name in zip("kfvuteb", _names(attack.place), strict=True):
        names.setdefault(name, letter)
    for name in sorted(filter(None, names), key=len, reverse=True):
        text = _without(text, name, f"<{names[name]}>".encode())
    return text


def _without(text: bytes, name: str, by: bytes = b"<>") -> bytes:
    if len(name) < _LEAST:
        return text
    forms = {name, xml_text(name), plain(name), quote(name, safe=""), repr(name)[1:-1]}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form.encode(errors="replace"), by)
        text = text.replace(form.encode("latin-1", errors="replace"), by)
    return text


_LEAST = 2
_ASSUMED = f"assumed-role/{ROLE}/"


def ghost_of(place: Place, kind: str) -> Place:
    """The same place, but for one thing that does not exist; all as long."""
    match kind:
        case "key":
            return replace(place, name=place.name.replace("vault/", "vaulx/", 1))
        case "folder":
            return replace(place, folder=place.folder[:-2] + "q/")
        case "version":
            return replace(place, version=_other(place.version))
        case "upload":
            return replace(place, upload=_other(place.upload))
        case "etag":
            return replace(place, etag=f'"{_other(place.etag.strip(chr(34)))}"')
        case _:
            raise ValueError(kind)


_SHIFT = str.maketrans("0123456789abcdef", "123456789abcdef0")


def _other(text: str) -> str:
    """As long and of the same kind, in its last eight characters."""
    changed = text[-8:].translate(_SHIFT)
    return text[:-8] + (changed if changed != text[-8:] else "zzzzzzzz"[: len(changed)])
