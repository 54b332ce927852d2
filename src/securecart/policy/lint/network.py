"""Conditions on what the network says of a caller."""

from collections.abc import Iterator

from securecart.policy.lint.entry import element_of
from securecart.policy.lint.remark import Severity
from securecart.policy.lint.rule import Rule, Sighting
from securecart.policy.lint.subject import Subject

_ADDRESS = "aws:sourceip"
_BY_SERVICES = frozenset(
    {"aws:principalisawsservice", "aws:viaawsservice", "aws:calledvia"}
)
_WRITTEN_BY_CALLER = frozenset({"aws:referer", "aws:useragent"})


def _address_of_services(subject: Subject) -> Iterator[Sighting]:
    if subject.allows or any(c.key in _BY_SERVICES for c in subject.comparisons):
        return
    for condition in subject.comparisons:
        if condition.key == _ADDRESS and condition.negated:
            yield Sighting(
                element_of(condition),
                "AWS services that act for somebody come from addresses of their own, "
                "and are denied.",
            )


def _written_by_caller(subject: Subject) -> Iterator[Sighting]:
    for condition in subject.comparisons:
        if condition.key in _WRITTEN_BY_CALLER:
            yield Sighting(
                element_of(condition),
                f"The caller writes {condition.key} and can write anything.",
            )


RULES = (
    Rule(
        "address-of-services",
        Severity.NOTE,
        "A Deny on `aws:SourceIp` also meets AWS services that act for somebody, such "
        "as S3 when it asks KMS for a key.",
        'Add `{"Bool": {"aws:ViaAWSService": "false"}}`.',
        _address_of_services,
    ),
    Rule(
        "written-by-caller",
        Severity.DANGER,
        "A condition trusts `aws:Referer` or `aws:UserAgent`, which callers write.",
        "Use what cannot be made up: the principal, the network, a tag.",
        _written_by_caller,
    ),
)
