"""Statements that can never match: wrong resources, keys and letters."""

from collections.abc import Callable, Iterator

from securecart.policy.catalogue import Action
from securecart.policy.lint.entry import Entry, element_of
from securecart.policy.lint.folders import can_be_bucket
from securecart.policy.lint.remark import Severity
from securecart.policy.lint.rule import Rule, Sighting, quoted
from securecart.policy.lint.subject import Subject, holds_to_values
from securecart.policy.variables import Variable
from securecart.policy.wildcard import Wild

_Look = Callable[[Subject], Iterator[Sighting]]
_SHOWN = 3
_EXACT = frozenset(
    {
        "StringEquals",
        "StringEqualsIgnoreCase",
        "StringNotEquals",
        "StringNotEqualsIgnoreCase",
    }
)
# The keys of trust policies are documented too loosely to be held to.
_WITH_KEYS_LISTED = frozenset({"iam", "kms", "s3"})
# Resources that begin with the name of their type, and whose service they are.
_NAMED_TYPES = {
    "iam": frozenset(
        {
            "group",
            "instance-profile",
            "mfa",
            "oidc-provider",
            "policy",
            "role",
            "saml-provider",
            "server-certificate",
            "user",
        }
    ),
    "kms": frozenset({"alias", "key"}),
}


def _wrong_resource(subject: Subject) -> Iterator[Sighting]:
    """Actions that none of the statement's resources could ever be of."""
    resources = subject.statement.resources
    if resources is None or resources.excluded or subject.statement.actions.excluded:
        return
    entries = [entry for entry in subject.entries if entry.key is None]
    if any(entry.text == "*" for entry in entries):
        return
    fits: dict[tuple[str, ...], bool] = {}
    wrong = list[str]()
    for text, found in subject.named:
        for action in found:
            types = (_vendor(action), *action.resource_types)
            if types not in fits:
                fits[types] = any(_can_be(action, entry) for entry in entries)
        if found and not any(
            fits[(_vendor(action), *action.resource_types)] for action in found
        ):
            wrong.append(text)
    if wrong:
        yield Sighting(
            "Resource",
            f"{_some(wrong)} never has a resource like "
            f"{quoted(entries[0].text)}{_hint(entries[0])}.",
        )


def _hint(entry: Entry) -> str:
    if entry.service == "s3" and _bucket(entry) != _bucket(entry).lower():
        return ", for names of buckets are in lower case"
    if entry.service == "s3":
        has_key = any(isinstance(p, str) and "/" in p for p in entry.pieces)
        return ", which is an object" if has_key else ", which is a bucket"
    return ""


def _vendor(action: Action) -> str:
    return action.name.partition(":")[0]


def _can_be(action: Action, entry: Entry) -> bool:
    """Whether a pattern could match a resource of the action; if unsure, yes."""
    vendor = _vendor(action)
    if not action.resource_types:
        return entry.first_text == "" and any(isinstance(p, Wild) for p in entry.pieces)
    return any(_is_of_type(vendor, type_, entry) for type_ in action.resource_types)


def _is_of_type(vendor: str, type_: str, entry: Entry) -> bool:
    if vendor == "sts":
        return type_ != "role" or _is_of_type("iam", type_, entry)
    if vendor != entry.service:
        return False
    if vendor == "s3":
        return _is_of_s3(type_, entry)
    if type_ not in _NAMED_TYPES[vendor]:
        return True
    wanted, first = f"{type_}/", entry.first_text
    # Plain text that stops early can go on only where something follows it.
    unfinished = wanted.startswith(first) and len(entry.pieces) > bool(first)
    return first.startswith(wanted) or unfinished


def _is_of_s3(type_: str, entry: Entry) -> bool:
    if type_ not in {"bucket", "object"}:
        return not entry.text.startswith("arn:aws:s3:::")
    if _bucket(entry) != _bucket(entry).lower():
        return False
    if type_ == "bucket":
        return can_be_bucket(entry)
    # A key comes from a slash, or from what may hold one.
    return any(
        piece is Wild.ANY or isinstance(piece, Variable) or "/" in str(piece)
        for piece in entry.pieces
    )


def _bucket(entry: Entry) -> str:
    """The plain text of the bucket's name, as far as it reaches."""
    return entry.first_text.partition("/")[0]


def _wrong_key(subject: Subject) -> Iterator[Sighting]:
    """Conditions on keys that the actions never bring.

    Of an action with a wildcard it is enough that one match has the key.
    """
    if subject.statement.actions.excluded or any(
        not found for _, found in subject.named
    ):
        return
    known = {action for _, found in subject.named for action in found}
    exact = {found[0] for text, found in subject.named if not set(text) & set("*?")}
    for condition in subject.comparisons:
        vendor = condition.key.partition(":")[0]
        if not holds_to_values(condition) or vendor not in _WITH_KEYS_LISTED:
            continue
        having = {action for action in known if action.has_key(condition.key)}
        wrong = sorted(a.name for a in (exact - having if having else known))
        if wrong:
            yield Sighting(
                element_of(condition),
                f"{_some(wrong)} never has the key {condition.key}, so the condition "
                "is not met.",
            )


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"


def _in_allow(look: _Look) -> _Look:
    return lambda subject: look(subject) if subject.allows else iter(())


def _in_deny(look: _Look) -> _Look:
    return lambda subject: iter(()) if subject.allows else look(subject)


def _literal_wildcard(subject: Subject) -> Iterator[Sighting]:
    for entry in subject.entries:
        # A piece that is the star alone was written as `${*}`, or is `*` for all.
        if entry.exact and any(
            isinstance(piece, str) and "*" in piece and piece != "*"
            for piece in entry.pieces
        ):
            yield Sighting(
                entry.element,
                f"{quoted(entry.text)} means the character *: this operator knows no "
                "wildcards.",
            )


RULES = (
    Rule(
        "deny-wrong-resource",
        Severity.DANGER,
        "A Deny lists an action with resources that it never has, so it never denies "
        "the action.",
        "Objects are `arn:aws:s3:::BUCKET/…`, buckets `arn:aws:s3:::BUCKET`; list the "
        "resources that the action is on.",
        _in_deny(_wrong_resource),
    ),
    Rule(
        "allow-wrong-resource",
        Severity.NOTE,
        "An Allow lists an action with resources that it never has, so it never allows "
        "the action.",
        "Objects are `arn:aws:s3:::BUCKET/…`, buckets `arn:aws:s3:::BUCKET`; list the "
        "resources that the action is on.",
        _in_allow(_wrong_resource),
    ),
    Rule(
        "deny-wrong-key",
        Severity.DANGER,
        "A Deny has a condition on a key that the action never has, so it never denies "
        "the action.",
        "Take a key that AWS documents for the action, or a statement of its own for "
        "each action.",
        _in_deny(_wrong_key),
    ),
    Rule(
        "allow-wrong-key",
        Severity.NOTE,
        "An Allow has a condition on a key that the action never has, so it never "
        "allows the action.",
        "Take a key that AWS documents for the action, or a statement of its own for "
        "each action.",
        _in_allow(_wrong_key),
    ),
    Rule(
        "literal-wildcard",
        Severity.DANGER,
        "A value has a `*`, but its operator takes it for the character.",
        "Use `StringLike` or `StringNotLike`, or `${*}` where the character is meant.",
        _literal_wildcard,
    ),
)
