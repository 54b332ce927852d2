"""The keys that each room seals with, all derived from the installation's own."""

from securecart.cli.installation import Installation
from securecart.sealing import Keyring, SealingKey, derive


def access_key_keyring(installation: Installation) -> Keyring:
    """Seals the secrets of long-term access keys."""
    return _keyring(installation, "root", "secrets of access keys")


def key_material_keyring(installation: Installation) -> Keyring:
    """Seals the material of KMS keys."""
    return _keyring(installation, "root", "material of KMS keys")


def issuing_key_keyring(installation: Installation) -> Keyring:
    """Seals the keys that session tokens are sealed with."""
    return _keyring(installation, "root", "issuing keys")


def authorization_message_keyring(installation: Installation) -> Keyring:
    """Seals what a refusal tells administrators."""
    return _keyring(installation, "root", "authorization messages")


def portal_keyring(installation: Installation) -> Keyring:
    """Seals the portal's cookies and sign-in sessions."""
    return _keyring(installation, "portal", "cookies and sessions")


def idp_keyring(installation: Installation) -> Keyring:
    """Seals what a browser carries between the stand-in's pages."""
    return _keyring(installation, "idp", "errands")


def _keyring(installation: Installation, key: str, purpose: str) -> Keyring:
    return Keyring(SealingKey(derive(installation.key(key), purpose)))
