"""Every operation of IAM that this account knows, by AWS's name.

An operation that is missing here is answered as not implemented: AWS's own
service model knows more of them than setting up needs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from securecart.iam import (
    absent,
    access_keys,
    account_details,
    attachments,
    boundaries,
    groups,
    inline_policies,
    managed_policies,
    oidc_providers,
    policy_sources,
    roles,
    saml_providers,
    simulate,
    tagging,
    targets,
    users,
)
from securecart.iam.call import Call, Change, Result
from securecart.iam.targets import TargetOf


@dataclass(frozen=True, slots=True)
class Reading:
    """An operation that only reads, and what it is authorised against."""

    run: Callable[[Call], Result]
    target: TargetOf


@dataclass(frozen=True, slots=True)
class Changing:
    """An operation that writes, and what it is authorised against."""

    run: Callable[[Change], Result]
    target: TargetOf


Operation = Reading | Changing

_ROLES: Mapping[str, Operation] = {
    "CreateRole": Changing(roles.create_role, targets.role),
    "GetRole": Reading(roles.get_role, targets.role),
    "ListRoles": Reading(roles.list_roles, targets.all_of("role")),
    "UpdateRole": Changing(roles.update_role, targets.role),
    "UpdateRoleDescription": Changing(roles.update_role_description, targets.role),
    "UpdateAssumeRolePolicy": Changing(roles.update_assume_role_policy, targets.role),
    "DeleteRole": Changing(roles.delete_role, targets.role),
    "TagRole": Changing(roles.tag_role, targets.role),
    "UntagRole": Changing(roles.untag_role, targets.role),
    "ListRoleTags": Reading(roles.list_role_tags, targets.role),
    "PutRolePolicy": Changing(inline_policies.put_role_policy, targets.role),
    "GetRolePolicy": Reading(inline_policies.get_role_policy, targets.role),
    "ListRolePolicies": Reading(inline_policies.list_role_policies, targets.role),
    "DeleteRolePolicy": Changing(inline_policies.delete_role_policy, targets.role),
    "AttachRolePolicy": Changing(attachments.attach_role_policy, targets.role),
    "DetachRolePolicy": Changing(attachments.detach_role_policy, targets.role),
    "ListAttachedRolePolicies": Reading(
        attachments.list_attached_role_policies, targets.role
    ),
    "PutRolePermissionsBoundary": Changing(
        boundaries.put_role_permissions_boundary, targets.role
    ),
    "DeleteRolePermissionsBoundary": Changing(
        boundaries.delete_role_permissions_boundary, targets.role
    ),
}

_USERS: Mapping[str, Operation] = {
    "CreateUser": Changing(users.create_user, targets.user),
    "GetUser": Reading(users.get_user, targets.user),
    "ListUsers": Reading(users.list_users, targets.all_of("user")),
    "UpdateUser": Changing(users.update_user, targets.renamed_user),
    "TagUser": Changing(tagging.tag_user, targets.user),
    "UntagUser": Changing(tagging.untag_user, targets.user),
    "ListUserTags": Reading(tagging.list_user_tags, targets.user),
    "DeleteUser": Changing(users.delete_user, targets.user),
    "PutUserPolicy": Changing(inline_policies.put_user_policy, targets.user),
    "GetUserPolicy": Reading(inline_policies.get_user_policy, targets.user),
    "ListUserPolicies": Reading(inline_policies.list_user_policies, targets.user),
    "DeleteUserPolicy": Changing(inline_policies.delete_user_policy, targets.user),
    "AttachUserPolicy": Changing(attachments.attach_user_policy, targets.user),
    "DetachUserPolicy": Changing(attachments.detach_user_policy, targets.user),
    "ListAttachedUserPolicies": Reading(
        attachments.list_attached_user_policies, targets.user
    ),
    "PutUserPermissionsBoundary": Changing(
        boundaries.put_user_permissions_boundary, targets.user
    ),
    "DeleteUserPermissionsBoundary": Changing(
        boundaries.delete_user_permissions_boundary, targets.user
    ),
    "CreateAccessKey": Changing(access_keys.create_access_key, targets.user),
    "ListAccessKeys": Reading(access_keys.list_access_keys, targets.user),
    "UpdateAccessKey": Changing(access_keys.update_access_key, targets.user),
    "DeleteAccessKey": Changing(access_keys.delete_access_key, targets.user),
}

_GROUPS: Mapping[str, Operation] = {
    "CreateGroup": Changing(groups.create_group, targets.group),
    "GetGroup": Reading(groups.get_group, targets.group),
    "ListGroups": Reading(groups.list_groups, targets.all_of("group")),
    "UpdateGroup": Changing(groups.update_group, targets.renamed_group),
    "DeleteGroup": Changing(groups.delete_group, targets.group),
    "AddUserToGroup": Changing(groups.add_user_to_group, targets.group),
    "RemoveUserFromGroup": Changing(groups.remove_user_from_group, targets.group),
    "ListGroupsForUser": Reading(groups.list_groups_for_user, targets.user),
    "PutGroupPolicy": Changing(inline_policies.put_group_policy, targets.group),
    "GetGroupPolicy": Reading(inline_policies.get_group_policy, targets.group),
    "ListGroupPolicies": Reading(inline_policies.list_group_policies, targets.group),
    "DeleteGroupPolicy": Changing(inline_policies.delete_group_policy, targets.group),
    "AttachGroupPolicy": Changing(attachments.attach_group_policy, targets.group),
    "DetachGroupPolicy": Changing(attachments.detach_group_policy, targets.group),
    "ListAttachedGroupPolicies": Reading(
        attachments.list_attached_group_policies, targets.group
    ),
}

_POLICIES: Mapping[str, Operation] = {
    "CreatePolicy": Changing(managed_policies.create_policy, targets.new_policy),
    "GetPolicy": Reading(managed_policies.get_policy, targets.policy),
    "ListPolicies": Reading(managed_policies.list_policies, targets.all_of("policy")),
    "DeletePolicy": Changing(managed_policies.delete_policy, targets.policy),
    "TagPolicy": Changing(tagging.tag_policy, targets.policy),
    "UntagPolicy": Changing(tagging.untag_policy, targets.policy),
    "ListPolicyTags": Reading(tagging.list_policy_tags, targets.policy),
    "CreatePolicyVersion": Changing(
        managed_policies.create_policy_version, targets.policy
    ),
    "GetPolicyVersion": Reading(managed_policies.get_policy_version, targets.policy),
    "ListPolicyVersions": Reading(
        managed_policies.list_policy_versions, targets.policy
    ),
    "SetDefaultPolicyVersion": Changing(
        managed_policies.set_default_policy_version, targets.policy
    ),
    "DeletePolicyVersion": Changing(
        managed_policies.delete_policy_version, targets.policy
    ),
}

_PROVIDERS: Mapping[str, Operation] = {
    "CreateSAMLProvider": Changing(
        saml_providers.create_saml_provider, targets.new_saml_provider
    ),
    "GetSAMLProvider": Reading(saml_providers.get_saml_provider, targets.saml_provider),
    "ListSAMLProviders": Reading(
        saml_providers.list_saml_providers, targets.all_of("saml-provider")
    ),
    "UpdateSAMLProvider": Changing(
        saml_providers.update_saml_provider, targets.saml_provider
    ),
    "DeleteSAMLProvider": Changing(
        saml_providers.delete_saml_provider, targets.saml_provider
    ),
    "TagSAMLProvider": Changing(
        saml_providers.tag_saml_provider, targets.saml_provider
    ),
    "UntagSAMLProvider": Changing(
        saml_providers.untag_saml_provider, targets.saml_provider
    ),
    "ListSAMLProviderTags": Reading(
        saml_providers.list_saml_provider_tags, targets.saml_provider
    ),
    "CreateOpenIDConnectProvider": Changing(
        oidc_providers.create_open_id_connect_provider, targets.new_oidc_provider
    ),
    "GetOpenIDConnectProvider": Reading(
        oidc_providers.get_open_id_connect_provider, targets.oidc_provider
    ),
    "ListOpenIDConnectProviders": Reading(
        oidc_providers.list_open_id_connect_providers, targets.all_of("oidc-provider")
    ),
    "DeleteOpenIDConnectProvider": Changing(
        oidc_providers.delete_open_id_connect_provider, targets.oidc_provider
    ),
    "TagOpenIDConnectProvider": Changing(
        tagging.tag_open_id_connect_provider, targets.oidc_provider
    ),
    "UntagOpenIDConnectProvider": Changing(
        tagging.untag_open_id_connect_provider, targets.oidc_provider
    ),
    "ListOpenIDConnectProviderTags": Reading(
        tagging.list_open_id_connect_provider_tags, targets.oidc_provider
    ),
    "AddClientIDToOpenIDConnectProvider": Changing(
        oidc_providers.add_client_id_to_open_id_connect_provider,
        targets.oidc_provider,
    ),
    "RemoveClientIDFromOpenIDConnectProvider": Changing(
        oidc_providers.remove_client_id_from_open_id_connect_provider,
        targets.oidc_provider,
    ),
    "UpdateOpenIDConnectProviderThumbprint": Changing(
        oidc_providers.update_open_id_connect_provider_thumbprint,
        targets.oidc_provider,
    ),
}

_ACCOUNT: Mapping[str, Operation] = {
    "CreateAccountAlias": Changing(
        account_details.create_account_alias, targets.anything
    ),
    "DeleteAccountAlias": Changing(
        account_details.delete_account_alias, targets.anything
    ),
    "ListAccountAliases": Reading(
        account_details.list_account_aliases, targets.anything
    ),
    "GetAccountSummary": Reading(account_details.get_account_summary, targets.anything),
    "GetAccountAuthorizationDetails": Reading(
        account_details.get_account_authorization_details, targets.anything
    ),
    "GetAccessKeyLastUsed": Reading(
        account_details.get_access_key_last_used, targets.owner_of_key
    ),
    "ListEntitiesForPolicy": Reading(
        account_details.list_entities_for_policy, targets.policy
    ),
    "SimulateCustomPolicy": Reading(simulate.simulate_custom_policy, targets.anything),
    "SimulatePrincipalPolicy": Reading(
        simulate.simulate_principal_policy, targets.named_by("PolicySourceArn")
    ),
    "GetContextKeysForCustomPolicy": Reading(
        policy_sources.get_context_keys_for_custom_policy, targets.anything
    ),
    "GetContextKeysForPrincipalPolicy": Reading(
        policy_sources.get_context_keys_for_principal_policy,
        targets.named_by("PolicySourceArn"),
    ),
}

_ABSENT: Mapping[str, Operation] = {
    name: Reading(run, target) for name, (run, target) in absent.ABSENT.items()
}

OPERATIONS: Mapping[str, Operation] = {
    **_ROLES,
    **_USERS,
    **_GROUPS,
    **_POLICIES,
    **_PROVIDERS,
    **_ACCOUNT,
    **_ABSENT,
}
