"""SAML 2.0 Web Browser SSO: metadata, request, response; both sides of each.

lxml reads and canonicalises, and the rules here decide. `verify_response` is the way in
for everything a stranger posts.
"""

from securecart.federation.saml.assertion import NameId, VerifiedAssertion
from securecart.federation.saml.authn_request import (
    AuthnRequest,
    build_authn_request,
    new_id,
)
from securecart.federation.saml.document import CLOCK_SKEW
from securecart.federation.saml.errors import (
    DecryptionFailed,
    EncryptedAssertionRefused,
    ExpiredMetadata,
    FailedStatus,
    InvalidAssertion,
    InvalidDocument,
    InvalidMetadata,
    InvalidRequest,
    InvalidSignature,
    OutsideItsTime,
    UnencryptedAssertion,
    WrongAudience,
    WrongContext,
    WrongIssuer,
)
from securecart.federation.saml.issue import (
    Answer,
    build_failure,
    build_response,
    encode_post,
)
from securecart.federation.saml.logout import (
    LogoutRequest,
    LogoutResponse,
    build_logout_request,
    build_logout_response,
    check_logout_request,
    check_logout_response,
)
from securecart.federation.saml.metadata import (
    MAX_METADATA,
    IdpMetadata,
    SpMetadata,
    entity_document,
)
from securecart.federation.saml.metadata_writer import (
    build_idp_metadata,
    build_sp_metadata,
)
from securecart.federation.saml.posted import (
    sign_posted,
    unverified_posted,
    verify_posted,
)
from securecart.federation.saml.redirect import (
    RedirectMessage,
    decode_redirect,
    encode_redirect,
    unverified_message,
)
from securecart.federation.saml.response import Expectation, verify_response
from securecart.federation.saml.signing import (
    SigningIdentity,
    self_signed_certificate,
    sign_element,
)

__all__ = [
    "CLOCK_SKEW",
    "MAX_METADATA",
    "Answer",
    "AuthnRequest",
    "DecryptionFailed",
    "EncryptedAssertionRefused",
    "Expectation",
    "ExpiredMetadata",
    "FailedStatus",
    "IdpMetadata",
    "InvalidAssertion",
    "InvalidDocument",
    "InvalidMetadata",
    "InvalidRequest",
    "InvalidSignature",
    "LogoutRequest",
    "LogoutResponse",
    "NameId",
    "OutsideItsTime",
    "RedirectMessage",
    "SigningIdentity",
    "SpMetadata",
    "UnencryptedAssertion",
    "VerifiedAssertion",
    "WrongAudience",
    "WrongContext",
    "WrongIssuer",
    "build_authn_request",
    "build_failure",
    "build_idp_metadata",
    "build_logout_request",
    "build_logout_response",
    "build_response",
    "build_sp_metadata",
    "check_logout_request",
    "check_logout_response",
    "decode_redirect",
    "encode_post",
    "encode_redirect",
    "entity_document",
    "new_id",
    "self_signed_certificate",
    "sign_element",
    "sign_posted",
    "unverified_message",
    "unverified_posted",
    "verify_posted",
    "verify_response",
]
