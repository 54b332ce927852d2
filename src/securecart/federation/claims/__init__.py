"""What an identity provider asks AWS for: role, session name, tags, identity.

Read from verified assertions and ID tokens alone; AWS's names, limits and
words.
"""

from securecart.federation.claims.oidc import (
    aws_session_claims_from_oidc,
    oidc_session_context,
    oidc_trust_context,
)
from securecart.federation.claims.saml import (
    aws_session_claims_from_saml,
    name_qualifier,
    saml_session_context,
    saml_trust_context,
    subject_type,
)
from securecart.federation.claims.session_claims import (
    ContradictingTags,
    RejectedClaim,
    RolePair,
    SessionClaims,
    check_source_identity,
    check_tags,
    is_session_name,
)

__all__ = [
    "ContradictingTags",
    "RejectedClaim",
    "RolePair",
    "SessionClaims",
    "aws_session_claims_from_oidc",
    "aws_session_claims_from_saml",
    "check_source_identity",
    "check_tags",
    "is_session_name",
    "name_qualifier",
    "oidc_session_context",
    "oidc_trust_context",
    "saml_session_context",
    "saml_trust_context",
    "subject_type",
]
