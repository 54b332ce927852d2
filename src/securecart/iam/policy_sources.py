"""Policies by where they come from: a call's own, or those of a principal.

Source: AWS IAM API Reference; each operation is the action of its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from securecart.iam.call import Call, Result
from securecart.iam.entities import Group, Role, User
from securecart.iam.errors import InvalidInput, NoSuchEntity
from securecart.iam.find import find_group, find_policy, find_role, find_user
from securecart.iam.rules import checked_policy
from securecart.policy import PolicyKind, parse_policy
from securecart.policy.casing import ascii_lower
from securecart.policy.simulation import context_keys


@dataclass(frozen=True, slots=True)
class Source:
    """A policy's text under the name that tells where it stands."""

    name: str
    document: str


@dataclass(frozen=True, slots=True)
class Sources:
    """What bears on a user, group or role; a group is nobody and has no `arn`."""

    arn: str | None
    policies: tuple[Source, ...]
    boundary: tuple[Source, ...]
    context: Mapping[str, Any]


def inputs(call: Call, parameter: str) -> tuple[Source, ...]:
    """Answer the policies that a parameter lists.

    Raises:
        InvalidInput: if one is no policy.
    """
    return tuple(
        Source(f"{parameter}.{index}", _checked(document))
        for index, document in enumerate(call.parameters.get(parameter, ()), 1)
    )


def _checked(document: str) -> str:
    return checked_policy(document, PolicyKind.IDENTITY)


def sources_of(call: Call) -> Sources:
    """Answer the policies of whom `PolicySourceArn` names, groups' included.

    Raises:
        NoSuchEntity: if there is no such user, group or role.
    """
    arn = call.text("PolicySourceArn")
    name = arn.rpartition("/")[2]
    if ":" not in arn:
        raise InvalidInput(f"Invalid Entity Arn: {arn[:200]}")
    found = (
        find_user(call.store, name),
        find_role(call.store, name),
        find_group(call.store, name),
    )
    for owner in found:
        if owner is not None and owner.arn == arn:
            return _sources(call, owner)
    raise NoSuchEntity(f"The entity with ARN {arn[:200]} cannot be found.")


def _sources(call: Call, owner: User | Role | Group) -> Sources:
    policies = _own(call, owner)
    if isinstance(owner, Group):
        return Sources(None, policies, (), {})
    if isinstance(owner, User):
        for key in owner.groups:
            group = call.store.get(Group, key)
            policies += () if group is None else _own(call, group)
    unique_id = owner.user_id if isinstance(owner, User) else f"{owner.role_id}:"
    context: dict[str, Any] = {"aws:userid": unique_id}
    for tag, value in owner.tags:
        context[f"aws:principaltag/{ascii_lower(tag)}"] = value
    boundary = () if owner.boundary is None else _managed(call, owner.boundary)
    return Sources(owner.arn, policies, boundary, context)


def _own(call: Call, owner: User | Role | Group) -> tuple[Source, ...]:
    kind = owner.kind.rpartition(".")[2]
    inline = tuple(
        Source(f"{kind}_{owner.name}_{name}", document)
        for name, document in owner.inline_policies.items()
    )
    attached = (_managed(call, arn) for arn in owner.attached_policies)
    return inline + tuple(source for found in attached for source in found)


def _managed(call: Call, arn: str) -> tuple[Source, ...]:
    policy = find_policy(call.store, arn)
    return () if policy is None else (Source(policy.name, policy.document),)


def get_context_keys_for_custom_policy(call: Call) -> Result:
    """Answer the condition keys that the call's policies ask for."""
    return _keys(inputs(call, "PolicyInputList"))


def get_context_keys_for_principal_policy(call: Call) -> Result:
    """Answer the condition keys that a principal's policies, and more, ask for."""
    return _keys((*sources_of(call).policies, *inputs(call, "PolicyInputList")))


def _keys(sources: tuple[Source, ...]) -> Result:
    parsed = (parse_policy(each.document, PolicyKind.IDENTITY) for each in sources)
    keys = dict.fromkeys(key for policy in parsed for key in context_keys(policy))
    return {"ContextKeyNames": list(keys)}
