"""The provider's session that one of ours rests on, by the provider's names."""

from dataclasses import dataclass

from securecart.federation.saml import NameId


@dataclass(frozen=True, slots=True)
class ProviderSession:
    """`subject` is what the provider, `issuer`, calls the person.

    `session_id` is OpenID's `sid` or SAML's SessionIndex, None where the
    provider told none. `name_id` is SAML's, whole, to ask for a logout by.
    """

    issuer: str
    subject: str
    session_id: str | None
    name_id: NameId | None = None

    @property
    def unique_id(self) -> str | None:
        """What names this session among all of the provider's."""
        if self.session_id is None or self.name_id is None:
            return self.session_id
        return unique_session_id(self.name_id.value, self.session_id)

    def followed_by(self, later: "ProviderSession") -> "ProviderSession":
        """Answer what a renewed session rests on: a renewal may name nothing."""
        if later.session_id is None and later.subject == self.subject:
            return self
        return later


def unique_session_id(name_id: str, session_index: str) -> str:
    """Answer what names a SAML provider's session.

    An index may be a small number that other people's sessions have too (SAML
    2.0 core, section 2.7.2); only with the name does it name one session.
    """
    return f"{session_index} {name_id}"
