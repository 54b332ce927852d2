"""The signing key's files."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from securecart.serve.idp import UnusableKey, signing_identity

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_a_first_start_makes_a_key_that_later_ones_use(tmp_path: Path) -> None:
    """RSA of 2048 bits, readable for the owner only."""
    folder = tmp_path / "idp"
    made = signing_identity(folder, common_name="IdP", now=NOW)
    kept = signing_identity(folder, common_name="other", now=NOW)

    assert kept == made
    assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}
    key = x509.load_pem_x509_certificate(made.certificate).public_key()
    assert isinstance(key, RSAPublicKey)
    assert key.key_size == 2048


def test_a_start_that_was_cut_off_is_made_good(tmp_path: Path) -> None:
    """A key without a certificate was never used: both are made again."""
    first = signing_identity(tmp_path, common_name="IdP", now=NOW)
    (tmp_path / "signing.cert.pem").unlink()

    assert signing_identity(tmp_path, common_name="IdP", now=NOW) != first


@pytest.mark.parametrize("content", [None, "", "-----BEGIN", "other"])
def test_a_damaged_key_is_named(tmp_path: Path, content: str | None) -> None:
    """Never silently replaced: relying parties know the old one."""
    signing_identity(tmp_path / "idp", common_name="IdP", now=NOW)
    file = tmp_path / "idp" / "signing.key.pem"
    if content is None:
        file.unlink()
    elif content == "other":
        other = signing_identity(tmp_path / "other", common_name="IdP", now=NOW)
        file.write_bytes(other.private_key)
    else:
        file.write_text(content)

    with pytest.raises(UnusableKey, match="signing key in"):
        signing_identity(tmp_path / "idp", common_name="IdP", now=NOW)
