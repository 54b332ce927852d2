"""Whom a resource's own policy lets in, or spares."""

from collections.abc import Iterator

from securecart.policy.conditions.condition import Comparison
from securecart.policy.document import PolicyKind
from securecart.policy.lint.entry import operator_of
from securecart.policy.lint.remark import Severity
from securecart.policy.lint.rule import Rule, Sighting, quoted
from securecart.policy.lint.subject import Subject, holds_to_values

# Keys that say who asks, or from where, and that the caller cannot choose.
_FIXING = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "aws:vpcsourceip",
        "kms:calleraccount",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
    }
)
_EVERYWHERE = ("*", "0.0.0.0/0", "::/0")
_PAST_ROLES = (":assumed-role/", ":federated-user/", ":user/")


def _public(subject: Subject) -> Iterator[Sighting]:
    principals = subject.statement.principals
    if principals is None or not subject.allows or principals.excluded:
        return
    if principals.listed.everyone and not any(map(_fixes, subject.comparisons)):
        yield Sighting(
            "Principal",
            "Everybody is let in: no condition says who may ask, or from where.",
        )


def _fixes(condition: Comparison) -> bool:
    return (
        condition.key in _FIXING
        and holds_to_values(condition)
        and not operator_of(condition).startswith("Null")
        and not any(value in _EVERYWHERE for value in condition.values)
    )


def _past_boundaries(subject: Subject) -> Iterator[Sighting]:
    principals = subject.statement.principals
    if (
        principals is None
        or not subject.allows
        or principals.excluded
        or subject.kind is not PolicyKind.RESOURCE
    ):
        return
    for arn in sorted(principals.listed.arns):
        if any(part in arn for part in _PAST_ROLES):
            yield Sighting(
                "Principal",
                f"{quoted(arn)} gets in even where a permissions boundary or a session "
                "policy does not allow it.",
            )


def _not_principal_allow(subject: Subject) -> Iterator[Sighting]:
    principals = subject.statement.principals
    if principals is not None and principals.excluded and subject.allows:
        yield Sighting("NotPrincipal", "Everybody in the world but these is let in.")


def _not_principal_deny(subject: Subject) -> Iterator[Sighting]:
    principals = subject.statement.principals
    if principals is None or not principals.excluded or subject.allows:
        return
    listed = principals.listed
    for arn in sorted(listed.arns):
        account, _, name = arn.rpartition(":")
        missing = []
        if account.rpartition(":")[2] not in listed.accounts:
            missing.append("its account")
        if name.startswith("role/"):
            role = name.rpartition("/")[2]
            if not any(f":assumed-role/{role}/" in other for other in listed.arns):
                missing.append("its sessions")
        if name.startswith("assumed-role/"):
            role = name.split("/")[1]
            if not any(
                ":role/" in other and other.endswith(f"/{role}")
                for other in listed.arns
            ):
                missing.append("its role")
        if missing:
            yield Sighting(
                "NotPrincipal",
                f"{quoted(arn)} is denied all the same: {' and '.join(missing)} would "
                "have to be listed too.",
            )


RULES = (
    Rule(
        "public-principal",
        Severity.DANGER,
        "An Allow has `Principal` `*` and no condition that fixes who asks, or from "
        "where.",
        "Name the principals, or add a condition on `aws:PrincipalAccount`, "
        "`aws:PrincipalArn`, `aws:SourceArn` or the like.",
        _public,
    ),
    Rule(
        "past-boundaries",
        Severity.DANGER,
        "A resource's policy names a session or a user. What it grants, boundaries and "
        "session policies do not cut; only an explicit Deny does.",
        "Name the role.",
        _past_boundaries,
    ),
    Rule(
        "not-principal-allow",
        Severity.DANGER,
        "An Allow has `NotPrincipal`, which lets in all the rest.",
        "List who is let in, in `Principal`.",
        _not_principal_allow,
    ),
    Rule(
        "not-principal-deny",
        Severity.DANGER,
        "A Deny with `NotPrincipal` spares only whoever is listed under every name: "
        "account, role and session.",
        "Use `Principal` `*` with a condition by `ArnNotLike` on `aws:PrincipalArn`.",
        _not_principal_deny,
    ),
)
