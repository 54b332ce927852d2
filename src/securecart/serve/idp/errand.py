"""What a browser came for, while its person is asked to sign in."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from securecart.names.clock import Random
from securecart.sealing import Keyring, Unsealable
from securecart.serve.idp.parameters import BadRequest

MAX_SEALED = 12_000
"""Characters in an address; servers and browsers take at least 16 kB of it."""

_LIFE = timedelta(minutes=30)
"""A login page left open over a coffee still works."""

_PURPOSE = "idp errand"


class Resume(Enum):
    """Where a browser goes on once its person has signed in."""

    OIDC = "/oidc/resume"
    SAML = "/saml/resume"


@dataclass(frozen=True, slots=True)
class Errand:
    """A verified request of one protocol that waits for a sign-in.

    Sealed, it travels through the login page in the browser's hands, so
    strangers fill no store with it and no address in it can be changed: after
    a sign-in the browser goes to `resume`, which is ours, and nowhere else.
    """

    resume: Resume
    request: str
    asked_at: datetime
    login_hint: str = ""

    def seal(self, keyring: Keyring, random: Random) -> str:
        """Answer the errand as text for an address or a form."""
        document = {
            "resume": self.resume.name,
            "request": self.request,
            "asked_at": self.asked_at.timestamp(),
            "login_hint": self.login_hint,
        }
        return seal_text(keyring, document, purpose=_PURPOSE, random=random)

    @classmethod
    def unseal(cls, sealed: str, keyring: Keyring, *, now: datetime) -> "Errand":
        """Read what `seal` made.

        Raises:
            BadRequest: if it is not ours, or older than half an hour.
        """
        document = unseal_text(keyring, sealed, purpose=_PURPOSE)
        asked_at = datetime.fromtimestamp(document["asked_at"], UTC)
        if now - asked_at > _LIFE:
            raise BadRequest("This sign-in took too long.")
        return cls(
            resume=Resume[document["resume"]],
            request=document["request"],
            asked_at=asked_at,
            login_hint=document["login_hint"],
        )


def seal_text(
    keyring: Keyring, document: object, *, purpose: str, random: Random
) -> str:
    """Seal a JSON document as text for an address or a form."""
    sealed = keyring.seal(json.dumps(document).encode(), purpose=purpose, random=random)
    return base64.urlsafe_b64encode(sealed).decode()


def unseal_text(keyring: Keyring, sealed: str, *, purpose: str) -> dict[str, Any]:
    """Read what `seal_text` made for the same purpose.

    Raises:
        BadRequest: if it is anything else.
    """
    try:
        plain = keyring.unseal(base64.urlsafe_b64decode(sealed), purpose=purpose)
    except (ValueError, Unsealable) as error:
        raise BadRequest("This sign-in cannot be continued.") from error
    document: dict[str, Any] = json.loads(plain)
    return document
