"""What strangers send to the logout address: either message, by either binding.

The mutated bytes are taken as a query string, as a form field, as a message
whose signature held, and as one that the provider signs.
"""

import base64
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import quote

import xmlsec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from securecart.federation.saml import (
    IdpMetadata,
    InvalidRequest,
    LogoutRequest,
    LogoutResponse,
    NameId,
    SigningIdentity,
    build_idp_metadata,
    build_logout_request,
    build_logout_response,
    check_logout_request,
    check_logout_response,
    decode_redirect,
    self_signed_certificate,
    sign_posted,
    unverified_message,
    unverified_posted,
    verify_posted,
)
from securecart.federation.saml.names import PARTIAL_LOGOUT, SUCCESS

_NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_SLO = "https://sp/slo"
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_IDENTITY = SigningIdentity(
    _KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    self_signed_certificate(
        _KEY,
        common_name="idp",
        serial_number=1,
        not_before=_NOW,
        not_after=_NOW + timedelta(days=1),
    ),
)
_METADATA = IdpMetadata.parse(
    build_idp_metadata(
        entity_id="https://idp", sso_address="https://idp/sso", identity=_IDENTITY
    )
)
_REQUEST = build_logout_request(
    issuer="https://idp",
    destination=_SLO,
    name_id=NameId("ada", name_qualifier="idp", sp_name_qualifier="sp"),
    session_indexes=["_s1", "_s2"],
    now=_NOW,
    random=bytes,
).to_xml()
_RESPONSE = build_logout_response(
    issuer="https://idp",
    destination=_SLO,
    in_response_to="_q",
    now=_NOW,
    random=bytes,
    codes=(SUCCESS, PARTIAL_LOGOUT),
).to_xml()


def _query(name: bytes, xml: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    deflated = deflater.compress(xml) + deflater.flush()
    return name + b"=" + quote(base64.b64encode(deflated), safe="").encode()


SEEDS = [
    _REQUEST,
    _RESPONSE,
    base64.b64decode(sign_posted(_REQUEST, _IDENTITY)),
    sign_posted(_RESPONSE, _IDENTITY).encode(),
    _query(b"SAMLRequest", _REQUEST) + b"&RelayState=%2Ffolder",
    _query(b"SAMLResponse", _RESPONSE)
    + b"&SigAlg=http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23rsa-sha256"
    b"&Signature=AAAA",
]


def one(data: bytes) -> None:
    """Read the bytes in each way that a stranger could have them read."""
    text = data.decode("latin-1")
    keys = _METADATA.signing_keys
    _refusable(lambda: decode_redirect(text, keys=keys, message="SAMLResponse"))
    _refusable(lambda: _read(unverified_message(text, "SAMLResponse")))
    _refusable(lambda: _read(unverified_message(text)))
    for form in (text, base64.b64encode(data).decode()):
        _refusable(partial(_form, form))
    _refusable(lambda: _read(data))
    _refusable(lambda: _read(verify_posted(sign_posted(data, _IDENTITY), keys)))


def _form(form: str) -> None:
    _refusable(lambda: _read(unverified_posted(form)))
    if verify_posted(form, _METADATA.signing_keys) not in _GENUINE:
        raise AssertionError("a forgery was believed")


def _read(xml: bytes) -> None:
    if b"LogoutRequest" in xml:
        request = LogoutRequest.parse(xml)
        check_logout_request(request, _METADATA, destination=_SLO, now=_NOW)
    else:
        response = LogoutResponse.parse(xml)
        check_logout_response(
            response, _METADATA, destination=_SLO, request_id="_q", now=_NOW
        )


_GENUINE = {
    verify_posted(sign_posted(xml, _IDENTITY), _METADATA.signing_keys)
    for xml in (_REQUEST, _RESPONSE)
}


def _refusable(read: Callable[[], object]) -> None:
    try:
        read()
    except (InvalidRequest, xmlsec.Error):
        return
