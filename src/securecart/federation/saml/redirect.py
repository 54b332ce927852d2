"""The HTTP-Redirect binding: a message deflated into a signed query string.

Source: SAML 2.0 bindings, section 3.4.4.1. The signature is over the query
string as it was sent, so a reader must not decode and encode it again.
"""

import base64
import binascii
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote, unquote_to_bytes

from cryptography.exceptions import InvalidSignature as BadSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from securecart.federation.saml.authn_request import MAX_REQUEST
from securecart.federation.saml.errors import InvalidRequest
from securecart.federation.saml.names import RSA_SHA256
from securecart.federation.saml.signing import SigningIdentity

MAX_QUERY: Final = 16_384
"""Characters; longer addresses are refused by browsers and servers anyway."""
MAX_RELAY_STATE: Final = 1_024
"""Bytes. The binding allows 80, and real providers send addresses."""

_RAW_DEFLATE: Final = -15
Message = Literal["SAMLRequest", "SAMLResponse"]
"""The parameter that carries the message."""

_MESSAGES: Final = ("SAMLRequest", "SAMLResponse")
_SIGNED_BESIDE: Final = ("RelayState", "SigAlg")
_KNOWN: Final = frozenset({*_MESSAGES, *_SIGNED_BESIDE, "Signature"})


@dataclass(frozen=True, slots=True)
class RedirectMessage:
    """A message whose signature was verified, as XML, and the relay state."""

    xml: bytes
    relay_state: str | None


def encode_redirect(
    xml: bytes,
    *,
    destination: str,
    identity: SigningIdentity,
    relay_state: str | None = None,
    message: Message = "SAMLRequest",
) -> str:
    """Answer the address to send the browser to, with a signed message."""
    deflater = zlib.compressobj(wbits=_RAW_DEFLATE)
    deflated = deflater.compress(xml) + deflater.flush()
    values = {
        message: base64.b64encode(deflated).decode(),
        "RelayState": relay_state,
        "SigAlg": RSA_SHA256,
    }
    signed = "&".join(
        f"{name}={quote(value, safe='')}"
        for name, value in values.items()
        if value is not None
    )
    signature = base64.b64encode(identity.sign(signed.encode())).decode()
    separator = "&" if "?" in destination else "?"
    return f"{destination}{separator}{signed}&Signature={quote(signature, safe='')}"


def decode_redirect(
    query: str, *, keys: Sequence[bytes], message: Message = "SAMLRequest"
) -> RedirectMessage:
    """Verify and read the query string of a signed message.

    `query` is raw, as received. `keys` are the sender's RSA public keys in
    PEM form.

    Raises:
        InvalidRequest: unless every parameter occurs once, one of the keys
            signed them with RSA-SHA256, and the message inflates in bounds.
    """
    raw = _parameters(query, message)
    if raw.get("SigAlg") is None or _text(raw["SigAlg"]) != RSA_SHA256:
        raise InvalidRequest("the message is not signed with RSA-SHA256")
    order = (message, *_SIGNED_BESIDE)
    signed = "&".join(f"{name}={raw[name]}" for name in order if name in raw)
    signature = _decode_base64(raw.get("Signature", ""))
    if not any(_signed_by(key, signature, signed.encode()) for key in keys):
        raise InvalidRequest("the message is not signed by its sender")
    relay_state = _text(raw["RelayState"]) if "RelayState" in raw else None
    if relay_state is not None and len(relay_state.encode()) > MAX_RELAY_STATE:
        raise InvalidRequest(f"RelayState is longer than {MAX_RELAY_STATE} bytes")
    return RedirectMessage(_inflate(_decode_base64(raw[message])), relay_state)


def unverified_message(query: str, message: Message = "SAMLRequest") -> bytes:
    """Read the message before it is known whose keys should have signed it.

    Raises:
        InvalidRequest: if there is no such message.
    """
    return _inflate(_decode_base64(_parameters(query, message)[message]))


def _parameters(query: str, message: Message) -> dict[str, str]:
    if len(query) > MAX_QUERY or not query.isascii():
        raise InvalidRequest(f"the query is longer than {MAX_QUERY} characters")
    found: dict[str, str] = {}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if name in found:
            raise InvalidRequest(f"{name} occurs twice")
        if name in _KNOWN:
            found[name] = value
    # The signature covers one of them; the other would be anybody's.
    if [name for name in _MESSAGES if name in found] != [message]:
        raise InvalidRequest(f"there is no {message}, or another message beside it")
    return found


def _text(raw: str) -> str:
    try:
        return unquote_to_bytes(raw.replace("+", " ")).decode()
    except UnicodeDecodeError:
        raise InvalidRequest("a parameter is not UTF-8") from None


def _decode_base64(raw: str) -> bytes:
    try:
        return base64.b64decode(unquote_to_bytes(raw), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidRequest("a parameter is not base64") from None


def _signed_by(pem: bytes, signature: bytes, signed: bytes) -> bool:
    key = load_pem_public_key(pem)
    if not isinstance(key, RSAPublicKey):
        return False
    try:
        key.verify(signature, signed, PKCS1v15(), SHA256())
    except BadSignature:
        return False
    return True


def _inflate(deflated: bytes) -> bytes:
    inflater = zlib.decompressobj(wbits=_RAW_DEFLATE)
    try:
        xml = inflater.decompress(deflated, MAX_REQUEST)
    except zlib.error:
        raise InvalidRequest("the message is not deflated") from None
    if inflater.unconsumed_tail or not inflater.eof or inflater.unused_data:
        raise InvalidRequest(f"the message is cut off or beyond {MAX_REQUEST} bytes")
    return xml
