"""What the provider says of a person to a client."""

from collections.abc import Mapping
from typing import Any

from securecart.serve.idp.employee import Employee

SCOPES = ("openid", "profile", "email")

_TAGS = "https://aws.amazon.com/tags"
_SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"


def person_claims(employee: Employee, scope: str) -> Mapping[str, Any]:
    """Answer the claims that the scopes ask for.

    Source: OpenID Connect Core 1.0, sections 5.1 and 5.4.
    """
    scopes = scope.split()
    claims: dict[str, Any] = {"sub": employee.username}
    if "profile" in scopes:
        claims |= {
            "name": employee.name,
            "given_name": employee.given_name,
            "family_name": employee.family_name,
            "preferred_username": employee.username,
        }
    if "email" in scopes:
        claims |= {"email": employee.email, "email_verified": True}
    return claims


def aws_claims(employee: Employee) -> Mapping[str, Any]:
    """Answer the claims that STS turns into session tags.

    Source: AWS IAM User Guide, "Passing session tags using
    AssumeRoleWithWebIdentity" and "Monitor and control actions taken with
    assumed roles".
    """
    tags = employee.session_tags
    return {
        _TAGS: {
            "principal_tags": {key: [value] for key, value in tags.items()},
            "transitive_tag_keys": list(tags),
        },
        _SOURCE_IDENTITY: employee.username,
    }
