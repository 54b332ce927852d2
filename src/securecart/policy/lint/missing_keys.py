"""Conditions that come out wrong where the request lacks the key."""

from collections.abc import Iterator

from securecart.policy.conditions.condition import Comparison, Quantifier
from securecart.policy.lint.entry import element_of
from securecart.policy.lint.origin import Presence, presence_of
from securecart.policy.lint.remark import Severity
from securecart.policy.lint.rule import Rule, Sighting, quoted
from securecart.policy.lint.subject import Subject, holds_to_values

_MFA = "aws:multifactorauthpresent"
_SSE = "s3:x-amz-server-side-encryption"


def _slips_past(subject: Subject, presence: Presence) -> Iterator[Sighting]:
    """Conditions of a Deny that are not met where their key is absent."""
    if subject.allows:
        return
    for condition in subject.comparisons:
        if (
            holds_to_values(condition)
            and condition.key not in subject.present | {_MFA}
            and presence_of(condition.key) is presence
        ):
            yield Sighting(
                element_of(condition),
                f"A request without {condition.key} is not denied.",
            )


def _deny_skips(subject: Subject) -> Iterator[Sighting]:
    yield from _slips_past(subject, Presence.SOMETIMES)
    yield from _missing_variables(subject)


def _deny_skips_option(subject: Subject) -> Iterator[Sighting]:
    yield from _slips_past(subject, Presence.OPTION)


def _missing_variables(subject: Subject) -> Iterator[Sighting]:
    """Texts of a Deny that match nothing while their variable has no value."""
    if subject.allows:
        return
    for entry in subject.entries:
        if not entry.opens:
            for variable in entry.variables:
                if (
                    variable.default is None
                    and variable.key not in subject.present
                    and presence_of(variable.key) is not Presence.ALWAYS
                ):
                    yield Sighting(
                        entry.element,
                        f"Where the request has no {variable.key}, "
                        f"{quoted(entry.text)} matches nothing, and nothing is denied.",
                    )


def _deny_without_mfa(subject: Subject) -> Iterator[Sighting]:
    if subject.allows:
        return
    for condition in subject.comparisons:
        if (
            condition.key == _MFA
            and holds_to_values(condition)
            and _MFA not in subject.present
        ):
            yield Sighting(
                element_of(condition),
                f"Long-term keys, and sessions made with them, have no {_MFA}: they "
                "are not denied.",
            )


def _passes_without(subject: Subject, presence: Presence) -> Iterator[Sighting]:
    """Conditions of an Allow that are met where their key is absent."""
    if not subject.allows:
        return
    required = {c.key for c in subject.comparisons if holds_to_values(c)}
    for condition in subject.comparisons:
        if (
            _holds_of_nothing(condition)
            and condition.key not in subject.present | required
            and presence_of(condition.key) is presence
        ):
            yield Sighting(
                element_of(condition),
                f"A request without {condition.key} is allowed.",
            )


def _holds_of_nothing(condition: Comparison) -> bool:
    if condition.quantifier is not None:
        return condition.quantifier is Quantifier.ALL
    return condition.negated or condition.if_exists


def _allow_passes(subject: Subject) -> Iterator[Sighting]:
    yield from _passes_without(subject, Presence.SOMETIMES)


def _allow_passes_option(subject: Subject) -> Iterator[Sighting]:
    yield from _passes_without(subject, Presence.OPTION)


def _denies_default_encryption(subject: Subject) -> Iterator[Sighting]:
    if subject.allows:
        return
    for condition in subject.comparisons:
        if (
            condition.key.startswith(_SSE)
            and condition.negated
            and condition.quantifier is None
            and condition.key not in subject.present
        ):
            yield Sighting(
                element_of(condition),
                f"An upload without {condition.key} is denied too, though the bucket "
                "would encrypt it by default.",
            )


RULES = (
    Rule(
        "deny-skips-missing-key",
        Severity.DANGER,
        "A Deny is not met by a request that lacks the condition key, or the value of "
        "a variable.",
        "Use the negated operator or the `IfExists` form, or deny the missing key with "
        '`{"Null": {"KEY": "true"}}` in a statement of its own; where only requests '
        'with the key are meant, say so with `{"Null": {"KEY": "false"}}`.',
        _deny_skips,
    ),
    Rule(
        "deny-skips-missing-option",
        Severity.NOTE,
        "A Deny on something that a request need not ask for leaves alone those that "
        "do not ask.",
        'If that is meant, say so with `{"Null": {"KEY": "false"}}`.',
        _deny_skips_option,
    ),
    Rule(
        "deny-without-mfa-key",
        Severity.DANGER,
        "A Deny by `Bool` on `aws:MultiFactorAuthPresent` leaves long-term keys alone, "
        "which do not have it.",
        "Use `BoolIfExists`.",
        _deny_without_mfa,
    ),
    Rule(
        "allow-passes-missing-key",
        Severity.DANGER,
        "An Allow is met by a request that lacks the condition key: by a negated "
        "operator, `IfExists` or `ForAllValues`.",
        'Use a positive operator, or add `{"Null": {"KEY": "false"}}`.',
        _allow_passes,
    ),
    Rule(
        "allow-passes-missing-option",
        Severity.NOTE,
        "An Allow is met by a request that does not ask for what the condition is on.",
        'If that is not meant, add `{"Null": {"KEY": "false"}}`.',
        _allow_passes_option,
    ),
    Rule(
        "denies-default-encryption",
        Severity.NOTE,
        "A Deny on another encryption than wanted also denies uploads that leave the "
        "choice to the bucket.",
        'Add `{"Null": {"KEY": "false"}}` to let the bucket\'s default stand.',
        _denies_default_encryption,
    ),
)
