"""Key policies: the one place where access to a key begins.

Source: AWS KMS Developer Guide, "Key policies in AWS KMS".
"""

import json
from functools import lru_cache

from securecart.kms.call import Call
from securecart.kms.errors import (
    LimitExceededException,
    MalformedPolicyDocumentException,
)
from securecart.names.principal import Principal
from securecart.policy import (
    Layers,
    MalformedPolicyDocument,
    Policy,
    PolicyKind,
    Request,
    decide_key,
    parse_policy,
)

POLICY_NAME = "default"
MAX_KEY_POLICY = 32_768
"""Quota of a key policy's size in bytes (AWS KMS Developer Guide, "Quotas")."""
_MAX_COMPILED = 1024

_WHATEVER = parse_policy(
    '{"Version":"2012-10-17",'
    '"Statement":{"Effect":"Allow","Action":"kms:*","Resource":"*"}}',
    PolicyKind.IDENTITY,
)


def default_policy(account: str) -> str:
    """The policy of a key made without one: IAM policies decide."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Id": "key-default-1",
            "Statement": [
                {
                    "Sid": "Enable IAM User Permissions",
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                    "Action": "kms:*",
                    "Resource": "*",
                }
            ],
        }
    )


@lru_cache(_MAX_COMPILED)
def compiled(document: str) -> Policy:
    """Answer a key policy, read once."""
    return parse_policy(document, PolicyKind.RESOURCE)


def checked_policy(call: Call, document: str, arn: str) -> str:
    """Answer a key policy if it is one that the caller may put.

    Raises:
        MalformedPolicyDocumentException: if it is not understood wholly, or
            would leave the caller unable to put another one.
        LimitExceededException: if it is too long.
    """
    if len(document.encode()) > MAX_KEY_POLICY:
        raise LimitExceededException(
            f"The key policy is longer than {MAX_KEY_POLICY} bytes"
        )
    try:
        policy = parse_policy(document, PolicyKind.RESOURCE)
    except MalformedPolicyDocument as error:
        raise MalformedPolicyDocumentException(error.message) from error
    for number, statement in enumerate(policy.statements, 1):
        if statement.principals and statement.principals.listed.canonical_users:
            raise MalformedPolicyDocumentException(
                f"Statement {number}: CanonicalUser has a place in bucket policies only"
            )
    careless = call.parameters.get("BypassPolicyLockoutSafetyCheck", False)
    if not careless and not _keeps_control(policy, call.caller, arn, call.account):
        raise MalformedPolicyDocumentException(
            "The new key policy will not allow you to update the key policy in the"
            " future."
        )
    return document


def _keeps_control(policy: Policy, caller: Principal, arn: str, account: str) -> bool:
    layers = Layers(identity=(_WHATEVER,), resource=policy)
    context = {"kms:calleraccount": caller.account}
    request = Request(caller, "kms:PutKeyPolicy", arn, context, account)
    return decide_key(layers, request).allowed
