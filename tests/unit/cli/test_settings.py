"""The configuration: complete, strict, and all errors at once."""

import re
from pathlib import Path

import pytest

from securecart.cli.settings import (
    Settings,
    SettingsError,
    load_settings,
    parse_settings,
)

_EXAMPLE = Path(__file__).parents[3] / "securecart.example.toml"


def _refused(document: str) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        parse_settings(document.encode(), source="x.toml")
    return str(refused.value).splitlines()


def test_the_example_is_the_default_configuration() -> None:
    """What the example says, and what holds without a file, is the same."""
    assert load_settings(_EXAMPLE).aws_endpoint == Settings().aws_endpoint
    told = load_settings(_EXAMPLE).model_dump(exclude={"endpoints"})
    assert told == Settings().model_dump(exclude={"endpoints"})


def test_the_example_names_every_key() -> None:
    """Nothing can be set that the example does not show."""
    shown = {
        line.lstrip("# ").partition(" =")[0]
        for line in _EXAMPLE.read_text().splitlines()
        if " = " in line
    }

    def keys(section: dict[str, object]) -> set[str]:
        found = set()
        for name, value in section.items():
            found |= keys(value) if isinstance(value, dict) else {name}
        return found

    assert keys(Settings().model_dump()) <= shown


def test_the_keys_in_comments_are_valid_too() -> None:
    """Whoever takes the mark away gets what the line says."""
    text = re.sub(r"(?m)^# (\w+ = \S)", r"\1", _EXAMPLE.read_text())
    settings = parse_settings(text.encode(), source="example")
    assert settings.account.id == "123456789012"
    assert settings.idp.oidc.issuer == "https://login.example.com"


def test_every_error_is_told_at_once_with_file_and_key() -> None:
    """One run of the command shows all there is to mend."""
    lines = _refused('[sesion]\nx = 1\n[session]\nminutes = 5\n[role]\nname = "a b"\n')
    assert len(lines) == 3
    assert all(line.startswith("x.toml: ") for line in lines)
    assert any("sesion: no such key" in line for line in lines)
    assert any("session.minutes" in line for line in lines)
    assert any("role.name" in line for line in lines)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("target = 'aws'", "account.id is needed"),
        ("target = 'aws'", "idp.kind must be"),
        ("[idp]\nkind = 'external'", "idp.saml.metadata or idp.oidc.issuer"),
        ("[endpoints]\nportal = 'http://docs.example.com'", "use https"),
        ("[endpoints]\nportal = 'https://docs.example.com/x'", "without a path"),
        ("[session]\nminutes = 700\n[role]\nmax_session_minutes = 60", "exceeds"),
        ("x = = 1", "not TOML"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(document: str, words: str) -> None:
    """The reason says what would fit."""
    assert words in "\n".join(_refused(document))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The path stands in the message."""
    with pytest.raises(SettingsError, match=r"nothing\.toml: cannot be read"):
        load_settings(tmp_path / "nothing.toml")
