"""The words in which AWS refuses.

Source: AWS IAM User Guide, "Troubleshoot access denied error messages";
Amazon S3 User Guide, "Troubleshoot access denied (403 Forbidden) errors";
AWS STS API Reference, errors of AssumeRoleWithSAML and WithWebIdentity.
"""

from securecart.names.principal import Anonymous, Federated
from securecart.policy.request import Answer, Decision, Layer, Request

_EXPLICIT = {
    Layer.IDENTITY: "an identity-based policy",
    Layer.RESOURCE: "a resource-based policy",
    Layer.BOUNDARY: "a permissions boundary",
    Layer.SESSION: "a session policy",
    Layer.TRUST: "the role trust policy",
}
_IMPLICIT = {
    Layer.IDENTITY: "identity-based policy",
    Layer.RESOURCE: "resource-based policy",
    Layer.BOUNDARY: "permissions boundary",
    Layer.SESSION: "session policy",
    Layer.TRUST: "role trust policy",
}


BARE = "Access Denied"
"""All that S3 says to strangers."""


def denial_message(request: Request, answer: Answer) -> str:
    """Say to the caller of S3, KMS, IAM or STS why the request is refused.

    S3 tells callers from outside the account, and those it does not know,
    nothing but `Access Denied`; somebody whom only a provider vouches for is
    told which operation is closed.
    """
    principal, action = request.principal, request.action
    if isinstance(principal, Federated):
        return f"Not authorized to perform {action}"
    if action.startswith("s3:"):
        stranger = principal.account != request.resource_account
        if stranger or isinstance(principal, Anonymous):
            return BARE
    if action == "kms:Decrypt":
        resource = "the resource associated with this ciphertext"
    elif action.startswith("s3:"):
        resource = f'resource: "{request.resource}"'
    else:
        resource = f"resource: {request.resource}"
    return (
        f"User: {principal.arn} is not authorized to perform: {action} "
        f"on {resource} {_reason(action, answer)}"
    )


def _reason(action: str, answer: Answer) -> str:
    layer = answer.layer
    if layer is None:
        raise ValueError("an allowed request has no reason to be refused")
    if layer is Layer.RESOURCE and action == "kms:Decrypt":
        # A ciphertext must not tell strangers whether its key exists.
        return (
            "because the resource does not exist in this Region, no resource-based "
            "policies allow access, or a resource-based policy explicitly denies access"
        )
    if answer.decision is Decision.EXPLICIT_DENY:
        return f"with an explicit deny in {_EXPLICIT[layer]}"
    return f"because no {_IMPLICIT[layer]} allows the {action} action"
