"""The last steps of every assumption: name, trust, and credentials.

Every operation comes through `grant`, so that none can forget one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from securecart.federation.claims import is_session_name
from securecart.iam import Role
from securecart.names.cohort import step
from securecart.names.errors import ValidationError
from securecart.names.session import RoleSession
from securecart.sts.call import Call
from securecart.sts.issuer import packed_policy_percent
from securecart.sts.session_policies import session_policies_in
from securecart.sts.trust import Assumption, require_trust


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a session comes from, as it is kept for the session's life."""

    federated_provider: str | None = None
    context: tuple[tuple[str, str | tuple[str, ...]], ...] = ()
    inherited_tags: tuple[tuple[str, str], ...] = ()
    chained: bool = False
    rests_on: str | None = None


def grant(
    call: Call, role: Role, assumption: Assumption, provenance: Provenance
) -> Callable[[], dict[str, Any]]:
    """Answer what issues credentials for a role, if its trust policy allows it.

    Nothing can be refused any more then: what is used up before credentials
    are issued is not used up in vain.

    Raises:
        ValidationError: if the session name could not stand in `aws:userid`.
        AccessDenied: if the trust policy does not allow it.
        MalformedPolicyDocument, PackedPolicyTooLarge: for session policies.
    """
    checked_session_name(assumption.session_name)
    step()
    require_trust(role, assumption, call.context)
    step()
    policies = session_policies_in(call)
    started = call.now.replace(microsecond=0)
    inherited_keys = tuple(key for key, _ in provenance.inherited_tags)
    session = RoleSession(
        account=role.account,
        role_name=role.name,
        role_path=role.path,
        role_id=role.role_id,
        session_name=assumption.session_name,
        credential_id="",
        issued_at=started,
        expires_at=started + timedelta(seconds=assumption.duration_seconds),
        tags=_overlaid(role.tags, assumption.tags + provenance.inherited_tags),
        transitive_tag_keys=assumption.transitive_tag_keys + inherited_keys,
        source_identity=assumption.source_identity,
        federated_provider=provenance.federated_provider,
        # No role session is authenticated by a device of AWS's own.
        mfa_authenticated=False,
        session_policies=policies.documents,
        session_policy_arns=policies.arns,
        context=provenance.context,
        chained=provenance.chained,
        rests_on=provenance.rests_on or provenance.federated_provider,
    )
    return partial(_issued, call, session, packed_policy_percent(session))


def _issued(call: Call, session: RoleSession, packed: int | None) -> dict[str, Any]:
    step()
    credentials, issued = call.ports.issuer.issue(
        session,
        random=call.random,
        minimum_size=int(call.parameters.get("MinimumSessionTokenSize", 0)),
    )
    result: dict[str, Any] = {
        "Credentials": {
            "AccessKeyId": credentials.access_key_id,
            "SecretAccessKey": credentials.secret_access_key,
            "SessionToken": credentials.session_token,
            "Expiration": credentials.expiration,
        },
        "AssumedRoleUser": {"AssumedRoleId": issued.userid, "Arn": issued.arn},
    }
    if packed is not None:
        result["PackedPolicySize"] = packed
    if issued.source_identity is not None:
        result["SourceIdentity"] = issued.source_identity
    return result


def checked_session_name(name: str) -> str:
    """Answer a session name that AWS takes.

    A folder is called after it: an empty one, or one with a slash in it,
    would open another's.

    Raises:
        ValidationError: for any other.
    """
    if not is_session_name(name):
        raise ValidationError(
            f"1 validation error detected: Value '{name[:64]}' at 'roleSessionName'"
            " failed to satisfy constraint: Member must satisfy regular expression"
            r" pattern: [\w+=,.@-]{2,64}"
        )
    return name


def _overlaid(
    role_tags: tuple[tuple[str, str], ...], session_tags: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    """Join a role's tags and a session's, which go before; case does not count."""
    passed = {key.lower() for key, _ in session_tags}
    kept = tuple(tag for tag in role_tags if tag[0].lower() not in passed)
    return kept + session_tags
