"""IAM: roles, users, providers and policies of the account.

Floor 3, pure. Uses `policy` to read and decide, `federation` to read a SAML
provider's metadata, `sealing` for the secrets of access keys. Storage is the
port `names.entities`; each AWS operation is a function of its snake-cased
name, and `OPERATIONS` finds it by AWS's.
"""

from securecart.iam.account import ADMINISTRATOR, create_administrator
from securecart.iam.authentication import AccessKeys
from securecart.iam.authorizer import Authorizer
from securecart.iam.bound_principals import with_bound_principals
from securecart.iam.call import Call, Change, Result
from securecart.iam.decryption_keys import unsealed_keys
from securecart.iam.entities import (
    ENTITIES,
    AccessKey,
    ManagedPolicy,
    OidcProvider,
    Role,
    SamlProvider,
    User,
)
from securecart.iam.find import (
    find_oidc_provider,
    find_oidc_provider_by_issuer,
    find_policy,
    find_role,
    find_role_by_arn,
    find_saml_provider,
    find_user,
)
from securecart.iam.operations import OPERATIONS, Changing, Operation, Reading
from securecart.iam.service_credentials import service_credentials
from securecart.iam.targets import Target, conditions

__all__ = [
    "ADMINISTRATOR",
    "ENTITIES",
    "OPERATIONS",
    "AccessKey",
    "AccessKeys",
    "Authorizer",
    "Call",
    "Change",
    "Changing",
    "ManagedPolicy",
    "OidcProvider",
    "Operation",
    "Reading",
    "Result",
    "Role",
    "SamlProvider",
    "Target",
    "User",
    "conditions",
    "create_administrator",
    "find_oidc_provider",
    "find_oidc_provider_by_issuer",
    "find_policy",
    "find_role",
    "find_role_by_arn",
    "find_saml_provider",
    "find_user",
    "service_credentials",
    "unsealed_keys",
    "with_bound_principals",
]
