"""The HTTP-POST binding of the messages that are not responses to a sign-in.

Source: SAML 2.0 bindings, section 3.5. The message carries its signature
inside; a Response is for `verify_response`, since its assertion is signed.
"""

import base64
import binascii
from collections.abc import Sequence

from lxml import etree
from lxml.etree import _Element as Element

from securecart.federation.saml.authn_request import MAX_REQUEST
from securecart.federation.saml.document import parse_xml
from securecart.federation.saml.errors import (
    InvalidDocument,
    InvalidRequest,
    InvalidSignature,
)
from securecart.federation.saml.issue import encode_post
from securecart.federation.saml.names import DS, P
from securecart.federation.saml.signature import refuse_repeated_ids, verify_enveloped
from securecart.federation.saml.signing import SigningIdentity, sign_element

_SIGNED_MESSAGES = frozenset({f"{P}LogoutRequest", f"{P}LogoutResponse"})


def verify_posted(encoded: str, keys: Sequence[bytes]) -> bytes:
    """Verify a posted logout message, base64 as in the form field.

    `keys` are the sender's RSA public keys in PEM form.

    Returns:
        The XML that was signed, without the signature.

    Raises:
        InvalidRequest: unless it is such a message, signed as a whole by one
            of the keys.
    """
    try:
        root = _posted(encoded)
        if root.tag not in _SIGNED_MESSAGES:
            raise InvalidRequest("the document is no logout message")
        refuse_repeated_ids(root)
        if sum(1 for _ in root.iter("{*}Signature")) != 1:
            raise InvalidRequest("the message must have exactly one signature")
        return verify_enveloped(root, keys)
    except (InvalidDocument, InvalidSignature) as error:
        raise InvalidRequest(str(error)) from None


def unverified_posted(encoded: str) -> bytes:
    """Read a posted message before it is known whose keys should have signed it.

    Raises:
        InvalidRequest: if there is no such message.
    """
    try:
        return etree.tostring(_posted(encoded), encoding="UTF-8")
    except InvalidDocument as error:
        raise InvalidRequest(str(error)) from None


def sign_posted(xml: bytes, identity: SigningIdentity) -> str:
    """Sign a message of our own and encode it as a form field.

    Raises:
        InvalidRequest: if it has no place for a signature.
    """
    try:
        root = parse_xml(xml, max_length=MAX_REQUEST)
    except InvalidDocument as error:
        raise InvalidRequest(str(error)) from None
    if root.find(f"{DS}Signature") is not None:
        raise InvalidRequest("the message is signed already")
    sign_element(root, identity)
    return encode_post(etree.tostring(root, encoding="UTF-8"))


def _posted(encoded: str) -> Element:
    if len(encoded) > 2 * MAX_REQUEST:
        raise InvalidRequest(f"the message is longer than {MAX_REQUEST} bytes")
    try:
        xml = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidRequest("the message is not base64") from None
    return parse_xml(xml, max_length=MAX_REQUEST)
