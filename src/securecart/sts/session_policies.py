"""Session policies: what the caller gives up of the role's permissions.

Source: AWS STS API Reference, Policy and PolicyArns; AWS IAM User Guide,
"IAM and AWS STS quotas".
"""

from dataclasses import dataclass
from typing import Final

from securecart.iam import find_policy
from securecart.names.errors import ValidationError
from securecart.policy import MalformedPolicyDocument, PolicyKind, parse_policy
from securecart.sts.call import Call
from securecart.sts.errors import PackedPolicyTooLarge

MAX_CHARACTERS: Final = 2_048
MAX_ARNS: Final = 10


@dataclass(frozen=True, slots=True)
class SessionPolicies:
    """Documents and ARNs; both empty where the session is not cut at all."""

    documents: tuple[str, ...]
    arns: tuple[str, ...]


def session_policies_in(call: Call) -> SessionPolicies:
    """Read and check the policies of a call.

    Raises:
        MalformedPolicyDocument: if one cannot be understood, or is not there.
        ValidationError, PackedPolicyTooLarge: if there is too much of them.
    """
    document: str | None = call.parameters.get("Policy")
    arns = _arns_in(call)
    if len(arns) > MAX_ARNS:
        raise ValidationError(f"at most {MAX_ARNS} managed session policies")
    if len(document or "") + sum(map(len, arns)) > MAX_CHARACTERS:
        raise PackedPolicyTooLarge(
            f"Session policies are longer than {MAX_CHARACTERS} characters."
        )
    if document is not None:
        parse_policy(document, PolicyKind.SESSION)
    if arns:
        with call.ports.entities.reading() as store:
            missing = [arn for arn in arns if find_policy(store, arn) is None]
        if missing:
            raise MalformedPolicyDocument(f"Policy {missing[0]} does not exist.")
    return SessionPolicies(() if document is None else (document,), arns)


def _arns_in(call: Call) -> tuple[str, ...]:
    members = call.parameters.get("PolicyArns", ())
    for number, member in enumerate(members, 1):
        if "arn" not in member:  # The service model does not require it.
            raise ValidationError(
                f"1 validation error detected: Value null at 'policyArns.{number}"
                ".member.arn' failed to satisfy constraint: Member must not be null"
            )
    return tuple(member["arn"] for member in members)
