"""`securecart policy lint`: warn of what is legal but dangerous."""

import sys
from dataclasses import asdict
from typing import BinaryIO

import click
import orjson

from securecart.policy import MalformedPolicyDocument, PolicyKind, parse_policy
from securecart.policy.json_text import MAX_CHARACTERS
from securecart.policy.lint import Remark, Severity, guess_kind, lint

_DANGER = 1
_MALFORMED = 2
# A code point has at most four bytes in UTF-8; one more shows what is too long.
_MOST_BYTES = 4 * MAX_CHARACTERS + 1


def lint_files(
    files: tuple[BinaryIO, ...], kind: PolicyKind | None, *, as_json: bool
) -> None:
    """Print what the rules say of each file, or of standard input.

    Exits with 1 if there was a danger, with 2 if a document is malformed; the
    others are read all the same.
    """
    status = 0
    for file in files or (sys.stdin.buffer,):
        # Where standard input is a buffer, it may have no name.
        name = getattr(file, "name", "<stdin>")
        try:
            remarks = _remarks(file.read(_MOST_BYTES), kind)
        except MalformedPolicyDocument as error:
            click.echo(_printable(f"{name}: {error.message}"), err=True)
            status = _MALFORMED
            continue
        for remark in remarks:
            click.echo(_as_json(name, remark) if as_json else _in_words(name, remark))
        if any(remark.severity is Severity.DANGER for remark in remarks):
            status = max(status, _DANGER)
    sys.exit(status)


def _remarks(document: bytes, kind: PolicyKind | None) -> list[Remark]:
    try:
        text = document.decode()
    except UnicodeDecodeError:
        raise MalformedPolicyDocument.at("Document", "not UTF-8") from None
    return list(lint(parse_policy(text, kind or guess_kind(text))))


def _in_words(name: str, remark: Remark) -> str:
    return _printable(
        f"{name}: {remark.place}: {remark.severity} {remark.rule}: "
        f"{remark.text} {remark.advice}"
    )


def _as_json(name: str, remark: Remark) -> bytes:
    return orjson.dumps({"file": name, **asdict(remark)})


def _printable(line: str) -> str:
    """A stranger may have written the policy: no escape reaches the terminal."""
    return "".join(c if c.isprintable() else "�" for c in line)
