"""Listings that show more than one's own folder."""

from collections.abc import Iterator

from securecart.policy.conditions.condition import Absence
from securecart.policy.lint.folders import can_be_bucket, cuts_only
from securecart.policy.lint.remark import Severity
from securecart.policy.lint.rule import Rule, Sighting, quoted
from securecart.policy.lint.subject import Subject
from securecart.policy.wildcard import Wild

_PREFIX = "s3:prefix"
_LISTING = frozenset({"s3:ListBucket", "s3:ListBucketVersions"})
_UPLOADS = "s3:ListBucketMultipartUploads"


def _list_without_prefix(subject: Subject) -> Iterator[Sighting]:
    listed = sorted(subject.actions & _LISTING)
    if listed and _allows_listing(subject) and not _has_prefix(subject):
        yield Sighting(
            _action_element(subject),
            f"{' and '.join(listed)} may list the whole bucket: no condition on "
            "s3:prefix holds it to one folder.",
        )


def _has_prefix(subject: Subject) -> bool:
    """Whether a condition speaks of the prefix; other rules say if it is good."""
    return any(c.key == _PREFIX for c in subject.statement.conditions)


def _prefix_of_everything(subject: Subject) -> Iterator[Sighting]:
    for entry in subject.entries:
        if entry.key == _PREFIX and entry.opens:
            first = entry.pieces[:1]
            if not first or isinstance(first[0], Wild):
                yield Sighting(
                    entry.element,
                    f"The prefix {quoted(entry.text)} shows the folders of everybody.",
                )
    for condition in subject.statement.conditions:
        if (
            subject.allows
            and isinstance(condition, Absence)
            and condition.key == _PREFIX
            and True in condition.wanted
        ):
            yield Sighting(
                "Condition Null s3:prefix",
                "A listing without a prefix shows the folders of everybody.",
            )


def _lists_uploads(subject: Subject) -> Iterator[Sighting]:
    if (
        _UPLOADS in subject.actions
        and _allows_listing(subject)
        and not subject.requires(_PREFIX)
    ):
        yield Sighting(
            _action_element(subject),
            f"{_UPLOADS} has no s3:prefix in AWS, so it names the uploads of "
            "everybody.",
        )


def _allows_listing(subject: Subject) -> bool:
    return (
        subject.allows
        and not cuts_only(subject)
        and (
            any(map(can_be_bucket, subject.entries))
            or (
                subject.statement.resources is not None
                and subject.statement.resources.excluded
            )
        )
    )


def _action_element(subject: Subject) -> str:
    return "NotAction" if subject.statement.actions.excluded else "Action"


RULES = (
    Rule(
        "list-without-prefix",
        Severity.DANGER,
        "A bucket may be listed without a condition on `s3:prefix`, and so whole.",
        'Add the condition `{"StringLike": {"s3:prefix": "${aws:userid}/*"}}`.',
        _list_without_prefix,
    ),
    Rule(
        "prefix-of-everything",
        Severity.DANGER,
        "A listing is allowed with an empty prefix, or with one that begins with a "
        "wildcard.",
        "Let every prefix begin with the folder: `${aws:userid}/*`.",
        _prefix_of_everything,
    ),
    Rule(
        "lists-uploads",
        Severity.DANGER,
        "`s3:ListBucketMultipartUploads` is allowed. It cannot be held to a prefix "
        "and names everybody's uploads.",
        "Leave it out: `s3:ListMultipartUploadParts` on the folder is enough to "
        "resume an upload.",
        _lists_uploads,
    ),
)
