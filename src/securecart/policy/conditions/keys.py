"""The condition keys that there are.

A misspelt key in a Deny would never be met, and the Deny would be silent. So
a key in the name space of a service spoken here must be one that AWS has.
Keys of others (an identity provider's `login.example.com:sub`) are free.

Source: AWS IAM User Guide, "AWS global condition context keys"; for the keys
of services, the catalogue.
"""

from securecart.policy.casing import ascii_lower
from securecart.policy.catalogue import SERVICES
from securecart.policy.catalogue.action import has_key
from securecart.policy.nearest import nearest

_GLOBAL = frozenset(
    [
        "aws:assumedroot",
        "aws:calledvia",
        "aws:calledviafirst",
        "aws:calledvialast",
        "aws:chatbotsourcearn",
        "aws:currenttime",
        "aws:ec2instancesourceprivateipv4",
        "aws:ec2instancesourcevpc",
        "aws:epochtime",
        "aws:federatedprovider",
        "aws:isviamcpservice",
        "aws:mcpservice",
        "aws:multifactorauthage",
        "aws:multifactorauthpresent",
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalisawsservice",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:principalservicename",
        "aws:principalservicenameslist",
        "aws:principaltype",
        "aws:referer",
        "aws:requestedregion",
        "aws:resourceaccount",
        "aws:resourceorgid",
        "aws:resourceorgpaths",
        "aws:securetransport",
        "aws:signinsessionarn",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceidentity",
        "aws:sourceip",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpcarn",
        "aws:sourcevpce",
        "aws:tagkeys",
        "aws:tokenissuetime",
        "aws:useragent",
        "aws:userid",
        "aws:username",
        "aws:viaawsservice",
        "aws:vpceaccount",
        "aws:vpceorgid",
        "aws:vpceorgpaths",
        "aws:vpcsourceip",
        # Families: keys that go on with the name of a tag.
        "aws:principaltag/",
        "aws:requesttag/",
        "aws:resourcetag/",
    ]
)
_KNOWN = _GLOBAL.union(
    *(action.condition_keys for named in SERVICES.values() for action in named.values())
)
_VENDORS = frozenset(key.partition(":")[0] for key in _KNOWN)


def is_known(key: str) -> bool:
    """Whether a condition key, in any case, can be one."""
    folded = ascii_lower(key)
    vendor, colon, name = folded.partition(":")
    if not (vendor and colon and name):
        return False
    return vendor not in _VENDORS or has_key(_KNOWN, folded)


def is_of_known_vendor(key: str) -> bool:
    """Whether a key, in lower case, is AWS's own or of a service spoken here."""
    return key.partition(":")[0] in _VENDORS


def nearest_key(key: str) -> str | None:
    """The key that was probably meant, in lower case; None if none is alike."""
    return nearest(key, sorted(_KNOWN))
