"""CORS: a bucket's rules, and what browsers are answered by them.

Source: Amazon S3 User Guide, "Elements of a CORS configuration" and "Using
cross-origin resource sharing (CORS)"; the WHATWG's Fetch standard.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from securecart.s3.errors import InvalidRequest, MalformedXML
from securecart.s3.xml import Content, Element, read_document, write_document

# Amazon S3 API Reference, "PutBucketCors".
MAX_RULES = 100
MAX_BYTES = 64 * 1024
_METHODS = frozenset({"GET", "PUT", "POST", "DELETE", "HEAD"})
_MAX_AGE_DIGITS = 9
_VARY = (
    "vary",
    "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
)

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CorsRule:
    """One rule; origins and headers may have one star each."""

    allowed_origins: tuple[str, ...]
    allowed_methods: tuple[str, ...]
    allowed_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    max_age_seconds: int | None = None
    id: str | None = None

    def origin_for(self, origin: str, method: str) -> str | None:
        """What `Access-Control-Allow-Origin` answers; None: not allowed."""
        if method not in self.allowed_methods:
            return None
        if "*" in self.allowed_origins:
            return "*"
        allowed = any(_covers(pattern, origin) for pattern in self.allowed_origins)
        return origin if allowed else None

    def allows_headers(self, names: Iterable[str]) -> bool:
        """Whether a request may send all these headers, in any case."""
        patterns = [pattern.lower() for pattern in self.allowed_headers]
        return all(
            any(_covers(pattern, name.lower()) for pattern in patterns)
            for name in names
        )


def _covers(pattern: str, text: str) -> bool:
    """Match a pattern of at most one star."""
    before, star, after = pattern.partition("*")
    if not star:
        return pattern == text
    return (
        len(text) >= len(before) + len(after)
        and text.startswith(before)
        and text.endswith(after)
    )


@dataclass(frozen=True, slots=True)
class CorsConfiguration:
    """The rules of a bucket; the first that covers a request applies."""

    rules: tuple[CorsRule, ...]

    @classmethod
    def from_xml(cls, body: bytes) -> Self:
        """Read `CORSConfiguration`.

        Raises:
            MalformedXML, InvalidRequest, NotImplementedHere: if it is not
                one, or holds what no rule can.
        """
        if len(body) > MAX_BYTES:
            raise MalformedXML
        root = read_document(body, "CORSConfiguration")
        root.only("CORSRule")
        rules = tuple(_rule(element) for element in root.all("CORSRule"))
        if not 0 < len(rules) <= MAX_RULES:
            raise MalformedXML
        return cls(rules)

    def to_xml(self) -> bytes:
        """Write `CORSConfiguration`."""
        return write_document(
            "CORSConfiguration", {"CORSRule": [_rule_content(r) for r in self.rules]}
        )

    def preflight(
        self, origin: str, method: str, headers: Iterable[str]
    ) -> Headers | None:
        """Answer an OPTIONS request; None: no rule allows what it asks.

        `method` and `headers` are those of `Access-Control-Request-…`.
        """
        asked = tuple(headers)
        for rule in self.rules:
            allowed = rule.origin_for(origin, method)
            if allowed and rule.allows_headers(asked):
                extra: list[tuple[str, str]] = []
                if asked:
                    extra.append(
                        ("access-control-allow-headers", ", ".join(asked).lower())
                    )
                if rule.max_age_seconds is not None:
                    extra.append(("access-control-max-age", str(rule.max_age_seconds)))
                return (*_answer(rule, allowed), *extra, _VARY)
        return None

    def actual(self, origin: str, method: str) -> Headers:
        """Headers to add to the answer of a request; none if no rule fits."""
        for rule in self.rules:
            allowed = rule.origin_for(origin, method)
            if allowed:
                return (*_answer(rule, allowed), _VARY)
        return ()


def _answer(rule: CorsRule, origin: str) -> Headers:
    found = [
        ("access-control-allow-origin", origin),
        ("access-control-allow-methods", ", ".join(rule.allowed_methods)),
    ]
    if rule.expose_headers:
        found.append(("access-control-expose-headers", ", ".join(rule.expose_headers)))
    if origin != "*":
        found.append(("access-control-allow-credentials", "true"))
    return tuple(found)


def _rule(element: Element) -> CorsRule:
    element.only(
        "ID",
        "AllowedOrigin",
        "AllowedMethod",
        "AllowedHeader",
        "ExposeHeader",
        "MaxAgeSeconds",
    )
    rule = CorsRule(
        allowed_origins=element.texts("AllowedOrigin"),
        allowed_methods=element.texts("AllowedMethod"),
        allowed_headers=element.texts("AllowedHeader"),
        expose_headers=element.texts("ExposeHeader"),
        max_age_seconds=_max_age(element.optional("MaxAgeSeconds")),
        id=element.optional("ID"),
    )
    if not rule.allowed_origins or not rule.allowed_methods:
        raise MalformedXML
    for method in rule.allowed_methods:
        if method not in _METHODS:
            raise InvalidRequest(
                "Found unsupported HTTP method in CORS config. "
                f"Unsupported method is {method[:80]}"
            )
    for name, values in (
        ("AllowedOrigin", rule.allowed_origins),
        ("AllowedHeader", rule.allowed_headers),
    ):
        for value in values:
            _check_value(name, value)
            if value.count("*") > 1:
                raise InvalidRequest(
                    f'{name} "{value[:80]}" can not have more than one wildcard.'
                )
    for value in rule.expose_headers:
        _check_value("ExposeHeader", value)
        if "*" in value:
            raise InvalidRequest(
                f'ExposeHeader "{value[:80]}" contains wildcard. '
                "We currently do not support wildcard for ExposeHeader."
            )
    return rule


def _check_value(name: str, value: str) -> None:
    """Values come back as headers: nothing in them may end one."""
    if not (value and value.isascii() and value.isprintable()) or " " in value:
        raise InvalidRequest(f"{name} holds other than printable ASCII.")


def _max_age(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_AGE_DIGITS):
        raise MalformedXML
    return int(text)


def _rule_content(rule: CorsRule) -> Content:
    found: dict[str, Content | list[Content]] = {}
    if rule.id is not None:
        found["ID"] = rule.id
    found["AllowedOrigin"] = list(rule.allowed_origins)
    found["AllowedMethod"] = list(rule.allowed_methods)
    found["AllowedHeader"] = list(rule.allowed_headers)
    found["ExposeHeader"] = list(rule.expose_headers)
    if rule.max_age_seconds is not None:
        found["MaxAgeSeconds"] = str(rule.max_age_seconds)
    return found
