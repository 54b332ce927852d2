"""AWS's claims in an ID token, and what a trust policy may ask of it.

Source: AWS IAM User Guide, "Pass session tags in AWS STS" (tags with
AssumeRoleWithWebIdentity), "Available keys for AWS OIDC federation" and
"Cross-service AWS OIDC federation context keys".
"""

from collections.abc import Iterator
from typing import Any, Final

from securecart.federation.claims.session_claims import (
    RejectedClaim,
    SessionClaims,
    check_source_identity,
    check_tags,
)
from securecart.federation.oidc import VerifiedIdToken

_TAGS: Final = "https://aws.amazon.com/tags"
_FLAT_TAG: Final = _TAGS + "/principal_tags/"
_FLAT_TRANSITIVE: Final = _TAGS + "/transitive_tag_keys"
_SOURCE_IDENTITY: Final = "https://aws.amazon.com/source_identity"
_TEXT: Final = frozenset({str})
_MFA: Final = "mfa"
"""RFC 8176, section 2: more than one factor was used."""


def aws_session_claims_from_oidc(token: VerifiedIdToken) -> SessionClaims:
    """Read the session that the identity provider asks for.

    Raises:
        RejectedClaim: if a claim breaks a rule of AWS's.
    """
    nested = token.claims.get(_TAGS, {})
    if not isinstance(nested, dict):
        raise RejectedClaim(f"{_TAGS} is no JSON object")
    tags, transitive = check_tags(
        (*_nested_tags(nested), *_flat_tags(token)),
        (
            *_texts(nested.get("transitive_tag_keys", [])),
            *_texts(token.claims.get(_FLAT_TRANSITIVE, [])),
        ),
    )
    source_identity = token.claims.get(_SOURCE_IDENTITY)
    if not isinstance(source_identity, str | None):
        raise RejectedClaim(f"{_SOURCE_IDENTITY} is no text")
    return SessionClaims(
        tags=tags,
        transitive_tag_keys=transitive,
        source_identity=None
        if source_identity is None
        else check_source_identity(source_identity),
        mfa=_MFA in token.amr,
    )


def oidc_session_context(
    token: VerifiedIdToken,
) -> tuple[tuple[str, str | tuple[str, ...]], ...]:
    """Answer the condition keys that stay with the session: `aud`, `sub`, `amr`."""
    prefix = _prefix(token)
    keys = ((f"{prefix}:aud", token.client_id), (f"{prefix}:sub", token.subject))
    return (*keys, (f"{prefix}:amr", token.amr)) if token.amr else keys


def oidc_trust_context(token: VerifiedIdToken) -> dict[str, str | tuple[str, ...]]:
    """Answer every condition key that a trust policy may ask, in lower case.

    `<issuer>:aud` is the authorized party where the token has one, and
    `<issuer>:oaud` the audience itself. (AWS documents `oaud` for Google alone.)
    """
    prefix = _prefix(token)
    context = dict(oidc_session_context(token))
    if len(token.audiences) == 1:
        context[f"{prefix}:oaud"] = token.audiences[0]
    else:
        context[f"{prefix}:oaud"] = token.audiences
    if token.authorized_party is not None:
        context[f"{prefix}:azp"] = token.authorized_party
    return context


def _prefix(token: VerifiedIdToken) -> str:
    return token.issuer.partition("://")[2].lower()


def _nested_tags(nested: dict[str, Any]) -> Iterator[tuple[str, str]]:
    principal_tags = nested.get("principal_tags", {})
    if not isinstance(principal_tags, dict):
        raise RejectedClaim("principal_tags is no JSON object")
    for key, values in principal_tags.items():
        yield key, _one_value(key, values)


def _flat_tags(token: VerifiedIdToken) -> Iterator[tuple[str, str]]:
    for name, value in token.claims.items():
        if name.startswith(_FLAT_TAG):
            key = name.removeprefix(_FLAT_TAG)
            yield key, value if isinstance(value, str) else _one_value(key, value)


def _one_value(key: str, values: Any) -> str:
    texts = _texts(values)
    if len(texts) != 1:
        raise RejectedClaim(f"session tag {key[:128]} must have exactly one value")
    return texts[0]


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list) or not {type(text) for text in value} <= _TEXT:
        raise RejectedClaim("a claim about session tags is no list of texts")
    return value
