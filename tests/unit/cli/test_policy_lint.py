"""`securecart policy lint` at the command line, and in the documents."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from securecart.cli.main import main
from securecart.policy.lint import RULES

_DOCS = Path(__file__).parents[3] / "docs"
_CLEAN = """{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
    "Action": "s3:GetObject", "Resource": "arn:aws:s3:::docs/${aws:userid}/*"}}"""
_DANGEROUS = _CLEAN.replace("userid}/*", "userid}*")
_NOTED = _CLEAN.replace("userid", "username")


def _lint(*arguments: str | Path, written: str | bytes = "") -> Result:
    return CliRunner().invoke(
        main, ["policy", "lint", *map(str, arguments)], input=written
    )


@pytest.mark.parametrize(
    ("document", "code", "rule"),
    [(_CLEAN, 0, ""), (_NOTED, 0, "username-variable"), (_DANGEROUS, 1, "no-closing-")],
)
def test_only_dangers_are_a_failure(document: str, code: int, rule: str) -> None:
    """Notes are printed and pass."""
    result = _lint(written=document)
    assert result.exit_code == code
    assert rule in result.stdout
    assert bool(result.stdout) is bool(rule)


def test_a_malformed_document_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    """It exits with 2, whatever else was found."""
    broken, dangerous = tmp_path / "broken.json", tmp_path / "dangerous.json"
    broken.write_text('{"Statement": []}')
    dangerous.write_text(_DANGEROUS)
    result = _lint(broken, dangerous)
    assert result.exit_code == 2
    assert f"{broken}: Statement: empty" in result.stderr
    assert f"{dangerous}: Statement 1, Resource: danger no-closing-" in result.stdout


@pytest.mark.parametrize("document", [b"\xff", b'"' + b"a" * 600_000 + b'"', b""])
def test_what_is_no_text_or_too_long_is_malformed(document: bytes) -> None:
    """It is refused with a message, and not read whole."""
    result = _lint(written=document)
    assert result.exit_code == 2
    assert "Document: " in result.stderr


def test_the_kind_can_be_said() -> None:
    """What is an identity policy by its looks may be a session policy."""
    document = json.dumps(
        {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    )
    assert _lint(written=document).exit_code == 1
    assert _lint("--kind", "session", written=document).exit_code == 0


def test_json_holds_the_place_and_the_advice() -> None:
    """One object a line, for programs."""
    (line,) = _lint("--json", written=_DANGEROUS).stdout.splitlines()
    assert json.loads(line).keys() == {
        *("file", "rule", "severity", "statement", "sid", "element", "text", "advice")
    }


def test_no_escape_sequence_reaches_the_terminal() -> None:
    """A policy may come from a stranger."""
    document = _DANGEROUS.replace("docs/", "docs/\\u001b[2J")
    assert "\x1b" not in _lint(written=document).stdout


def test_the_documents_list_every_rule() -> None:
    """Identifier, severity and summary are those of the table of rules."""
    text = (_DOCS / "administration.md").read_text()
    rows = re.findall(
        r"^\| `([a-z-]+)` \| (danger|note) \| (.*) \|$", text, re.MULTILINE
    )
    assert rows == [(r.identifier, r.severity.value, r.summary) for r in RULES]
