"""The actions of IAM.

Source: Service Authorization Reference, "Actions, resources, and condition
keys for AWS Identity and Access Management (IAM)".
"""

from securecart.policy.catalogue.action import AccessLevel, actions

_READ = AccessLevel.READ
_LIST = AccessLevel.LIST
_WRITE = AccessLevel.WRITE
_PERMISSIONS = AccessLevel.PERMISSIONS
_TAGGING = AccessLevel.TAGGING
_OF_RESOURCES = {
    "role": "resourcetag/",
    "user": "resourcetag/",
    "delegation-request": "delegationrequestowner",
}

ACTIONS = actions(
    "iam",
    _OF_RESOURCES,
    (
        (
            _READ,
            "",
            "",
            (
                "GenerateCredentialReport GetAccountAuthorizationDetails "
                "GetAccountEmailAddress GetAccountName GetAccountPasswordPolicy "
                "GetCloudFrontPublicKey GetContextKeysForCustomPolicy "
                "GetCredentialReport GetOrganizationsAccessReport "
                "GetOutboundWebIdentityFederationInfo GetServiceLastAccessedDetails "
                "GetServiceLastAccessedDetailsWithEntities SimulateCustomPolicy"
            ),
        ),
        (_READ, "", "accountpropertynamespaces", "GetAccountProperties"),
        (
            _READ,
            "access-report",
            "organizationspolicyid",
            "GenerateOrganizationsAccessReport",
        ),
        (
            _READ,
            "delegation-request",
            "",
            "GetDelegationRequest GetHumanReadableSummary",
        ),
        (_READ, "group", "", "GetGroup GetGroupPolicy"),
        (_READ, "group policy role user", "", "GenerateServiceLastAccessedDetails"),
        (
            _READ,
            "group role user",
            "",
            "GetContextKeysForPrincipalPolicy SimulatePrincipalPolicy",
        ),
        (_READ, "instance-profile", "", "GetInstanceProfile"),
        (_READ, "oidc-provider", "", "GetOpenIDConnectProvider"),
        (_READ, "policy", "", "GetPolicy GetPolicyVersion"),
        (_READ, "role", "", "GetRolePolicy GetServiceLinkedRoleDeletionStatus"),
        (_READ, "role", "permissionsboundary roletemplatearn", "GetRole"),
        (_READ, "role-template", "", "GetRoleTemplateVersion"),
        (_READ, "saml-provider", "", "GetSAMLProvider"),
        (_READ, "server-certificate", "", "GetServerCertificate"),
        (
            _READ,
            "user",
            "",
            "GetAccessKeyLastUsed GetMFADevice GetSSHPublicKey GetUser GetUserPolicy",
        ),
        (
            _LIST,
            "",
            "",
            (
                "GetAccountSummary ListAccountAliases ListCloudFrontPublicKeys "
                "ListGroups ListInstanceProfiles ListOpenIDConnectProviders "
                "ListOrganizationsFeatures ListPolicies ListRoles ListSAMLProviders "
                "ListSTSRegionalEndpointsStatus ListServerCertificates ListUsers "
                "ListVirtualMFADevices"
            ),
        ),
        (_LIST, "", "delegationrequestowner", "ListDelegationRequests"),
        (_LIST, "group", "", "ListAttachedGroupPolicies ListGroupPolicies"),
        (_LIST, "group role user", "", "ListPoliciesGrantingServiceAccess"),
        (_LIST, "instance-profile", "", "ListInstanceProfileTags"),
        (_LIST, "mfa", "", "ListMFADeviceTags"),
        (_LIST, "oidc-provider", "", "ListOpenIDConnectProviderTags"),
        (
            _LIST,
            "policy",
            "",
            "ListEntitiesForPolicy ListPolicyTags ListPolicyVersions",
        ),
        (
            _LIST,
            "role",
            "",
            (
                "ListAttachedRolePolicies ListInstanceProfilesForRole "
                "ListRolePolicies ListRoleTags"
            ),
        ),
        (_LIST, "saml-provider", "", "ListSAMLProviderTags"),
        (_LIST, "server-certificate", "", "ListServerCertificateTags"),
        (
            _LIST,
            "user",
            "",
            (
                "GetLoginProfile ListAccessKeys ListAttachedUserPolicies "
                "ListGroupsForUser ListMFADevices ListSSHPublicKeys "
                "ListServiceSpecificCredentials ListSigningCertificates "
                "ListUserPolicies ListUserTags"
            ),
        ),
        (
            _WRITE,
            "",
            "",
            (
                "CreateAccountAlias DeleteAccountAlias DeleteCloudFrontPublicKey "
                "DisableOrganizationsRootCredentialsManagement "
                "DisableOrganizationsRootSessions "
                "DisableOutboundWebIdentityFederation "
                "EnableOrganizationsRootCredentialsManagement "
                "EnableOrganizationsRootSessions EnableOutboundWebIdentityFederation "
                "SetSTSRegionalEndpointStatus SetSecurityTokenServicePreferences "
                "UpdateAccountEmailAddress UpdateAccountName "
                "UpdateAccountPasswordPolicy UpdateCloudFrontPublicKey "
                "UploadCloudFrontPublicKey"
            ),
        ),
        (_WRITE, "", "accountpropertynamespaces", "PutAccountProperties"),
        (
            _WRITE,
            "delegation-request",
            "",
            (
                "AcceptDelegationRequest AssociateDelegationRequest "
                "RejectDelegationRequest SendDelegationToken UpdateDelegationRequest"
            ),
        ),
        (
            _WRITE,
            "delegation-request",
            "delegationduration notificationchannel templatearn",
            "CreateDelegationRequest",
        ),
        (
            _WRITE,
            "group",
            "",
            "AddUserToGroup CreateGroup DeleteGroup RemoveUserFromGroup UpdateGroup",
        ),
        (
            _WRITE,
            "instance-profile",
            "",
            (
                "AddRoleToInstanceProfile CreateInstanceProfile "
                "DeleteInstanceProfile RemoveRoleFromInstanceProfile"
            ),
        ),
        (_WRITE, "mfa", "", "CreateVirtualMFADevice"),
        (_WRITE, "mfa sms-mfa", "", "DeleteVirtualMFADevice"),
        (
            _WRITE,
            "oidc-provider",
            "",
            (
                "AddClientIDToOpenIDConnectProvider CreateOpenIDConnectProvider "
                "DeleteOpenIDConnectProvider RemoveClientIDFromOpenIDConnectProvider "
                "UpdateOpenIDConnectProviderThumbprint"
            ),
        ),
        (_WRITE, "role", "", "DeleteServiceLinkedRole"),
        (_WRITE, "role role-template", "roletemplatearn", "AcquireRole"),
        (_WRITE, "role", "awsservicename", "CreateServiceLinkedRole"),
        (
            _WRITE,
            "role",
            "permissionsboundary",
            "DeleteRole UpdateRole UpdateRoleDescription",
        ),
        (_WRITE, "role", "permissionsboundary roletemplatearn", "CreateRole"),
        (_WRITE, "role", "associatedresourcearn passedtoservice", "PassRole"),
        (
            _WRITE,
            "saml-provider",
            "",
            "CreateSAMLProvider DeleteSAMLProvider UpdateSAMLProvider",
        ),
        (
            _WRITE,
            "server-certificate",
            "",
            "DeleteServerCertificate UpdateServerCertificate UploadServerCertificate",
        ),
        (
            _WRITE,
            "user",
            "",
            (
                "ChangePassword CreateAccessKey CreateLoginProfile "
                "DeactivateMFADevice DeleteAccessKey DeleteLoginProfile "
                "DeleteSSHPublicKey DeleteSigningCertificate DeleteUser "
                "ResyncMFADevice UpdateAccessKey UpdateLoginProfile "
                "UpdateSSHPublicKey UpdateSigningCertificate UpdateUser "
                "UploadSSHPublicKey UploadSigningCertificate"
            ),
        ),
        (_WRITE, "user", "permissionsboundary", "CreateUser"),
        (
            _WRITE,
            "user",
            "servicespecificcredentialservicename",
            (
                "DeleteServiceSpecificCredential ResetServiceSpecificCredential "
                "UpdateServiceSpecificCredential"
            ),
        ),
        (
            _WRITE,
            "user",
            "servicespecificcredentialagedays servicespecificcredentialservicename",
            "CreateServiceSpecificCredential",
        ),
        (
            _WRITE,
            "user",
            (
                "fido-certification fido-fips-140-2-certification "
                "fido-fips-140-3-certification registersecuritykey"
            ),
            "EnableMFADevice",
        ),
        (_PERMISSIONS, "", "", "DeleteAccountPasswordPolicy"),
        (_PERMISSIONS, "group", "", "DeleteGroupPolicy PutGroupPolicy"),
        (_PERMISSIONS, "group", "policyarn", "AttachGroupPolicy DetachGroupPolicy"),
        (
            _PERMISSIONS,
            "policy",
            "",
            (
                "CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion "
                "SetDefaultPolicyVersion"
            ),
        ),
        (
            _PERMISSIONS,
            "role",
            "permissionsboundary",
            "DeleteRolePermissionsBoundary DeleteRolePolicy UpdateAssumeRolePolicy",
        ),
        (_PERMISSIONS, "role", "permissionsboundary policyarn", "DetachRolePolicy"),
        (
            _PERMISSIONS,
            "role",
            "permissionsboundary roletemplatearn",
            "PutRolePermissionsBoundary PutRolePolicy",
        ),
        (
            _PERMISSIONS,
            "role",
            "permissionsboundary policyarn roletemplatearn",
            "AttachRolePolicy",
        ),
        (
            _PERMISSIONS,
            "user",
            "permissionsboundary",
            (
                "DeleteUserPermissionsBoundary DeleteUserPolicy "
                "PutUserPermissionsBoundary PutUserPolicy"
            ),
        ),
        (
            _PERMISSIONS,
            "user",
            "permissionsboundary policyarn",
            "AttachUserPolicy DetachUserPolicy",
        ),
        (_TAGGING, "instance-profile", "", "TagInstanceProfile UntagInstanceProfile"),
        (_TAGGING, "mfa", "", "TagMFADevice UntagMFADevice"),
        (
            _TAGGING,
            "oidc-provider",
            "",
            "TagOpenIDConnectProvider UntagOpenIDConnectProvider",
        ),
        (_TAGGING, "policy", "", "TagPolicy UntagPolicy"),
        (_TAGGING, "role", "", "UntagRole"),
        (_TAGGING, "role", "roletemplatearn", "TagRole"),
        (_TAGGING, "saml-provider", "", "TagSAMLProvider UntagSAMLProvider"),
        (
            _TAGGING,
            "server-certificate",
            "",
            "TagServerCertificate UntagServerCertificate",
        ),
        (_TAGGING, "user", "", "TagUser UntagUser"),
    ),
)
