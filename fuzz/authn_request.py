"""What strangers send to the identity provider's SAML address, by both bindings.

Nothing but the documented errors may come out. The mutated bytes are taken as
a query string, as a form field's XML, and as a request whose signature held.
"""

import base64
import zlib
from collections.abc import Callable
from urllib.parse import quote

from securecart.federation.saml import (
    AuthnRequest,
    InvalidAssertion,
    InvalidDocument,
    InvalidRequest,
    decode_redirect,
    unverified_message,
)
from securecart.federation.saml.authn_request import MAX_REQUEST
from securecart.federation.saml.document import parse_xml
from securecart.federation.saml.signature import refuse_repeated_ids, verify_enveloped

_REQUEST = (
    b'<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" '
    b'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_1" Version="2.0" '
    b'IssueInstant="2026-03-02T09:00:00Z" ForceAuthn="true">'
    b"<saml:Issuer>urn:amazon:webservices</saml:Issuer>"
    b'<samlp:RequestedAuthnContext Comparison="exact"><saml:AuthnContextClassRef>'
    b"https://refeds.org/profile/mfa</saml:AuthnContextClassRef>"
    b"</samlp:RequestedAuthnContext></samlp:AuthnRequest>"
)


def _query(xml: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    deflated = deflater.compress(xml) + deflater.flush()
    return b"SAMLRequest=" + quote(base64.b64encode(deflated), safe="").encode()


SEEDS = [
    _REQUEST,
    b"<AuthnRequest/>",
    _query(_REQUEST) + b"&RelayState=%2Ffolder",
    _query(b"<a>" + b" " * MAX_REQUEST + b"</a>"),
    _query(_REQUEST) + b"&SigAlg=http%3A%2F%2Fwww.w3.org%2F2001%2F04%2F"
    b"xmldsig-more%23rsa-sha256&Signature=AAAA",
]


def one(data: bytes) -> None:
    """Read the bytes in each way that a stranger could have them read."""
    query = data.decode("latin-1")
    _refusable(lambda: decode_redirect(query, keys=()))
    _refusable(lambda: AuthnRequest.parse(unverified_message(query)))
    _refusable(lambda: AuthnRequest.parse(data))
    _refusable(lambda: _by_form(data))


def _by_form(xml: bytes) -> None:
    root = parse_xml(xml, max_length=MAX_REQUEST)
    refuse_repeated_ids(root)
    verify_enveloped(root, ())


def _refusable(read: Callable[[], object]) -> None:
    try:
        read()
    except (InvalidRequest, InvalidDocument, InvalidAssertion):
        return
