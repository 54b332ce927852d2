"""Statements that allow more than anybody means."""

from collections.abc import Iterator

from securecart.policy.catalogue import AccessLevel, find_action
from securecart.policy.document import PolicyKind
from securecart.policy.lint.entry import Entry
from securecart.policy.lint.folders import cuts_only
from securecart.policy.lint.remark import Severity
from securecart.policy.lint.rule import Rule, Sighting, quoted
from securecart.policy.lint.subject import Subject
from securecart.policy.wildcard import Wild

_LENDS_ROLE = "iam:PassRole"
_MOST_NAMED = 3


def _all_actions(subject: Subject) -> Iterator[Sighting]:
    if _lists_what_it_grants(subject) and any(t == "*" for t, _ in subject.named):
        yield Sighting("Action", "Every action of every service is allowed.")


def _whole_service(subject: Subject) -> Iterator[Sighting]:
    # In the policy of a key or a bucket this is how the account is let in.
    if _lists_what_it_grants(subject) and subject.kind is PolicyKind.IDENTITY:
        for text, _ in subject.named:
            if text.endswith(":*"):
                yield Sighting(
                    "Action",
                    f"{quoted(text)} allows what changes policies, locks and "
                    "encryption too, and whatever AWS adds.",
                )


def _all_resources(subject: Subject) -> Iterator[Sighting]:
    if not _grants(subject) or subject.kind is PolicyKind.RESOURCE:
        return
    on_one = sorted(name for name in subject.actions if _has_resources(name))
    if not on_one:
        return
    for entry in _all_covering(subject):
        yield Sighting(
            "Resource",
            f"{quoted(entry.text)} is every resource that there is, for "
            f"{', '.join(on_one[:_MOST_NAMED])}"
            f"{' and others' if len(on_one) > _MOST_NAMED else ''}.",
        )


def _manages_permissions(subject: Subject) -> Iterator[Sighting]:
    if not _grants(subject) or subject.kind is PolicyKind.RESOURCE:
        return
    managing = sorted(
        name
        for name in subject.actions
        if (action := find_action(name)) and action.level is AccessLevel.PERMISSIONS
    )
    if managing and any(_all_covering(subject)):
        yield Sighting(
            "NotAction" if subject.statement.actions.excluded else "Action",
            f"{', '.join(managing[:_MOST_NAMED])}"
            f"{' and others' if len(managing) > _MOST_NAMED else ''} on every resource "
            "gives away all the rest.",
        )


def _passes_any_role(subject: Subject) -> Iterator[Sighting]:
    if not _grants(subject) or _LENDS_ROLE not in subject.actions:
        return
    for entry in subject.entries:
        if entry.key is None and entry.opens and _is_any_role(entry):
            yield Sighting(
                "Resource",
                f"{_LENDS_ROLE} on {quoted(entry.text)} lends out every role there is.",
            )


def _is_any_role(entry: Entry) -> bool:
    if entry.text == "*":
        return True
    return (
        entry.service == "iam"
        and "role/".startswith(entry.first_text)
        and entry.has_wildcards
    )


def _not_action(subject: Subject) -> Iterator[Sighting]:
    if _grants(subject) and subject.statement.actions.excluded:
        yield Sighting(
            "NotAction",
            "Every action but these is allowed, and every one that AWS adds.",
        )


def _not_resource(subject: Subject) -> Iterator[Sighting]:
    resources = subject.statement.resources
    if _grants(subject) and resources is not None and resources.excluded:
        yield Sighting("NotResource", "Every resource but these is allowed.")


def _grants(subject: Subject) -> bool:
    return subject.allows and not cuts_only(subject)


def _lists_what_it_grants(subject: Subject) -> bool:
    return _grants(subject) and not subject.statement.actions.excluded


def _all_covering(subject: Subject) -> Iterator[Entry]:
    """The entries of `Resource` that are `*`, or that for one service."""
    for entry in subject.entries:
        if entry.key is None and entry.opens and _is_everything(entry):
            yield entry


def _is_everything(entry: Entry) -> bool:
    return bool(entry.pieces) and all(isinstance(p, Wild) for p in entry.pieces)


def _has_resources(name: str) -> bool:
    action = find_action(name)
    return action is not None and bool(action.resource_types)


RULES = (
    Rule(
        "all-actions",
        Severity.DANGER,
        "An Allow has the action `*`.",
        "List the actions that are needed.",
        _all_actions,
    ),
    Rule(
        "whole-service",
        Severity.NOTE,
        "An Allow has all actions of a service.",
        "List the actions that are needed.",
        _whole_service,
    ),
    Rule(
        "all-resources",
        Severity.DANGER,
        "An Allow has the resource `*` for actions that are on particular resources.",
        "Name the bucket and folder, the key or the role.",
        _all_resources,
    ),
    Rule(
        "manages-permissions",
        Severity.DANGER,
        "An Allow lets policies and permissions of every resource be changed.",
        "Leave these actions to administrators, on resources that are named.",
        _manages_permissions,
    ),
    Rule(
        "passes-any-role",
        Severity.DANGER,
        "`iam:PassRole` is allowed for every role.",
        "Name the role, and the service by `iam:PassedToService`.",
        _passes_any_role,
    ),
    Rule(
        "not-action-allow",
        Severity.DANGER,
        "An Allow has `NotAction`, which allows all the rest.",
        "List what is allowed in `Action`.",
        _not_action,
    ),
    Rule(
        "not-resource-allow",
        Severity.DANGER,
        "An Allow has `NotResource`, which allows all the rest.",
        "List what is allowed in `Resource`.",
        _not_resource,
    ),
)
