"""AWS's claims in a SAML assertion, and what a trust policy may ask of it.

Source: AWS IAM User Guide, "Configure SAML assertions for the authentication
response" and "IAM and AWS STS condition context keys" (SAML).
"""

import base64
import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from securecart.federation.claims.session_claims import (
    RejectedClaim,
    RolePair,
    SessionClaims,
    check_source_identity,
    check_tags,
    is_session_name,
)
from securecart.federation.saml import VerifiedAssertion
from securecart.federation.saml.names import REFEDS_MFA
from securecart.names.arn import Arn, MalformedArn

_AWS: Final = "https://aws.amazon.com/SAML/Attributes/"
_TAG: Final = _AWS + "PrincipalTag:"
MIN_SECONDS: Final = 900
MAX_SECONDS: Final = 43_200
"""AWS STS API Reference, AssumeRoleWithSAML: DurationSeconds."""

_MFA_CONTEXTS: Final = frozenset(
    {
        REFEDS_MFA,
        "http://schemas.microsoft.com/claims/multipleauthn",
        "urn:oasis:names:tc:SAML:2.0:ac:classes:MobileTwoFactorContract",
        "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken",
    }
)
_PROVIDERS: Final = 100
"""IAM's own quota of SAML providers in an account."""
_FORMAT_PREFIX: Final = "urn:oasis:names:tc:SAML:2.0:nameid-format:"
_WS: Final = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
_EDU_PERSON: Final = "urn:oid:1.3.6.1.4.1.5923.1.1.1."
_EDU_ORG: Final = "urn:oid:1.3.6.1.4.1.5923.1.2.1."
_CONTEXT_KEYS: Final[Mapping[str, str]] = {
    _EDU_PERSON + "1": "edupersonaffiliation",
    _EDU_PERSON + "2": "edupersonnickname",
    _EDU_PERSON + "3": "edupersonorgdn",
    _EDU_PERSON + "4": "edupersonorgunitdn",
    _EDU_PERSON + "5": "edupersonprimaryaffiliation",
    _EDU_PERSON + "6": "edupersonprincipalname",
    _EDU_PERSON + "7": "edupersonentitlement",
    _EDU_PERSON + "8": "edupersonprimaryorgunitdn",
    _EDU_PERSON + "9": "edupersonscopedaffiliation",
    _EDU_PERSON + "10": "edupersontargetedid",
    _EDU_PERSON + "11": "edupersonassurance",
    _EDU_ORG + "2": "eduorghomepageuri",
    _EDU_ORG + "3": "eduorgidentityauthnpolicyuri",
    _EDU_ORG + "4": "eduorglegalname",
    _EDU_ORG + "5": "eduorgsuperioruri",
    _EDU_ORG + "6": "eduorgwhitepagesuri",
    "urn:oid:2.5.4.3": "cn",
    _WS + "name": "name",
    _WS + "givenname": "givenname",
    _WS + "surname": "surname",
    _WS + "emailaddress": "mail",
    "http://schemas.xmlsoap.org/claims/CommonName": "commonname",
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid": "uid",
    # The X.500 names stand as AWS's table has them, its misprints included.
    "2.5.4.3": "commonname",
    "2.5.4.4": "surname",
    "2.4.5.42": "givenname",
    "2.5.4.45": "x500uniqueidentifier",
    "0.9.2342.19200300100.1.1": "uid",
    "0.9.2342.19200300100.1.3": "mail",
    "0.9.2342.19200300.100.1.45": "organizationstatus",
}


def aws_session_claims_from_saml(assertion: VerifiedAssertion) -> SessionClaims:
    """Read the session that the identity provider asks for.

    Raises:
        RejectedClaim: if a claim is missing that AWS requires, or breaks a
            rule of AWS's; the message is AWS's where it has one.
    """
    tags, transitive = check_tags(
        (
            (name.removeprefix(_TAG), _single(assertion, name) or "")
            for name in assertion.attributes
            if name.startswith(_TAG)
        ),
        assertion.attributes.get(_AWS + "TransitiveTagKeys", ()),
    )
    source_identity = _single(assertion, _AWS + "SourceIdentity")
    return SessionClaims(
        roles=tuple(
            _role_pair(value) for value in assertion.attributes.get(_AWS + "Role", ())
        ),
        session_name=_session_name(assertion),
        duration_seconds=_duration(assertion),
        tags=tags,
        transitive_tag_keys=transitive,
        source_identity=None
        if source_identity is None
        else check_source_identity(source_identity),
        mfa=assertion.authn_context in _MFA_CONTEXTS,
    )


def saml_session_context(
    assertion: VerifiedAssertion, provider: Arn
) -> tuple[tuple[str, str], ...]:
    """Answer the condition keys that stay with the session."""
    return (
        ("saml:sub", assertion.name_id.value),
        ("saml:sub_type", subject_type(assertion)),
        ("saml:namequalifier", name_qualifier(assertion.issuer, provider)),
    )


def saml_trust_context(
    assertion: VerifiedAssertion, provider: Arn
) -> dict[str, str | tuple[str, ...]]:
    """Answer every condition key that a trust policy may ask, in lower case.

    `saml:aud` is the recipient, not the audience.
    """
    context: dict[str, str | tuple[str, ...]] = {}
    for name, key in _CONTEXT_KEYS.items():
        values = assertion.attributes.get(name, ())
        if values:
            single = values[0] if len(values) == 1 else values
            context.setdefault(f"saml:{key}", single)
    context |= saml_session_context(assertion, provider)
    context["saml:aud"] = assertion.recipient
    context["saml:iss"] = assertion.issuer
    context["saml:doc"] = f"{provider.account}/{_provider_name(provider)}"
    return context


def subject_type(assertion: VerifiedAssertion) -> str:
    """Answer the NameID's format, shortened as AWS does (`persistent` …)."""
    return assertion.name_id.name_format.removeprefix(_FORMAT_PREFIX)


@lru_cache(maxsize=_PROVIDERS)
def name_qualifier(issuer: str, provider: Arn) -> str:
    """Answer the hash that tells apart subjects of different providers."""
    text = f"{issuer}{provider.account}/{_provider_name(provider)}"
    # AWS fixes the algorithm; the value is a name and protects nothing.
    digest = hashlib.sha1(text.encode(), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def _provider_name(provider: Arn) -> str:
    return provider.resource.removeprefix("saml-provider/")


def _single(assertion: VerifiedAssertion, name: str) -> str | None:
    values = assertion.attributes.get(name)
    if values is None:
        return None
    if len(values) != 1:
        raise RejectedClaim(f"{name} must have exactly one value")
    return values[0]


def _session_name(assertion: VerifiedAssertion) -> str:
    name = _single(assertion, _AWS + "RoleSessionName")
    if not name:
        raise RejectedClaim("RoleSessionName is required in AuthnResponse")
    if not is_session_name(name):
        raise RejectedClaim(
            "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"
        )
    return name


def _duration(assertion: VerifiedAssertion) -> int | None:
    text = _single(assertion, _AWS + "SessionDuration")
    if text is None:
        return None
    digits = text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_SECONDS))
    if not digits or not MIN_SECONDS <= int(text) <= MAX_SECONDS:
        raise RejectedClaim(
            f"SessionDuration must be between {MIN_SECONDS} and {MAX_SECONDS}"
        )
    return int(text)


def _role_pair(value: str) -> RolePair:
    """Read `role ARN,provider ARN`, in whichever order they come."""
    try:
        first, second = (Arn.parse(part.strip()) for part in value.split(","))
    except (MalformedArn, ValueError):
        raise RejectedClaim(
            "Role in AuthnResponse must be a role ARN and a provider ARN"
        ) from None
    for role, provider in ((first, second), (second, first)):
        if (
            role.service == provider.service == "iam"
            and role.resource.startswith("role/")
            and provider.resource.startswith("saml-provider/")
        ):
            return RolePair(str(role), str(provider))
    raise RejectedClaim("Role in AuthnResponse must be a role ARN and a provider ARN")
