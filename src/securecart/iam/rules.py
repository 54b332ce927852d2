"""What names, paths, tags and documents may look like, and how long they are.

Source: AWS IAM User Guide, "IAM and AWS STS quotas", and the constraints of
IAM's service model.
"""

import re
from collections.abc import Iterable, Mapping

from securecart.iam.entities import Tags
from securecart.iam.errors import InvalidInput, LimitExceeded, MalformedDocument
from securecart.names.errors import ValidationError
from securecart.policy import PolicyKind, parse_policy

MAX_ROLE_NAME = 64
MAX_USER_NAME = 64
MAX_GROUP_NAME = 128
MAX_POLICY_NAME = 128
MAX_PROVIDER_NAME = 128
MAX_DESCRIPTION = 1000
_MAX_PATH = 512
_MAX_TAGS = 50
_MAX_TAG_KEY = 128
_MAX_TAG_VALUE = 256

# Sizes in characters, white space not counted.
MAX_TRUST_POLICY = 2_048
MAX_MANAGED_POLICY = 6_144
MAX_ROLE_INLINE = 10_240
MAX_USER_INLINE = 2_048
MAX_GROUP_INLINE = 5_120

_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
_PROVIDER_NAME = re.compile(r"[\w._-]+", re.ASCII)
_PATH = re.compile(r"/|/[\x21-\x7e]+/")
_DOCUMENT = re.compile(r"[\t\n\r\x20-\xff]+")
_DESCRIPTION = re.compile(r"[\t\n\r\x20-\x7e\xa1-\xff]*")
_TAG_TEXT = re.compile(r"[\w\s.:/=+@-]*")
_WHITE_SPACE = re.compile(r"\s+")


def broken(value: str, member: str, constraint: str) -> ValidationError:
    """Say which constraint a parameter breaks, as AWS says it."""
    return ValidationError(
        f"1 validation error detected: Value '{value[:200]}' at '{member}' failed to"
        f" satisfy constraint: Member must {constraint}"
    )


def _check(value: str, member: str, pattern: re.Pattern[str], longest: int) -> str:
    if len(value) > longest:
        raise broken(value, member, f"have length less than or equal to {longest}")
    if not pattern.fullmatch(value):
        constraint = f"satisfy regular expression pattern: {pattern.pattern}"
        raise broken(value, member, constraint)
    return value


def checked_name(value: str, member: str, longest: int) -> str:
    """Answer the name of a role, user or policy if it may be one."""
    return _check(value, member, _NAME, longest)


def checked_provider_name(value: str) -> str:
    """Answer the name of a SAML provider if it may be one."""
    return _check(value, "name", _PROVIDER_NAME, MAX_PROVIDER_NAME)


def checked_description(value: str) -> str:
    """Answer a description if it may be one."""
    return _check(value, "description", _DESCRIPTION, MAX_DESCRIPTION)


def checked_path(value: str) -> str:
    """Answer a path if it may be one."""
    if len(value) > _MAX_PATH or not _PATH.fullmatch(value):
        raise ValidationError(
            "The specified value for path is invalid. It must begin and end with / and"
            " contain only alphanumeric characters and/or / characters."
        )
    return value


def tags_from(members: Iterable[Mapping[str, str]]) -> Tags:
    """Read a `Tags` parameter.

    Raises:
        InvalidInput, LimitExceeded: if AWS would not take them.
    """
    tags = tuple((member["Key"], member.get("Value", "")) for member in members)
    for key, value in tags:
        if not 0 < len(key) <= _MAX_TAG_KEY or not _TAG_TEXT.fullmatch(key):
            raise InvalidInput(f"Invalid tag key: {key[:200]}")
        if len(value) > _MAX_TAG_VALUE or not _TAG_TEXT.fullmatch(value):
            raise InvalidInput(f"Invalid value of the tag {key}")
        if key.lower().startswith("aws:"):
            raise InvalidInput(
                "aws: prefixed tag key names are not allowed for external use."
            )
    return _limited(tags)


def merged_tags(old: Tags, new: Tags) -> Tags:
    """Answer the tags with some added; a key in another case is the same key."""
    added = {key.lower() for key, _ in new}
    return _limited((*(tag for tag in old if tag[0].lower() not in added), *new))


def _limited(tags: Tags) -> Tags:
    if len({key.lower() for key, _ in tags}) != len(tags):
        raise InvalidInput(
            "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        )
    if len(tags) > _MAX_TAGS:
        raise LimitExceeded(f"Cannot exceed quota for TagsPerResource: {_MAX_TAGS}")
    return tags


def document_size(document: str) -> int:
    """Count the characters of a policy that its quota counts."""
    return len(_WHITE_SPACE.sub("", document))


def checked_policy(document: str, kind: PolicyKind) -> str:
    """Answer a policy document if the policy engine understands all of it.

    Raises:
        MalformedPolicyDocument: saying where it does not.
    """
    if not _DOCUMENT.fullmatch(document):
        raise MalformedDocument(
            "The policy contains characters that IAM does not take."
        )
    parse_policy(document, kind)
    return document


def checked_trust_policy(document: str) -> str:
    """Answer a role's trust policy if it may be one."""
    checked_policy(document, PolicyKind.TRUST)
    if document_size(document) > MAX_TRUST_POLICY:
        raise LimitExceeded(
            f"Cannot exceed quota for ACLSizePerRole: {MAX_TRUST_POLICY}"
        )
    return document


def checked_managed_policy(document: str) -> str:
    """Answer a managed policy's document if it may be one."""
    checked_policy(document, PolicyKind.IDENTITY)
    if document_size(document) > MAX_MANAGED_POLICY:
        raise LimitExceeded(f"Cannot exceed quota for PolicySize: {MAX_MANAGED_POLICY}")
    return document
