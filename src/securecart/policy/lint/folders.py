"""Patterns that reach from one person's folder into another's."""

from collections.abc import Iterator

from securecart.policy.document import PolicyKind
from securecart.policy.lint.entry import Entry
from securecart.policy.lint.remark import Severity
from securecart.policy.lint.rule import Rule, Sighting, quoted
from securecart.policy.lint.subject import Subject
from securecart.policy.variables import Variable
from securecart.policy.wildcard import Wild

_OBJECTS = frozenset(
    {
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:PutObject",
    }
)


def _no_closing_slash(subject: Subject) -> Iterator[Sighting]:
    for entry in subject.entries:
        key = _runs_on(entry) if entry.opens and entry.names_folder else None
        if key:
            yield Sighting(
                entry.element,
                f"{quoted(entry.text)} goes on behind ${{{key}}} without a slash: "
                "what is meant for 'john' also takes in 'johnny'.",
            )


def _runs_on(entry: Entry) -> str | None:
    """The variable whose value could be the beginning of a longer one."""
    # Other services than S3 and KMS part names with colons too.
    separators = "/" if entry.key or entry.service in {"s3", "kms", ""} else "/:"
    unclosed: str | None = None
    for piece in entry.pieces:
        if isinstance(piece, Variable):
            unclosed = piece.key
        elif isinstance(piece, Wild):
            if unclosed:
                return unclosed
        elif any(separator in piece for separator in separators):
            unclosed = None
    # A prefix goes on by its nature.
    return unclosed if entry.key == "s3:prefix" else None


def _wildcard_before_id(subject: Subject) -> Iterator[Sighting]:
    for entry in subject.entries:
        if not (entry.opens and entry.names_folder):
            continue
        wild = False
        for piece in entry.pieces:
            wild = wild or isinstance(piece, Wild)
            if wild and isinstance(piece, Variable):
                yield Sighting(
                    entry.element,
                    f"{quoted(entry.text)} has a wildcard before ${{{piece.key}}}: "
                    "it crosses slashes, so it also finds a folder called 'john' "
                    "inside of somebody else's.",
                )
                break


def _whole_bucket(subject: Subject) -> Iterator[Sighting]:
    if not subject.allows or not subject.actions & _OBJECTS or _is_for_another(subject):
        return
    if any(
        entry.opens and entry.key is not None and any(entry.variables)
        for entry in subject.entries
    ):
        return
    for entry in subject.entries:
        if entry.key is None and entry.opens and _holds_all_objects(entry):
            yield Sighting(
                entry.element,
                f"{quoted(entry.text)} holds the documents of everybody.",
            )


def _is_for_another(subject: Subject) -> bool:
    """Whether the grant is to services, or to all, of which others warn."""
    principals = subject.statement.principals
    if principals is None:
        return False
    listed = principals.listed
    return listed.everyone or not (listed.arns or listed.accounts)


def _holds_all_objects(entry: Entry) -> bool:
    if entry.service != "s3" or any(entry.variables):
        return False
    wild = next(
        (i for i, piece in enumerate(entry.pieces) if isinstance(piece, Wild)), None
    )
    if wild is None:
        return False
    _, _, folder = "".join(map(str, entry.pieces[:wild])).partition("/")
    return not folder


RULES = (
    Rule(
        "no-closing-slash",
        Severity.DANGER,
        "A pattern, or a prefix, goes on behind a variable without a slash, so one "
        "person's folder takes in those of others whose ids begin alike.",
        "End the variable with a slash: `${aws:userid}/*`.",
        _no_closing_slash,
    ),
    Rule(
        "wildcard-before-id",
        Severity.DANGER,
        "A wildcard stands before a variable. It crosses slashes, and so reaches "
        "folders of that name inside of other people's.",
        "Write out what comes before the variable.",
        _wildcard_before_id,
    ),
    Rule(
        "whole-bucket",
        Severity.DANGER,
        "Documents are allowed in a whole bucket, in no folder and under no "
        "condition that tells people apart.",
        "Name the folder: `arn:aws:s3:::BUCKET/${aws:userid}/*`.",
        _whole_bucket,
    ),
)


def can_be_bucket(entry: Entry) -> bool:
    """Whether the pattern of a resource can match a bucket itself."""
    return entry.key is None and (
        entry.text == "*"
        or (
            entry.service == "s3"
            and not any(isinstance(p, str) and "/" in p for p in entry.pieces)
        )
    )


def cuts_only(subject: Subject) -> bool:
    """Whether the policy only narrows others, so that breadth does no harm."""
    return subject.kind is PolicyKind.SESSION
