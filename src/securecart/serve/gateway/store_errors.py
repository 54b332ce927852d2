"""What the store refuses, in S3's own words.

Its error documents never leave: they carry its names, ids and wording. The
code is taken from them, if it is one that a request of ours can lead to.

Source: Amazon S3 API Reference, "Error responses".
"""

import logging
from collections.abc import Mapping

from securecart.names.errors import ServiceError
from securecart.serve.gateway.refusals import (
    InternalError,
    SameName,
    ServiceUnavailable,
)
from securecart.wire.xml_document import MalformedXML, parse_xml

_log = logging.getLogger(__name__)

_WORDS: Mapping[str, str] = {
    "AccessDenied": "Access Denied",
    "BadDigest": "The Content-MD5 or checksum value that you specified did not "
    "match what the server received.",
    "BucketAlreadyExists": "The requested bucket name is not available.",
    "BucketAlreadyOwnedByYou": "The bucket is already owned by you.",
    "BucketNotEmpty": "The bucket you tried to delete is not empty.",
    "EntityTooLarge": "Your proposed upload exceeds the maximum allowed size",
    "EntityTooSmall": "Your proposed upload is smaller than the minimum allowed size",
    "InvalidArgument": "Invalid Argument",
    "InvalidBucketState": "The request is not valid with the current state of the "
    "bucket.",
    "InvalidDigest": "The Content-MD5 or checksum value you specified is not valid.",
    "InvalidPart": "One or more of the specified parts could not be found. The part "
    "may not have been uploaded, or the specified entity tag may not match the "
    "part's entity tag.",
    "InvalidPartNumber": "The requested partnumber is not satisfiable",
    "InvalidPartOrder": "The list of parts was not in ascending order. The parts list "
    "must be specified in order by part number.",
    "InvalidRange": "The requested range is not satisfiable",
    "InvalidRequest": "Invalid Request",
    "MalformedXML": "The XML you provided was not well-formed or did not validate "
    "against our published schema",
    "MethodNotAllowed": "The specified method is not allowed against this resource.",
    "NoSuchBucket": "The specified bucket does not exist",
    "NoSuchKey": "The specified key does not exist.",
    "NoSuchObjectLegalHold": "The specified object does not have a ObjectLock "
    "configuration",
    "NoSuchUpload": "The specified upload does not exist. The upload ID may be "
    "invalid, or the upload may have been aborted or completed.",
    "NoSuchVersion": "The specified version does not exist.",
    "NotImplemented": "A header or query you provided implies functionality that is "
    "not implemented.",
    "ObjectLockConfigurationNotFoundError": "Object Lock configuration does not "
    "exist for this bucket",
    "PreconditionFailed": "At least one of the pre-conditions you specified did not "
    "hold",
}
_REFUSALS = {
    code: type(code, (ServiceError,), {"code": code, "__doc__": words})
    for code, words in _WORDS.items()
}
_SAME_NAME = frozenset({"ExistingObjectIsDirectory", "ExistingObjectIsFile"})
_BY_STATUS = {
    404: "NoSuchKey",
    405: "MethodNotAllowed",
    412: "PreconditionFailed",
    416: "InvalidRange",
}
"""Answers to HEAD have no document."""


def refusal(code: str) -> ServiceError:
    """Answer the error of one of the codes above, with S3's words."""
    error: ServiceError = _REFUSALS[code](_WORDS[code])
    return error


def store_error(status: int, document: bytes) -> ServiceError:
    """Translate an error answer of the store's.

    What should never come of a request that we made (its signature refused,
    say) is told as our own failure, and logged.
    """
    code = _BY_STATUS.get(status, "")
    if document:
        try:
            code = parse_xml(document).text_of("Code") or code
        except MalformedXML:
            _log.warning("the store answered %d without an error document", status)
    if code in _REFUSALS:
        return refusal(code)
    if code in _SAME_NAME:
        return SameName()
    _log.warning("the store answered %d %s", status, code[:80])
    if status == 503:  # noqa: PLR2004 - HTTP's own
        return ServiceUnavailable("Reduce your request rate.")
    return InternalError("We encountered an internal error. Please try again.")
