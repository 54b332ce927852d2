"""Trust policies under which a caller chooses who to be."""

from collections.abc import Callable, Iterator

from securecart.policy.conditions.condition import Comparison, Quantifier
from securecart.policy.document import PolicyKind
from securecart.policy.lint.entry import element_of, is_pattern, operator_of
from securecart.policy.lint.origin import chosen_by_caller
from securecart.policy.lint.remark import Severity
from securecart.policy.lint.rule import Rule, Sighting
from securecart.policy.lint.subject import Subject, holds_to_values
from securecart.policy.variables import Variable, read_pieces
from securecart.policy.wildcard import Wild

_NAME = "sts:rolesessionname"
_WEB = "sts:AssumeRoleWithWebIdentity"
_SAML = "sts:AssumeRoleWithSAML"
_CHAIN = "sts:AssumeRole"


def _unpinned_name(subject: Subject) -> Iterator[Sighting]:
    if _trusts(subject, _WEB):
        yield from _loose_names(
            subject,
            lambda key: key.endswith(":sub"),
            "With a web identity the caller chooses the session name, and with it "
            "${aws:userid} and the folder",
        )


def _unpinned_chain(subject: Subject) -> Iterator[Sighting]:
    principals = subject.statement.principals
    if _trusts(subject, _CHAIN) and principals is not None:
        listed = principals.listed
        if listed.everyone or listed.accounts or listed.arns:
            yield from _loose_names(
                subject,
                lambda key: not chosen_by_caller(key),
                "Whoever assumes this role from another session chooses the session "
                "name anew, and with it ${aws:userid} and the folder",
            )


def _trusts(subject: Subject, action: str) -> bool:
    return (
        subject.kind is PolicyKind.TRUST
        and subject.allows
        and action in subject.actions
        and action not in subject.held
    )


def _loose_names(
    subject: Subject, vouched: Callable[[str], bool], why: str
) -> Iterator[Sighting]:
    conditions = [c for c in subject.comparisons if c.key == _NAME]
    if any(_pins(condition, vouched) for condition in conditions):
        return
    if not conditions:
        yield Sighting("Condition", f"{why}; nothing holds it to one name.")
    for condition in conditions:
        yield Sighting(element_of(condition), f"{why}; this leaves several open.")


def _pins(condition: Comparison, vouched: Callable[[str], bool]) -> bool:
    """Whether only names that somebody vouched for, or wrote down, get through."""
    if not holds_to_values(condition):
        return False
    if operator_of(condition) not in {"StringEquals", "StringLike"}:
        return False
    return all(_is_fixed(condition, value, vouched) for value in condition.values)


def _is_fixed(
    condition: Comparison, value: str, vouched: Callable[[str], bool]
) -> bool:
    pieces = read_pieces(
        value, variables=condition.variables, wild=is_pattern(condition)
    )
    if any(isinstance(piece, Wild) for piece in pieces):
        return False
    variables = [piece for piece in pieces if isinstance(piece, Variable)]
    if not variables:
        return True
    return (
        len(pieces) == 1 and variables[0].default is None and vouched(variables[0].key)
    )


def _no_audience(subject: Subject) -> Iterator[Sighting]:
    if subject.kind is not PolicyKind.TRUST or not subject.allows:
        return
    for action in sorted(subject.actions & {_WEB, _SAML}):
        wanted = "saml:aud" if action == _SAML else ":aud"
        if not any(_names_audience(c, wanted) for c in subject.comparisons):
            key = "SAML:aud" if action == _SAML else "<issuer>:aud"
            yield Sighting(
                "Condition",
                f"{action} takes what the provider signed for any other application "
                f"too: no condition holds {key} to this one.",
            )


def _names_audience(condition: Comparison, wanted: str) -> bool:
    if not condition.key.endswith(wanted) or not holds_to_values(condition):
        return False
    if condition.key == "saml:aud" and wanted != "saml:aud":
        return False
    return not any(
        is_pattern(condition) and value.startswith(("*", "?"))
        for value in condition.values
    )


def _whole_account(subject: Subject) -> Iterator[Sighting]:
    principals = subject.statement.principals
    if not _trusts(subject, _CHAIN) or principals is None:
        return
    if principals.listed.accounts and not principals.excluded:
        yield Sighting(
            "Principal",
            "Whoever an administrator of the account lets assume roles gets in: "
            f"{', '.join(sorted(principals.listed.accounts)[:3])}.",
        )


def _assumes_roles(subject: Subject) -> Iterator[Sighting]:
    if (
        subject.kind is PolicyKind.IDENTITY
        and subject.allows
        and _CHAIN in subject.actions
        and not subject.statement.actions.excluded
        and not any(text == "*" for text, _ in subject.named)
        and not any(
            _pins(c, lambda key: not chosen_by_caller(key))
            for c in subject.comparisons
            if c.key == _NAME
        )
    ):
        yield Sighting(
            "Action",
            "A session with this policy may assume another role, and there choose "
            "its session name anew.",
        )


def _for_all_values(subject: Subject) -> Iterator[Sighting]:
    if subject.kind is not PolicyKind.TRUST:
        return
    for condition in subject.comparisons:
        if condition.quantifier is Quantifier.ALL and not condition.key.endswith(
            _MANY_VALUES
        ):
            yield Sighting(
                element_of(condition),
                f"{condition.key} has one value at most, and where it is absent "
                "ForAllValues holds.",
            )


_MANY_VALUES = (":amr", ":transitivetagkeys", "aws:tagkeys")
_PIN = '`{"StringEquals": {"sts:RoleSessionName": "${<issuer>:sub}"}}`'

RULES = (
    Rule(
        "session-name-unpinned",
        Severity.DANGER,
        "A trust policy lets the caller of `sts:AssumeRoleWithWebIdentity` choose the "
        "session name, and with it the folder.",
        f"Add the condition {_PIN}, with the issuer's name in place of `<issuer>`.",
        _unpinned_name,
    ),
    Rule(
        "role-chaining",
        Severity.DANGER,
        "A trust policy lets users and sessions that assume the role choose a session "
        "name anew.",
        "Remove `sts:AssumeRole`, or hold `sts:RoleSessionName` to what the caller "
        "cannot choose, such as `${aws:SourceIdentity}`.",
        _unpinned_chain,
    ),
    Rule(
        "trust-without-audience",
        Severity.DANGER,
        "A trust policy takes assertions or ID tokens that were issued for other "
        "applications.",
        "Add a `StringEquals` condition on `SAML:aud` (the portal's ACS address) or on "
        "`<issuer>:aud` (its client id).",
        _no_audience,
    ),
    Rule(
        "single-value-for-all",
        Severity.DANGER,
        "A trust policy tests a key of one value with `ForAllValues`, which holds "
        "where the key is absent.",
        "Use the operator without `ForAllValues:`.",
        _for_all_values,
    ),
    Rule(
        "whole-account-trusted",
        Severity.NOTE,
        "A trust policy lets a whole account in: whoever its administrators choose.",
        "Name the role or user.",
        _whole_account,
    ),
    Rule(
        "assumes-roles",
        Severity.NOTE,
        "A policy allows `sts:AssumeRole`, which ends in a session of another name.",
        "Leave it out for people, or make sure that the other role pins the session "
        "name.",
        _assumes_roles,
    ),
)
