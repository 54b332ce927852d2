"""Which parameters may be written down: the listed ones, and no other.

Tokens, assertions, passwords, keys and plaintext are not on the list, so
they cannot be recorded, whatever operation brings them and however they are
nested. A parameter that a future operation brings is silent until somebody
lists it here.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

MAX_TEXT = 8192
"""Characters of one value: a managed policy document (6,144) fits."""
MAX_ITEMS = 1000
"""Items of one list or map: the keys of a batch deletion, none left out."""
MAX_DEPTH = 6
"""Levels: the deepest of ours, an answer's role with its tags, has four."""
_CUT = "…"

# By service: S3, STS, IAM, KMS, and what servers add of their own.
_NAMES = """
bucketName key Host prefix delimiter encoding-type max-keys start-after list-type
versionId versioning uploadId uploads partNumber max-parts max-uploads range
x-amz-copy-source x-amz-version-id x-amz-server-side-encryption
x-amz-server-side-encryption-aws-kms-key-id x-amz-server-side-encryption-context
x-amz-metadata-directive x-amz-tagging-directive x-amz-acl x-amz-storage-class
x-amz-bypass-governance-retention x-amz-object-ownership x-amz-checksum-algorithm
delete deletedKeys deniedKeys policy cors encryption publicAccessBlock
ownershipControls location tagging acl lifecycle

roleArn principalArn roleSessionName sAMLAssertionID durationSeconds policyArns arn
transitiveTagKeys sourceIdentity providerId externalId serialNumber assumedRoleUser
assumedRoleId packedPolicySize credentials accessKeyId expiration subject subjectType
issuer nameQualifier audience provider subjectFromWebIdentityToken account userId

roleName roleId role path pathPrefix description assumeRolePolicyDocument
maxSessionDuration permissionsBoundary permissionsBoundaryArn permissionsBoundaryType
policyName policyArn policyId policyDocument versionId setAsDefault isDefaultVersion
defaultVersionId attachmentCount isAttachable createDate updateDate onlyAttached
scope policyUsageFilter entityFilter userName newUserName user groupName status
accessKey name sAMLProviderArn sAMLProviderUUID sAMLMetadataDocument validUntil
assertionEncryptionMode removePrivateKey url
clientID clientIDList thumbprintList openIDConnectProviderArn tags tagKeys key value
maxItems

keyId targetKeyId aliasName keySpec keyUsage customerMasterKeySpec origin multiRegion
description numberOfBytes encryptionContext encryptionAlgorithm keyState
bypassPolicyLockoutSafetyCheck pendingWindowInDays deletionDate rotationPeriodInDays
keyMetadata enabled creationDate limit dryRun aWSAccountId keyManager

SignatureVersion AuthenticationMethod CipherSuite bytesTransferredIn
bytesTransferredOut x-amz-id-2 x-amz-request-id SSEApplied reason layer statement
explanation
"""
LISTED = frozenset(_NAMES.split())
"""Every name that may stand in a record, at any depth."""
_NAMES_REMEMBERED = 1024
"""A few more than are listed: strangers make up names."""
_FREELY_NAMED = frozenset({"encryptionContext"})
"""Maps whose keys are the caller's; KMS too records them in full."""


def disclosed(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Sift and bound parameters; names become CloudTrail's.

    A botocore name loses its capital (`RoleArn` to `roleArn`) unless it is
    listed with it (`Host`).
    """
    return _sifted(parameters, MAX_DEPTH)


def bounded(text: str, length: int = MAX_TEXT) -> str:
    """Cut a text that is too long, visibly."""
    return text if len(text) <= length else text[: length - 1] + _CUT


def _sifted(parameters: Mapping[str, Any], depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for given, value in parameters.items():
        name = _listed(given)
        if name is None or value is None:
            continue
        if type(value) is str and len(value) <= MAX_TEXT:  # Nearly all are.
            found[name] = value
        elif name in _FREELY_NAMED:
            found[name] = _free(value)
        else:
            found[name] = _value(value, depth - 1)
    return found


@lru_cache(maxsize=_NAMES_REMEMBERED)
def _listed(given: str) -> str | None:
    """A name as CloudTrail writes it; None if it may not be written down."""
    name = given if given in LISTED else given[:1].lower() + given[1:]
    return name if name in LISTED else None


def _value(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= MAX_TEXT else bounded(value)
    if isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if depth and isinstance(value, Mapping):
        return _sifted(value, depth)
    if depth and isinstance(value, list | tuple):
        items = [_value(item, depth - 1) for item in value[:MAX_ITEMS]]
        return items if len(value) <= MAX_ITEMS else [*items, _CUT]
    return _CUT


def _free(value: Mapping[str, Any]) -> dict[str, str]:
    pairs = list(value.items())[:MAX_ITEMS]
    return {bounded(name): bounded(str(text)) for name, text in pairs}
