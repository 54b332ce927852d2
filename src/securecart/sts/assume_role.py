"""AssumeRole, by a user or by a session that takes another role.

Source: AWS STS API Reference, "AssumeRole"; AWS IAM User Guide, "Roles terms
and concepts" (role chaining) and "Pass session tags in AWS STS".
"""

from typing import Final

from securecart.federation.claims import (
    ContradictingTags,
    RejectedClaim,
    check_source_identity,
    check_tags,
)
from securecart.iam import find_role_by_arn
from securecart.names.errors import AccessDenied, ValidationError
from securecart.names.principal import IamUser
from securecart.names.session import RoleSession
from securecart.policy import Request
from securecart.sts.call import Call, Result
from securecart.sts.duration import asked_seconds, require_within
from securecart.sts.errors import InvalidParameterValue
from securecart.sts.grant import Provenance, grant
from securecart.sts.mfa_device import refuse_mfa_device
from securecart.sts.trust import Assumption, trusted_by_nobody

_ACTION: Final = "sts:AssumeRole"


def assume_role(call: Call) -> Result:
    """Answer credentials for another role, if it trusts the caller.

    Raises:
        AccessDenied: if it does not, or is not there; or for an MFA device,
            since no user has one here.
        ValidationError, InvalidParameterValue: if a parameter is out of bounds,
            or would change what the chain has fixed.
    """
    caller = call.caller
    if not isinstance(caller, IamUser | RoleSession):
        raise AccessDenied("Roles may not be assumed by root accounts.")
    _refuse_what_is_not_taken(call)
    # All that does not depend on the role comes first: role names are not told.
    chained = isinstance(caller, RoleSession)
    seconds = asked_seconds(call.parameters, chained=chained)
    inherited = _inherited_tags(caller)
    tags, transitive = _asked_tags(call, inherited)
    source_identity = _source_identity(call, caller)
    role_arn = str(call.parameters["RoleArn"])
    with call.ports.entities.reading() as store:
        role = find_role_by_arn(store, role_arn)
    if role is None:
        layers = call.ports.policies.layers_for(caller)
        request = Request(caller, _ACTION, role_arn, call.context, call.account)
        raise trusted_by_nobody(request, layers)
    rests_on = (
        caller.rests_on if isinstance(caller, RoleSession) else caller.access_key_id
    )
    issue = grant(
        call,
        role,
        Assumption(
            action=_ACTION,
            principal=caller,
            layers=call.ports.policies.layers_for(caller),
            session_name=str(call.parameters["RoleSessionName"]),
            duration_seconds=seconds,
            tags=tags,
            transitive_tag_keys=transitive,
            inherited=bool(inherited),
            source_identity=source_identity,
            external_id=call.parameters.get("ExternalId"),
            claims={},
        ),
        Provenance(
            inherited_tags=inherited,
            chained=chained,
            rests_on=rests_on,
        ),
    )
    require_within(seconds, role.max_session_duration)
    return issue()


def _refuse_what_is_not_taken(call: Call) -> None:
    refuse_mfa_device(call.parameters)
    if "ProvidedContexts" in call.parameters:
        # AWS documents no error for those of a provider that it does not know.
        raise ValidationError("ProvidedContexts: there is no context provider here.")


def _inherited_tags(caller: IamUser | RoleSession) -> tuple[tuple[str, str], ...]:
    if not isinstance(caller, RoleSession):
        return ()
    keys = {key.lower() for key in caller.transitive_tag_keys}
    return tuple(tag for tag in caller.tags if tag[0].lower() in keys)


def _asked_tags(
    call: Call, inherited: tuple[tuple[str, str], ...]
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    asked = tuple((tag["Key"], tag["Value"]) for tag in call.parameters.get("Tags", ()))
    transitive = tuple(call.parameters.get("TransitiveTagKeys", ()))
    fixed = {key.lower() for key, _ in inherited}
    if any(key.lower() in fixed for key, _ in asked):
        raise InvalidParameterValue(
            "One of the specified transitive tag keys can't be set because it"
            " conflicts with a transitive tag key from the calling session."
        )
    try:
        # Together, for the limit counts both. (Whether AWS's does, it does not say.)
        check_tags(asked + inherited, ())
        return check_tags(asked, transitive)
    except ContradictingTags as error:
        raise InvalidParameterValue(str(error)) from None
    except RejectedClaim as error:
        raise ValidationError(str(error)) from None


def _source_identity(call: Call, caller: IamUser | RoleSession) -> str | None:
    asked: str | None = call.parameters.get("SourceIdentity")
    fixed = caller.source_identity if isinstance(caller, RoleSession) else None
    if asked is None:
        return fixed
    if fixed is not None and asked != fixed:
        raise ValidationError("SourceIdentity cannot be changed during a session.")
    try:
        return check_source_identity(asked)
    except RejectedClaim as error:
        raise ValidationError(str(error)) from None
