"""Where the value of a condition key comes from, and when there is one.

Source: AWS IAM User Guide, "AWS global condition context keys" (the lines
on availability) and "Available keys for AWS web identity federation".
"""

from enum import Enum


class Presence(Enum):
    """When a request has the key.

    OPTION: where the caller asks for something that they need not ask for, so
    that a Deny on the key means just those who do.
    """

    ALWAYS = "always"
    OPTION = "option"
    SOMETIMES = "sometimes"


_ALWAYS = frozenset(
    {
        "aws:currenttime",
        "aws:epochtime",
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalisawsservice",
        "aws:principaltype",
        "aws:requestedregion",
        "aws:resourceaccount",
        "aws:securetransport",
        "aws:sourceip",
        # Absent for long-term keys; a Deny on it means sessions.
        "aws:tokenissuetime",
        "aws:useragent",
        "aws:userid",
        "aws:viaawsservice",
        "kms:calleraccount",
        "s3:authtype",
        "s3:resourceaccount",
        "s3:signatureage",
        "s3:signatureversion",
        "s3:tlsversion",
        "s3:x-amz-content-sha256",
        "saml:aud",
        "saml:iss",
        "saml:sub",
        "sts:rolesessionname",
    }
)
_CLAIMS = (":aud", ":sub")
_OPTIONS = (
    "aws:calledvia",
    "aws:requesttag/",
    "aws:tagkeys",
    "iam:",
    "kms:",
    "s3:if-",
    "s3:object-lock-",
    "s3:requestobjecttag",
    "s3:versionid",
    "s3:x-amz-",
    "sts:durationseconds",
    "sts:externalid",
    "sts:transitivetagkeys",
)
_CHOSEN = (
    "aws:referer",
    "aws:requesttag/",
    "aws:tagkeys",
    "aws:useragent",
    "kms:encryptioncontext",
    "s3:delimiter",
    "s3:if-",
    "s3:max-keys",
    "s3:object-lock-",
    "s3:prefix",
    "s3:requestobjecttag",
    "s3:versionid",
    "s3:x-amz-",
    "sts:durationseconds",
    "sts:externalid",
    "sts:rolesessionname",
    "sts:sourceidentity",
    "sts:transitivetagkeys",
)
# STS takes no slash in the names of which these are made.
_SLASH_FREE = frozenset(
    {
        "aws:currenttime",
        "aws:epochtime",
        "aws:principalaccount",
        "aws:principaltype",
        "aws:requestedregion",
        "aws:resourceaccount",
        "aws:sourceidentity",
        "aws:sourceip",
        "aws:userid",
        "aws:username",
    }
)


def presence_of(key: str) -> Presence:
    """When a request has this key, given in lower case."""
    if key in _ALWAYS or key.endswith(_CLAIMS):
        return Presence.ALWAYS
    return Presence.OPTION if key.startswith(_OPTIONS) else Presence.SOMETIMES


def chosen_by_caller(key: str) -> bool:
    """Whether whoever asks can give the key any value they like."""
    return key.startswith(_CHOSEN)


def may_hold_slash(key: str) -> bool:
    """Whether a value may have a slash in it."""
    return key not in _SLASH_FREE
