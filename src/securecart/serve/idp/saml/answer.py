"""What the SAML assertion says of a person who signed in."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from securecart.federation.saml import Answer, NameId, new_id
from securecart.federation.saml.names import PERSISTENT
from securecart.names.clock import Random
from securecart.serve.idp.employee import Employee
from securecart.serve.idp.identity_provider import SignedIn
from securecart.serve.idp.options import IdpOptions

AWS_ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"

_LIFE = timedelta(minutes=5)
"""STS redeems an assertion within five minutes of its issue."""

_CLOCK_SKEW = timedelta(minutes=1)


def answer_for(
    signed_in: SignedIn,
    options: IdpOptions,
    *,
    request_id: str | None,
    context: str,
    random: Random,
    now: datetime,
) -> Answer:
    """Answer what the response to that request says, ready to be signed."""
    session = signed_in.session
    return Answer(
        response_id=new_id(random),
        assertion_id=new_id(random),
        issuer=options.saml_entity_id,
        recipient=options.service_provider.acs_url,
        audience=options.service_provider.entity_id,
        in_response_to=request_id,
        name_id=NameId(value=session.username, name_format=PERSISTENT),
        issued_at=now,
        not_before=now - _CLOCK_SKEW,
        not_on_or_after=now + _LIFE,
        authn_instant=session.auth_time,
        session_index=session.session_id,
        session_not_on_or_after=session.expires_at,
        authn_context=context,
        attributes={
            **aws_attributes(signed_in.employee, options),
            "displayName": [signed_in.employee.name],
            "mail": [signed_in.employee.email],
        },
    )


def aws_attributes(
    employee: Employee, options: IdpOptions
) -> Mapping[str, Sequence[str]]:
    """Answer the attributes that AWS reads.

    Source: AWS IAM User Guide, "Configure SAML assertions for the
    authentication response".
    """
    tags = employee.session_tags
    named: dict[str, Sequence[str]] = {
        "Role": [f"{options.role_arn},{options.saml_provider_arn}"],
        "RoleSessionName": [employee.username],
        "SessionDuration": [str(options.session_seconds)],
        "SourceIdentity": [employee.username],
        "TransitiveTagKeys": list(tags),
    }
    named |= {f"PrincipalTag:{key}": [value] for key, value in tags.items()}
    return {AWS_ATTRIBUTES + name: values for name, values in named.items()}
