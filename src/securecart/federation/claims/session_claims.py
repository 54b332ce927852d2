"""What an identity provider asks AWS for on a person's behalf.

Source: AWS IAM User Guide, "Configure SAML assertions for the authentication
response" and "Pass session tags in AWS STS"; AWS STS API Reference, "Tag".
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from securecart.names.errors import SecureCartError

MAX_TAGS: Final = 50
MAX_TAG_KEY: Final = 128
MAX_TAG_VALUE: Final = 256
"""AWS STS API Reference, "Tag": session tags and their characters."""

# The order and the repeated class are AWS's own, as its error messages show it.
_NAME = re.compile(r"[a-zA-Z_0-9+=,.@-]{2,64}")
_PLAIN_TAG: Final = re.compile(r"[A-Za-z0-9 _.:/=+@-]*")
"""What nearly every tag is made of, and then nothing else has to be looked up."""
_TAG_PUNCTUATION: Final = frozenset("_.:/=+-@")
_TAG_CATEGORIES: Final = frozenset("LZN")


class RejectedClaim(SecureCartError):
    """A claim breaks AWS's rules; the message is in AWS's words."""


class ContradictingTags(RejectedClaim):
    """Session tags contradict one another; AWS has a code of its own for that."""


@dataclass(frozen=True, slots=True)
class RolePair:
    """A role that the person may take, and the provider that vouches for it."""

    role_arn: str
    provider_arn: str


@dataclass(frozen=True, slots=True)
class SessionClaims:
    """The session that an assertion or an ID token asks for.

    An ID token names neither role nor session name: its bearer does, in the
    request. `duration_seconds` is a wish, still to be limited. `mfa` says
    that the provider saw a second factor.
    """

    roles: tuple[RolePair, ...] = ()
    session_name: str | None = None
    duration_seconds: int | None = None
    tags: tuple[tuple[str, str], ...] = ()
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str | None = None
    mfa: bool = False


def is_session_name(text: str) -> bool:
    """Whether AWS takes it as RoleSessionName; it holds no slash or colon."""
    return _NAME.fullmatch(text) is not None


def check_source_identity(text: str) -> str:
    """Answer a source identity that AWS takes.

    Raises:
        RejectedClaim: for any other.
    """
    if not _NAME.fullmatch(text):  # Without a colon, so never `aws:` either.
        raise RejectedClaim(
            "Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with"
            ' "aws:"'
        )
    return text


def check_tags(
    tags: Iterable[tuple[str, str]], transitive: Sequence[str]
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Answer session tags and the keys of those that stay through a chain.

    Keys are told apart without regard to case, as AWS does.

    Raises:
        ContradictingTags: if a key occurs twice, or a transitive key has no tag.
        RejectedClaim: if one breaks a limit, or a key is reserved.
    """
    found = tuple(tags)
    if len(found) > MAX_TAGS:
        raise RejectedClaim(f"more than {MAX_TAGS} session tags")
    for key, value in found:
        if not 1 <= len(key) <= MAX_TAG_KEY or not _has_tag_characters(key):
            raise RejectedClaim(f"a session tag key is not 1 to {MAX_TAG_KEY} letters")
        if len(value) > MAX_TAG_VALUE or not _has_tag_characters(value):
            raise RejectedClaim(f"the value of session tag {key} is not allowed")
        if key.lower().startswith("aws:"):
            raise RejectedClaim("session tag keys beginning with aws: are reserved")
    keys = {key.lower() for key, _ in found}
    if len(keys) != len(found):
        raise ContradictingTags(
            "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        )
    if not keys.issuperset(key.lower() for key in transitive):
        raise ContradictingTags(
            "The specified transitive tag key must be included in the requested tags."
        )
    return found, tuple(dict.fromkeys(transitive))


def _has_tag_characters(text: str) -> bool:
    return bool(_PLAIN_TAG.fullmatch(text)) or all(
        character in _TAG_PUNCTUATION
        or unicodedata.category(character)[0] in _TAG_CATEGORIES
        for character in text
    )
