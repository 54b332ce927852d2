"""What a principal itself adds to the condition keys of every request.

Source: AWS IAM User Guide, "AWS global condition context keys" and "IAM
policy elements: Variables and tags" (the table of principal values).
"""

from datetime import datetime

from securecart.names.principal import (
    Anonymous,
    Federated,
    FederatedUser,
    IamUser,
    Principal,
    Root,
    Service,
)
from securecart.policy.casing import ascii_lower
from securecart.policy.variables import Context

_TAG = "aws:principaltag/"
# No request may bring these along: they come from who asks and what for.
_OWNED = frozenset(
    {
        "aws:userid",
        "aws:username",
        "aws:principalarn",
        "aws:principalaccount",
        "aws:principaltype",
        "aws:principalisawsservice",
        "aws:principalservicename",
        "aws:sourceidentity",
        "aws:federatedprovider",
        "aws:tokenissuetime",
        "aws:multifactorauthpresent",
        "aws:resourceaccount",
    }
)


def principal_context(principal: Principal) -> dict[str, str | tuple[str, ...]]:
    """Answer the condition keys that this principal brings, in lower case."""
    if isinstance(principal, Federated):
        return {"aws:principalisawsservice": "false"}
    if isinstance(principal, Service):
        return {
            "aws:principalisawsservice": "true",
            "aws:principalservicename": principal.name,
        }
    keys: dict[str, str | tuple[str, ...]] = {
        "aws:principalisawsservice": "false",
        "aws:userid": principal.userid,
    }
    if isinstance(principal, Anonymous):
        return keys | {
            "aws:principaltype": "Anonymous",
            "aws:principalaccount": "anonymous",
        }
    keys |= {"aws:principalaccount": principal.account}
    if isinstance(principal, Root | FederatedUser):
        return keys | {
            "aws:principaltype": (
                "Account" if isinstance(principal, Root) else "FederatedUser"
            ),
            "aws:principalarn": principal.arn,
        }
    keys |= {_TAG + ascii_lower(key): value for key, value in principal.tags}
    if isinstance(principal, IamUser):
        return keys | _of_user(principal)
    present = {
        "aws:principaltype": "AssumedRole",
        # AWS gives the role's ARN here, not the session's.
        "aws:principalarn": principal.role_arn,
        "aws:tokenissuetime": _time(principal.issued_at),
        "aws:sourceidentity": principal.source_identity,
        "aws:federatedprovider": principal.federated_provider,
        "aws:multifactorauthpresent": (
            None
            if principal.mfa_authenticated is None
            else _boolean(principal.mfa_authenticated)
        ),
    }
    return {
        **dict(principal.context),
        **keys,
        **{key: value for key, value in present.items() if value is not None},
    }


def _of_user(user: IamUser) -> dict[str, str]:
    keys = {
        "aws:principaltype": "User",
        "aws:principalarn": user.arn,
        "aws:username": user.name,
    }
    if user.session is None:
        return keys
    return keys | {
        "aws:tokenissuetime": _time(user.session.issued_at),
        "aws:multifactorauthpresent": _boolean(user.session.mfa_authenticated),
    }


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _boolean(value: bool) -> str:  # noqa: FBT001 - the value itself
    return str(value).lower()


def comes_from_the_principal(key: str) -> bool:
    """Whether a condition key, in lower case, is believed of no request."""
    return key in _OWNED or key.startswith(_TAG)


def owned_context(
    principal: Principal, resource_account: str
) -> dict[str, str | tuple[str, ...]]:
    """Answer the keys that are the same in every request of this principal."""
    return {**principal_context(principal), "aws:resourceaccount": resource_account}


def joined_context(request_context: Context, owned: Context) -> Context:
    """Join them; about the principal, only the principal is believed."""
    context = {
        key: value
        for key, value in request_context.items()
        if key not in _OWNED and not key.startswith(_TAG)
    }
    context.update(owned)
    return context


def whole_context(
    principal: Principal, request_context: Context, resource_account: str
) -> Context:
    """Every condition key of one request."""
    return joined_context(request_context, owned_context(principal, resource_account))
