"""Names of services and actions that nobody knows here."""

from collections.abc import Iterator

from securecart.policy.casing import ascii_lower
from securecart.policy.catalogue import SERVICES
from securecart.policy.conditions.keys import is_of_known_vendor, nearest_key
from securecart.policy.lint.entry import element_of
from securecart.policy.lint.remark import Severity
from securecart.policy.lint.rule import Rule, Sighting, quoted
from securecart.policy.lint.subject import Subject
from securecart.policy.nearest import nearest


def _unknown(subject: Subject) -> Iterator[tuple[str, str, str]]:
    """The element, text and vendor of each text that matches no known action."""
    element = "NotAction" if subject.statement.actions.excluded else "Action"
    for text, found in subject.named:
        if not found:
            yield element, text, ascii_lower(text.partition(":")[0])


def _unknown_action(subject: Subject) -> Iterator[Sighting]:
    for element, text, vendor in _unknown(subject):
        if vendor not in SERVICES:
            continue
        if "*" in text or "?" in text:
            yield Sighting(element, f"No action that AWS has matches {quoted(text)}.")
            continue
        known = {a.name for a in SERVICES[vendor].values()}
        meant = nearest(text, known)
        hint = f": {meant} is the nearest" if meant else ""
        yield Sighting(element, f"AWS has no action {quoted(text)}{hint}.")


def _unknown_service(subject: Subject) -> Iterator[Sighting]:
    for element, text, vendor in _unknown(subject):
        if vendor not in SERVICES:
            meant = nearest(vendor, SERVICES)
            hint = f"; {meant} is the nearest" if meant else ""
            yield Sighting(
                element,
                f"Nothing is known here of the service in {quoted(text)}{hint}.",
            )


def _unknown_key(subject: Subject) -> Iterator[Sighting]:
    """Keys that are neither of a known service nor of an identity provider."""
    spoken_of = {ascii_lower(t.partition(":")[0]) for t, _ in subject.named}
    for condition in subject.statement.conditions:
        vendor = condition.key.partition(":")[0]
        is_issuer = "." in vendor or vendor == "localhost"
        if not (is_issuer or vendor in spoken_of or is_of_known_vendor(condition.key)):
            meant = nearest_key(condition.key)
            hint = f": {meant} is the nearest" if meant else ""
            yield Sighting(
                element_of(condition), f"AWS has no key {quoted(condition.key)}{hint}."
            )


RULES = (
    Rule(
        "unknown-action",
        Severity.DANGER,
        "AWS has no such action, so the statement never speaks of it. In a Deny that "
        "goes unnoticed.",
        "Correct the name.",
        _unknown_action,
    ),
    Rule(
        "unknown-key",
        Severity.DANGER,
        "The condition key is neither of a known service nor named after an identity "
        "provider, so no request has it. In a Deny that goes unnoticed.",
        "Correct the name.",
        _unknown_key,
    ),
    Rule(
        "unknown-service",
        Severity.NOTE,
        "The action is of a service that SecureCart does not know; it cannot say "
        "whether there is one.",
        "Compare the prefix with AWS's Service Authorization Reference.",
        _unknown_service,
    ),
)
