"""What a refusal tells an administrator, sealed for the way by the caller.

The document is AWS's. It holds no more than the audit's explanation: which
statements denied, and the condition keys that policies name, with the values
that the request had. Of a matched statement the action and resource are the
request's, since no more of a policy is told.

Every message has the same length. What a caller chooses is compressed beside
what a policy says, and a length that told of the two together would let
callers guess the policy letter by letter, as CRIME did with cookies.

Source: AWS STS API Reference, "DecodeAuthorizationMessage".
"""

import base64
import binascii
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, Final

import orjson

from securecart.names.clock import Random
from securecart.names.errors import SecureCartError
from securecart.names.principal import IamUser, Principal
from securecart.policy import Decision, Explanation
from securecart.policy.casing import ascii_lower
from securecart.sealing import Keyring, Unsealable

MAX_ENCODED: Final = 10_240
"""Characters: AWS's limit of the parameter EncodedMessage."""
_LENGTH: Final = 1_024
"""Bytes that are sealed, 1,410 characters once encoded: AWS's own are as long,
and a head of 8 kB or a line of a terminal window still has room."""
_PURPOSE: Final = "sts authorization message, version 1"
_CUTS: Final = ((50, 1_024), (12, 256), (4, 128), (0, 64))
"""Members of a list and characters of a text that are kept: as many as fit."""


class InvalidMessage(SecureCartError):
    """The text is no message that was encoded here."""


class AuthorizationMessages:
    """Encodes explanations of refusals, and decodes them; shared by threads."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def encode(self, explanation: Explanation, *, random: Random) -> str:
        """Answer a message of letters that need no escaping anywhere."""
        packed = _packed(explanation).ljust(_LENGTH, b"\0")
        sealed = self._keyring.seal(packed, purpose=_PURPOSE, random=random)
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def decode(self, message: str) -> str:
        """Answer the JSON document of a message.

        Raises:
            InvalidMessage: unless it was encoded here.
        """
        if len(message) > MAX_ENCODED:
            raise InvalidMessage("longer than any message")
        try:
            sealed = base64.b64decode(
                message + "=" * (-len(message) % 4), altchars=b"-_", validate=True
            )
            packed = self._keyring.unseal(sealed, purpose=_PURPOSE)
        except (binascii.Error, ValueError, Unsealable):
            raise InvalidMessage("not encoded here") from None
        # What follows the end of the stream is padding.
        return zlib.decompressobj().decompress(packed).decode()


def _packed(explanation: Explanation) -> bytes:
    for members, characters in _CUTS:
        document = _cut(_document(explanation), members, characters)
        packed = zlib.compress(orjson.dumps(document), zlib.Z_BEST_COMPRESSION)
        if len(packed) <= _LENGTH:
            return packed
    raise ValueError("not even the least of it fits")


def _document(explanation: Explanation) -> dict[str, Any]:
    answer, request = explanation.answer, explanation.request
    explicit = answer.decision is Decision.EXPLICIT_DENY
    return {
        "allowed": answer.allowed,
        "explicitDeny": explicit,
        "matchedStatements": _items(_matched(explanation) if explicit else ()),
        "failures": _items(()),
        "context": {
            "principal": _principal(request.principal),
            "action": request.action,
            "resource": request.resource,
            "conditions": _items(_conditions(explanation)),
        },
    }


def _principal(principal: Principal) -> dict[str, str]:
    # AWS gives a name to users alone; a session's is in its id.
    named = {"name": principal.name} if isinstance(principal, IamUser) else {}
    return {"id": principal.userid, **named, "arn": principal.arn}


def _matched(explanation: Explanation) -> Iterator[dict[str, Any]]:
    request = explanation.request
    for found in explanation.deciding:
        yield {
            "statementId": found.ref.sid or "",
            "effect": found.effect.name,
            "principals": _items([{"value": request.principal.userid}]),
            "principalGroups": _items(()),
            "actions": _items([{"value": request.action}]),
            "resources": _items([{"value": request.resource}]),
            "conditions": _items(
                _condition(found_condition.key, found_condition.actual)
                for found_condition in found.conditions
            ),
        }


def _conditions(explanation: Explanation) -> Iterator[dict[str, Any]]:
    """The keys that policies name, which the request has; each once."""
    told = set[str]()
    for layer in explanation.layers:
        for statement in layer.near:
            for found in statement.conditions:
                key = ascii_lower(found.key)
                if found.actual and key not in told:
                    told.add(key)
                    yield _condition(found.key, found.actual)


def _condition(key: str, values: Iterable[str]) -> dict[str, Any]:
    return {"key": key, "values": _items({"value": value} for value in values)}


def _items(members: Iterable[Any]) -> dict[str, list[Any]]:
    return {"items": list(members)}


def _cut(value: Any, members: int, characters: int) -> Any:
    if isinstance(value, dict):
        return {name: _cut(each, members, characters) for name, each in value.items()}
    if isinstance(value, list):
        return [_cut(each, members, characters) for each in value[:members]]
    if isinstance(value, str) and len(value) > characters:
        return value[: characters - 1] + "…"
    return value
