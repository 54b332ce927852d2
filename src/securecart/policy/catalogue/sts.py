"""The actions of AWS STS.

Source: Service Authorization Reference, "Actions, resources, and condition
keys for AWS Security Token Service".
"""

from securecart.policy.catalogue.action import AccessLevel, actions

_READ = AccessLevel.READ
_WRITE = AccessLevel.WRITE
_TAGGING = AccessLevel.TAGGING
_SESSION = "rolesessionname sourceidentity transitivetagkeys"
# Claims of SAML that AWS makes keys of.
_SAML = (
    "saml:aud saml:cn saml:commonname saml:doc saml:eduorghomepageuri "
    "saml:eduorgidentityauthnpolicyuri saml:eduorglegalname saml:eduorgsuperioruri "
    "saml:eduorgwhitepagesuri saml:edupersonaffiliation saml:edupersonassurance "
    "saml:edupersonentitlement saml:edupersonnickname saml:edupersonorgdn "
    "saml:edupersonorgunitdn saml:edupersonprimaryaffiliation "
    "saml:edupersonprimaryorgunitdn saml:edupersonprincipalname "
    "saml:edupersonscopedaffiliation saml:edupersontargetedid saml:givenname "
    "saml:iss saml:mail saml:name saml:namequalifier saml:organizationstatus "
    "saml:primarygroupsid saml:sub saml:sub_type saml:surname saml:uid "
    "saml:x500uniqueidentifier"
)
_OF_RESOURCES = {
    "role": "iam:resourcetag/",
}

ACTIONS = actions(
    "sts",
    _OF_RESOURCES,
    (
        (_READ, "", "", "GetAccessKeyInfo GetCallerIdentity GetSessionToken"),
        (_READ, "", "awsservicename durationseconds", "GetServiceBearerToken"),
        (_WRITE, "", "", "DecodeAuthorizationMessage GetDelegatedAccessToken"),
        (
            _WRITE,
            "",
            "durationseconds identitytokenaudience signingalgorithm",
            "GetWebIdentityToken",
        ),
        (_WRITE, "federated-user", "", "GetFederationToken"),
        (_WRITE, "role", "sourceidentity", "SetSourceIdentity"),
        (_WRITE, "role", f"{_SAML} {_SESSION}", "AssumeRoleWithSAML"),
        (
            _WRITE,
            "role",
            f"{_SESSION} roleauthorizedbyidp",
            "AssumeRoleWithWebIdentity",
        ),
        (
            _WRITE,
            "role",
            f"{_SESSION} saml:namequalifier saml:sub saml:sub_type externalid",
            "AssumeRole",
        ),
        (
            _WRITE,
            "role self-session",
            "requestcontext/ requestcontextproviders",
            "SetContext",
        ),
        (_WRITE, "root-user", "taskpolicyarn", "AssumeRoot"),
        (_TAGGING, "", "", "TagGetWebIdentityToken"),
        (_TAGGING, "role", "saml:aud transitivetagkeys", "TagSession"),
    ),
)
