"""Variables that do not tell people apart as they seem to."""

from collections.abc import Iterator

from securecart.policy.lint.entry import Entry
from securecart.policy.lint.origin import chosen_by_caller, may_hold_slash
from securecart.policy.lint.remark import Severity
from securecart.policy.lint.rule import Rule, Sighting, quoted
from securecart.policy.lint.subject import Subject
from securecart.policy.variables import Variable

_USERNAME = "aws:username"


def _opened(subject: Subject) -> Iterator[tuple[Entry, Variable]]:
    for entry in subject.entries:
        if entry.opens:
            for variable in entry.variables:
                yield entry, variable


def _shared_default(subject: Subject) -> Iterator[Sighting]:
    for entry, variable in _opened(subject):
        if variable.default is not None:
            yield Sighting(
                entry.element,
                f"Whoever has no {variable.key} is {quoted(variable.default)} in "
                f"{quoted(entry.text)}, together with all the others who have none.",
            )


def _plain_variable(subject: Subject) -> Iterator[Sighting]:
    # Where variables are read, no piece of plain text has an opening left in it.
    for entry in subject.entries:
        if any(isinstance(piece, str) and "${" in piece for piece in entry.pieces):
            yield Sighting(
                entry.element,
                f"{quoted(entry.text)} means these very letters: variables need "
                "version 2012-10-17.",
            )


def _caller_chooses(subject: Subject) -> Iterator[Sighting]:
    for entry, variable in _opened(subject):
        if chosen_by_caller(variable.key):
            yield Sighting(
                entry.element,
                f"The caller gives {variable.key} any value they like, and "
                f"{quoted(entry.text)} follows.",
            )


def _username(subject: Subject) -> Iterator[Sighting]:
    for entry, variable in _opened(subject):
        if variable.key == _USERNAME and variable.default is None:
            yield Sighting(
                entry.element,
                f"Role sessions have no {_USERNAME}: for them {quoted(entry.text)} "
                "matches nothing.",
            )


def _slash(subject: Subject) -> Iterator[Sighting]:
    for entry, variable in _opened(subject):
        if entry.names_folder and may_hold_slash(variable.key):
            yield Sighting(
                entry.element,
                f"A value of {variable.key} with a slash in it would lead into a "
                "folder inside of another's.",
            )


RULES = (
    Rule(
        "shared-default",
        Severity.DANGER,
        "A variable has a default, so everybody without a value shares one folder.",
        "Remove the default: without a value the pattern then matches nothing.",
        _shared_default,
    ),
    Rule(
        "plain-variable",
        Severity.DANGER,
        "`${…}` stands in a document of version 2008-10-17, or of none, where it is "
        "plain text.",
        'Begin the document with `"Version": "2012-10-17"`.',
        _plain_variable,
    ),
    Rule(
        "caller-chosen-variable",
        Severity.DANGER,
        "A variable takes its value from the request, where the caller can write "
        "anything.",
        "Use what somebody vouches for: `aws:userid`, `aws:PrincipalTag/…`, "
        "`aws:SourceIdentity`.",
        _caller_chooses,
    ),
    Rule(
        "username-variable",
        Severity.NOTE,
        "`${aws:username}` has no value in role sessions, and so for nobody who signs "
        "in through an identity provider.",
        "Use `${aws:userid}`.",
        _username,
    ),
    Rule(
        "slash-in-variable",
        Severity.NOTE,
        "A folder is named by a variable whose values may hold a slash.",
        "Make sure that the identity provider gives no such value, or use "
        "`${aws:userid}`, which has none.",
        _slash,
    ),
)
