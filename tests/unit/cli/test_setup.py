"""What the blueprint takes from this place."""

from pathlib import Path

import pytest

from securecart.cli.installation import prepare_installation
from securecart.cli.place import Place
from securecart.cli.settings import Settings
from securecart.cli.setup import decryption


def _place(data: Path, encryption: str) -> Place:
    settings = Settings.model_validate({"idp": {"saml": {"encryption": encryption}}})
    return Place(settings, None, data, {})


@pytest.mark.slow
def test_the_account_gets_the_portal_s_key_and_it_stays(tmp_path: Path) -> None:
    """The same key at each run, so that a second plan is empty."""
    data = tmp_path / "data"
    prepare_installation(data, account=None, region="us-east-1")
    first = decryption(_place(data, "required"))
    again = decryption(_place(data, "allowed"))
    assert first is not None
    assert again is not None
    assert (first.mode, again.mode) == ("Required", "Allowed")
    assert first.private_key == again.private_key
    assert first.fingerprint == again.fingerprint
    assert len(first.fingerprint) == 64


def test_without_encryption_no_key_is_made(tmp_path: Path) -> None:
    """Nor is an installation needed."""
    assert decryption(_place(tmp_path / "nothing", "off")) is None
    assert not (tmp_path / "nothing").exists()
