"""Trust that names a user or role means that very one, for its life.

Whoever is made anew under the name of one that was deleted is somebody else.
AWS puts the unique id into the policy in place of the ARN; here the document
stays as it was written, and the ids are kept beside it. What AWS does not do:
a Deny goes on naming the ARN too, whoever bears it.

Source: AWS IAM User Guide, "AWS JSON policy elements: Principal" (role and
user principals: "maps to the unique principal ID").
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from securecart.iam.find import find_role_by_arn, find_user
from securecart.names.entities import EntityReader
from securecart.policy import Effect, Policy, PolicyKind, Statement, parse_policy

Bound = tuple[tuple[str, str], ...]
"""ARNs, each with the unique id that it stood for when the policy was put."""


def bound_principals(store: EntityReader, document: str) -> Bound:
    """Answer the users and roles that a trust policy names and that there are."""
    policy = parse_policy(document, PolicyKind.TRUST)
    named = {
        arn
        for statement in policy.statements
        if statement.principals is not None
        for arn in statement.principals.listed.arns
    }
    return tuple(_found(store, sorted(named)))


def _found(store: EntityReader, arns: list[str]) -> Iterator[tuple[str, str]]:
    for arn in arns:
        role = find_role_by_arn(store, arn)
        if role is not None:
            yield arn, role.role_id
        user = find_user(store, arn.rpartition("/")[2])
        if user is not None and user.arn == arn:
            yield arn, user.user_id


def with_bound_principals(policy: Policy, bound: Bound) -> Policy:
    """Answer the policy that lets in those ids, and not their ARNs."""
    if not bound:
        return policy
    ids = dict(bound)
    statements = tuple(_bound(statement, ids) for statement in policy.statements)
    return replace(policy, statements=statements)


def _bound(statement: Statement, ids: Mapping[str, str]) -> Statement:
    principals = statement.principals
    if principals is None:
        return statement
    listed = principals.listed
    found = listed.arns & ids.keys()
    arns = listed.arns - found if statement.effect is Effect.ALLOW else listed.arns
    both = replace(listed, arns=arns, ids=listed.ids | {ids[arn] for arn in found})
    return replace(statement, principals=replace(principals, listed=both))
