"""From a line of JSON to the request and the policies that it describes."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import orjson

from securecart.names.arn import Arn, MalformedArn
from securecart.names.principal import IamUser, Principal
from securecart.names.session import RoleSession
from securecart.policy.casing import ascii_lower
from securecart.policy.document import Policy, PolicyKind
from securecart.policy.errors import MalformedPolicyDocument, NotUnderstood
from securecart.policy.json_text import NumberText, decode_json
from securecart.policy.parse import parse_policy
from securecart.policy.request import Layers, Request
from securecart.policy.simulation.errors import MalformedSimulation
from securecart.policy.simulation.principal import read_principal, unknown_keys
from securecart.policy.simulation.simulation import Rule, Simulation
from securecart.policy.variables import Context

_FIELDS: Final = frozenset(
    {
        "principal",
        "action",
        "resource",
        "context",
        "identity_policies",
        "resource_policy",
        "session_policies",
        "permissions_boundaries",
        "principal_account",
        "resource_account",
        "principal_tags",
    }
)
# No wildcards; what only looks like an action is one that no policy allows.
_ACTION: Final = re.compile(r"[^:*?]+:[^:*?]+")
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_ASSUMING: Final = re.compile(r"sts:(?:assumerole.*|tagsession|setsourceidentity)")
_TAG: Final = "aws:principaltag/"

_MOST_POLICIES: Final = 1_000
"""Compiled policies kept: IAM's own quota of roles in an account."""


def read_simulation(text: str) -> Simulation:
    """Read what `securecart policy evaluate` takes as one line.

    The caller bounds the length. Whoever asks is believed on every condition
    key, those of the principal too, as IAM's policy simulator does.

    Raises:
        MalformedSimulation: if anything in it is not understood.
    """
    line = _Line(text)
    account = line.account("principal_account")
    principal = line.principal(account)
    action, resource = line.action(), line.text("resource")
    resource_account, rule = line.resource(resource, action, principal)
    context = line.context()
    principal = _as_told(principal, context)
    session = line.policies("session_policies", PolicyKind.SESSION)
    return Simulation(
        rule,
        Layers(
            identity=line.policies("identity_policies", PolicyKind.IDENTITY),
            session=session or None,
            resource=line.resource_policy(rule),
        ),
        line.policies("permissions_boundaries", PolicyKind.IDENTITY),
        Request(
            principal,
            action,
            resource,
            {},
            resource_account,
            asserted={
                **dict.fromkeys(unknown_keys(principal), ()),
                **({} if resource_account else {"aws:resourceaccount": ()}),
                **context,
            },
        ),
    )


class _Line:
    """The JSON object, field by field; every error names its field."""

    def __init__(self, text: str) -> None:
        try:
            value = decode_json(text)
        except RecursionError:
            raise MalformedSimulation("JSON that is nested too deep") from None
        except ValueError as error:
            raise MalformedSimulation(f"no JSON object: {error}") from error
        if not isinstance(value, dict):
            raise MalformedSimulation("no JSON object")
        for name in value:
            if name not in _FIELDS:
                raise MalformedSimulation(f"{name[:80]!r}: no such field")
        self._value: dict[str, Any] = value

    def text(self, field: str) -> str:
        found = self._value.get(field)
        if not isinstance(found, str):
            problem = "missing" if found is None else "not text"
            raise MalformedSimulation(f"{field}: {problem}")
        return _whole(field, found)

    def account(self, field: str) -> str | None:
        found = self._value.get(field)
        if found is None:
            return None
        digits = _as_text(field, found)
        if not _ACCOUNT.fullmatch(digits):
            raise MalformedSimulation(f"{field}: not the twelve digits of an account")
        return digits

    def principal(self, account: str | None) -> Principal:
        try:
            return read_principal(self.text("principal"), account)
        except NotUnderstood as error:
            raise MalformedSimulation(f"principal: {error}") from error

    def action(self) -> str:
        action = self.text("action")
        if not _ACTION.fullmatch(action):
            raise MalformedSimulation(f"action: {action[:80]!r} is no service:Action")
        return action

    def resource(
        self, resource: str, action: str, principal: Principal
    ) -> tuple[str, Rule]:
        """The account of the resource, and the rule that its kind asks for."""
        given = self.account("resource_account")
        if resource == "*":
            return given or principal.account, Rule.EITHER
        try:
            arn = Arn.parse(resource)
        except MalformedArn as error:
            raise MalformedSimulation(f"resource: {error}") from error
        named = arn.account if _ACCOUNT.fullmatch(arn.account) else None
        return given or named or principal.account, self._rule(arn, ascii_lower(action))

    def _rule(self, arn: Arn, action: str) -> Rule:
        if self._value.get("resource_policy") is None:
            return Rule.EITHER
        kind = (arn.service, arn.resource.partition("/")[0])
        if kind == ("iam", "role") and _ASSUMING.fullmatch(action):
            return Rule.TRUST
        if kind == ("kms", "key") and action.startswith("kms:"):
            return Rule.KEY
        return Rule.EITHER

    def context(self) -> dict[str, str | tuple[str, ...]]:
        """Every condition key given, in lower case; tags of the principal too."""
        return dict(self._tags()) | dict(self._keys())

    def _keys(self) -> Iterator[tuple[str, str | tuple[str, ...]]]:
        for key, value in self._object("context").items():
            field = f"context, {key[:80]!r}"
            if isinstance(value, list):
                yield ascii_lower(key), tuple(_as_text(field, one) for one in value)
            elif value is not None:
                yield ascii_lower(key), _as_text(field, value)

    def _tags(self) -> Iterator[tuple[str, str]]:
        for key, value in self._object("principal_tags").items():
            yield (
                _TAG + ascii_lower(key),
                _as_text(f"principal_tags, {key[:80]!r}", value),
            )

    def _object(self, field: str) -> Mapping[str, Any]:
        found = self._value.get(field)
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise MalformedSimulation(f"{field}: not an object")
        if len({ascii_lower(key) for key in found}) < len(found):
            raise MalformedSimulation(f"{field}: a key is given twice")
        return found

    def policies(self, field: str, kind: PolicyKind) -> tuple[Policy, ...]:
        """The documents of a field, which may be one, several or none."""
        found = self._value.get(field)
        if found is None:
            return ()
        if not isinstance(found, list):
            return (_policy(field, found, kind),)
        return tuple(
            _policy(f"{field}[{index}]", document, kind)
            for index, document in enumerate(found)
        )

    def resource_policy(self, rule: Rule) -> Policy | None:
        found = self._value.get("resource_policy")
        if found is None:
            return None
        kind = PolicyKind.TRUST if rule is Rule.TRUST else PolicyKind.RESOURCE
        return _policy("resource_policy", found, kind)


def _policy(field: str, document: Any, kind: PolicyKind) -> Policy:
    if isinstance(document, dict):
        document = _written(field, document)
    if not isinstance(document, str):
        raise MalformedSimulation(f"{field}: neither a policy document nor its text")
    try:
        return _parsed(document, kind)
    except MalformedPolicyDocument as error:
        raise MalformedSimulation(f"{field}: {error.message}") from error


@lru_cache(_MOST_POLICIES)
def _parsed(document: str, kind: PolicyKind) -> Policy:
    return parse_policy(document, kind)


def _written(field: str, document: dict[str, Any]) -> str:
    """The document's text again, as the compiled are remembered by it."""
    try:
        return orjson.dumps(
            document, default=_number, option=orjson.OPT_PASSTHROUGH_DATACLASS
        ).decode()
    except orjson.JSONEncodeError as error:
        raise MalformedSimulation(f"{field}: {error}") from error


def _number(number: NumberText) -> orjson.Fragment:
    return orjson.Fragment(number.text)


def _as_text(field: str, value: Any) -> str:
    if isinstance(value, str):
        return _whole(field, value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, NumberText):
        return value.text
    raise MalformedSimulation(f"{field}: neither text, number nor truth value")


def _whole(field: str, text: str) -> str:
    """The text itself, if UTF-8 can hold it."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise MalformedSimulation(f"{field}: half a surrogate pair") from None
    return text


def _as_told(principal: Principal, context: Context) -> Principal:
    """Put in what policies may name somebody by and the ARN does not tell."""
    userid = context.get("aws:userid")
    unique_id = userid.partition(":")[0] if isinstance(userid, str) else ""
    if isinstance(principal, IamUser):
        return replace(principal, user_id=unique_id)
    if not isinstance(principal, RoleSession):
        return principal
    return replace(principal, role_id=unique_id, role_path=_path(principal, context))


def _path(session: RoleSession, context: Context) -> str:
    """The role's path, which the role's own ARN tells."""
    arn = context.get("aws:principalarn")
    head, name = f"arn:aws:iam::{session.account}:role", f"/{session.role_name}"
    if isinstance(arn, str) and arn.startswith(f"{head}/") and arn.endswith(name):
        return arn.removeprefix(head).removesuffix(session.role_name)
    return session.role_path
