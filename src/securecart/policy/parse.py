"""Reading a policy document, refusing whatever is not understood.

Source: AWS IAM User Guide, "Grammar of the IAM JSON policy language".
"""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from securecart.policy.arn_pattern import ArnPattern
from securecart.policy.casing import ascii_lower
from securecart.policy.conditions.read import read_conditions
from securecart.policy.document import (
    Actions,
    Effect,
    Policy,
    PolicyKind,
    Principals,
    Resources,
    Statement,
)
from securecart.policy.errors import MalformedPolicyDocument, NotUnderstood
from securecart.policy.json_text import read_json
from securecart.policy.principals import read_principals
from securecart.policy.wildcard import Glob, wildcards

_VERSIONS = ("2008-10-17", "2012-10-17")
_WITH_VARIABLES = "2012-10-17"
_DOCUMENT = frozenset({"Version", "Id", "Statement"})
_STATEMENT = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
_ACTION = re.compile(r"\*|(?:\*|[A-Za-z0-9-]+):[A-Za-z0-9*?]+")
_PARTITION = re.compile(r"aws(?:-[a-z]+)*")
_SERVICE = re.compile(r"[a-z0-9-]+")
# Where in an ARN variables may stand: behind its fifth colon.
_WITHOUT_VARIABLES = 5
# IAM wants plain Sids; policies of buckets and keys may have blanks in theirs.
_SID = re.compile(r"[A-Za-z0-9]*")

_T = TypeVar("_T")


def parse_policy(text: str, kind: PolicyKind) -> Policy:
    """Read, validate and compile a policy document.

    Raises:
        MalformedPolicyDocument: if anything in it is not understood.
    """
    document = _at("Document", read_json, text)
    if not isinstance(document, dict):
        raise MalformedPolicyDocument.at("Document", "not a JSON object")
    _only(document, _DOCUMENT, "Document")
    version = document.get("Version", _VERSIONS[0])
    if version not in _VERSIONS:
        raise MalformedPolicyDocument.at("Version", f"not one of {_VERSIONS}")
    if not isinstance(document.get("Id", ""), str):
        raise MalformedPolicyDocument.at("Id", "not text")
    if "Statement" not in document:
        raise MalformedPolicyDocument.at("Document", "Statement is missing")
    elements = document["Statement"]
    listed = elements if isinstance(elements, list) else [elements]
    if not listed:
        raise MalformedPolicyDocument.at("Statement", "empty")
    read = _StatementReader(kind, variables=version == _WITH_VARIABLES)
    return Policy(
        text,
        kind,
        tuple(read(element, number) for number, element in enumerate(listed, 1)),
    )


def _at(place: str, read: Callable[[Any], _T], element: Any) -> _T:
    """Read one element; say where, if it cannot be read."""
    try:
        return read(element)
    except ValueError as error:
        raise MalformedPolicyDocument.at(place, str(error)) from error


def _only(found: dict[str, Any], known: frozenset[str], place: str) -> None:
    for name in found:
        if name not in known:
            raise MalformedPolicyDocument.at(place, f"unknown element {name[:80]!r}")


class _StatementReader:
    """Reads the statements of one document."""

    def __init__(self, kind: PolicyKind, *, variables: bool) -> None:
        self._kind = kind
        self._variables = variables
        self._sids: set[str] = set()

    def __call__(self, element: Any, number: int) -> Statement:
        place = f"Statement {number}"
        if not isinstance(element, dict):
            raise MalformedPolicyDocument.at(place, "not a JSON object")
        sid = element.get("Sid")
        if isinstance(sid, str) and sid:
            place += f" ({sid[:80]})"
        _only(element, _STATEMENT, place)
        self._check_elements(element, place)
        effect = element.get("Effect")
        if effect not in ("Allow", "Deny"):
            raise MalformedPolicyDocument.at(
                f"{place}, Effect", "neither Allow nor Deny"
            )
        return Statement(
            sid=_at(f"{place}, Sid", self._sid, sid),
            effect=Effect(effect),
            actions=self._actions(element, place),
            resources=self._resources(element, place),
            principals=self._principals(element, place),
            conditions=_at(
                f"{place}, Condition", self._conditions, element.get("Condition", {})
            ),
        )

    def _check_elements(self, element: dict[str, Any], place: str) -> None:
        """Hold the statement to the elements that its kind of policy has."""
        for name in ("Principal", "Action", "Resource"):
            given = [n for n in (name, f"Not{name}") if n in element]
            needed = (
                self._kind in (PolicyKind.RESOURCE, PolicyKind.TRUST)
                if name == "Principal"
                else name == "Action" or self._kind is not PolicyKind.TRUST
            )
            if len(given) > 1:
                raise MalformedPolicyDocument.at(
                    place, f"both {name} and Not{name} are given"
                )
            if given and not needed:
                raise MalformedPolicyDocument.at(
                    place,
                    f"{given[0]} has no place in a policy of kind {self._kind.value}",
                )
            if needed and not given:
                raise MalformedPolicyDocument.at(place, f"{name} is missing")
        if self._kind is PolicyKind.TRUST:
            for name in ("NotPrincipal", "NotAction"):
                if name in element:
                    raise MalformedPolicyDocument.at(
                        place, f"{name} has no place in a trust policy"
                    )

    def _sid(self, sid: Any) -> str | None:
        if sid is None:
            return None
        if not isinstance(sid, str):
            raise NotUnderstood("not text")
        if self._kind is not PolicyKind.RESOURCE and not _SID.fullmatch(sid):
            raise NotUnderstood("other characters than letters and digits")
        if sid and sid in self._sids:
            raise NotUnderstood("used by another statement")
        self._sids.add(sid)
        return sid or None

    def _actions(self, element: dict[str, Any], place: str) -> Actions:
        name = "NotAction" if "NotAction" in element else "Action"
        texts = _at(f"{place}, {name}", _all_texts, element[name])
        globs = _at(f"{place}, {name}", self._action_globs, texts)
        return Actions(texts, globs, excluded=name == "NotAction")

    def _action_globs(self, texts: tuple[str, ...]) -> tuple[Glob, ...]:
        return tuple(self._action_glob(text) for text in texts)

    def _action_glob(self, text: str) -> Glob:
        if not _ACTION.fullmatch(text):
            raise NotUnderstood(f"{text[:80]!r} is neither service:action nor *")
        if self._kind is PolicyKind.TRUST and not ascii_lower(text).startswith("sts:"):
            raise NotUnderstood(f"{text[:80]!r} is no action of STS")
        return Glob(wildcards(ascii_lower(text)))

    def _resources(self, element: dict[str, Any], place: str) -> Resources | None:
        name = "NotResource" if "NotResource" in element else "Resource"
        if name not in element:
            return None
        patterns = _at(f"{place}, {name}", self._arn_patterns, element[name])
        return Resources(patterns, excluded=name == "NotResource")

    def _arn_patterns(self, element: Any) -> tuple[ArnPattern, ...]:
        return tuple(self._arn_pattern(text) for text in _all_texts(element))

    def _arn_pattern(self, text: str) -> ArnPattern:
        try:
            pattern = ArnPattern(text, variables=self._variables)
            if not pattern.everything:
                self._check_head(text)
        except ValueError as error:
            raise NotUnderstood(f"{text[:80]!r}: {error}") from error
        return pattern

    def _check_head(self, text: str) -> None:
        """Hold a resource to more than other ARNs are held to."""
        segments = text.split(":", _WITHOUT_VARIABLES)
        if self._variables and any("${" in s for s in segments[:_WITHOUT_VARIABLES]):
            raise NotUnderstood("a variable before the fifth colon of an ARN")
        _, partition, service, *_ = (*segments, "")
        if not _PARTITION.fullmatch(partition):
            raise NotUnderstood(f"{partition[:40]!r} is no partition of AWS")
        if not _SERVICE.fullmatch(service):
            raise NotUnderstood(
                f"{service[:40]!r} is no service's name, in which no wildcard may be"
            )

    def _principals(self, element: dict[str, Any], place: str) -> Principals | None:
        name = "NotPrincipal" if "NotPrincipal" in element else "Principal"
        if name not in element:
            return None
        listed = _at(f"{place}, {name}", read_principals, element[name])
        if listed.canonical_users and self._kind is PolicyKind.TRUST:
            raise MalformedPolicyDocument.at(
                f"{place}, {name}", "CanonicalUser has no place in a trust policy"
            )
        return Principals(listed, excluded=name == "NotPrincipal")

    def _conditions(self, element: Any) -> Any:
        return read_conditions(element, variables=self._variables)


def _all_texts(element: Any) -> tuple[str, ...]:
    listed = element if isinstance(element, list) else [element]
    if not listed:
        raise NotUnderstood("an empty list")
    if not all(isinstance(text, str) for text in listed):
        raise NotUnderstood("not text")
    return tuple(listed)
