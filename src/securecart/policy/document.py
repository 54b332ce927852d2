"""A policy, once it is read: immutable, compiled, understood wholly."""

from dataclasses import dataclass, field
from enum import Enum

from securecart.names.principal import FederatedUser, IamUser, Principal
from securecart.names.session import RoleSession
from securecart.policy.arn_pattern import ArnPattern, Segments
from securecart.policy.conditions.condition import Condition
from securecart.policy.principals import Grant, PrincipalSet
from securecart.policy.variables import Context
from securecart.policy.wildcard import Glob

_CAN_BE_BOUNDED = (IamUser, RoleSession, FederatedUser)


class PolicyKind(Enum):
    """Where a policy is attached, which says what elements it must have.

    A permissions boundary is an IDENTITY policy by its shape; the policies
    of buckets and of KMS keys are RESOURCE policies.
    """

    IDENTITY = "identity"
    RESOURCE = "resource"
    TRUST = "trust"
    SESSION = "session"


class Effect(Enum):
    """What a statement does to the requests that it matches."""

    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True, slots=True)
class Facts:
    """One request, as statements look at it.

    `action` is in lower case, `resource` cut into segments, and `context`
    holds the principal's own condition keys beside the request's. `bounded`
    says that the principal has a permissions boundary.
    """

    principal: Principal
    bounded: bool
    action: str
    resource: Segments
    context: Context


@dataclass(frozen=True, slots=True)
class Actions:
    """`Action`, or `NotAction` where `excluded`; `texts` as they were written."""

    texts: tuple[str, ...]
    patterns: tuple[Glob, ...]
    excluded: bool
    _exact: frozenset[str] = field(init=False, compare=False, repr=False)
    _wild: tuple[Glob, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        # Most patterns are the name of one action.
        exact = {pattern: pattern.literal for pattern in self.patterns}
        wild = tuple(pattern for pattern, name in exact.items() if name is None)
        names = frozenset(name for name in exact.values() if name is not None)
        object.__setattr__(self, "_exact", names)
        object.__setattr__(self, "_wild", wild)

    def cover(self, action: str) -> bool:
        """Whether the element speaks of an action, given in lower case."""
        if action in self._exact:
            return not self.excluded
        for pattern in self._wild:
            if pattern.matches(action):
                return not self.excluded
        return self.excluded


@dataclass(frozen=True, slots=True)
class Resources:
    """`Resource`, or `NotResource` where `excluded`."""

    patterns: tuple[ArnPattern, ...]
    excluded: bool

    def cover(self, resource: Segments, context: Context) -> bool | None:
        """Whether the element speaks of a resource; None: cannot be decided.

        An entry whose variable is missing matches nothing. Under exclusion
        that would let everything in, so there it stays undecided.
        """
        answers = {pattern.matches(resource, context) for pattern in self.patterns}
        if True in answers:
            return not self.excluded
        return None if self.excluded and None in answers else self.excluded


@dataclass(frozen=True, slots=True)
class Principals:
    """`Principal`, or `NotPrincipal` where `excluded`."""

    listed: PrincipalSet
    excluded: bool

    def grant_to(self, principal: Principal) -> Grant:
        """How an Allow speaks of the principal."""
        if not self.excluded:
            return self.listed.grant_to(principal)
        spared = self.listed.spares_from_allow(principal)
        return Grant.NONE if spared else Grant.DIRECT

    def deny(self, principal: Principal, *, bounded: bool) -> bool:
        """Whether a Deny reaches the principal.

        With `NotPrincipal` AWS denies whoever has a permissions boundary,
        listed or not.
        """
        if self.excluded:
            can_be_bounded = isinstance(principal, _CAN_BE_BOUNDED)
            return (bounded and can_be_bounded) or not self.listed.spares_from_deny(
                principal
            )
        return self.listed.denies(principal)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; elements that its kind of policy lacks are None."""

    sid: str | None
    effect: Effect
    actions: Actions
    resources: Resources | None
    principals: Principals | None
    conditions: tuple[Condition, ...]

    def unmet(self, facts: Facts) -> str | None:
        """Name the first element that does not match; None: all of them do.

        What cannot be decided matches in a Deny and does not in an Allow.
        """
        if not self.actions.cover(facts.action):
            return "NotAction" if self.actions.excluded else "Action"
        return self.unmet_besides_action(facts)

    def unmet_besides_action(self, facts: Facts) -> str | None:
        """As `unmet`, of a statement that is known to speak of the action."""
        denies = self.effect is Effect.DENY
        if self.principals is not None and not (
            self.principals.deny(facts.principal, bounded=facts.bounded)
            if denies
            else self.principals.grant_to(facts.principal)
        ):
            return "NotPrincipal" if self.principals.excluded else "Principal"
        if self.resources is not None:
            covered = self.resources.cover(facts.resource, facts.context)
            if not (denies if covered is None else covered):
                return "NotResource" if self.resources.excluded else "Resource"
        for condition in self.conditions:
            held = condition.holds(facts.context)
            if not (denies if held is None else held):
                return f"Condition {condition.name} {condition.key}"
        return None


Numbered = tuple[tuple[int, Statement], ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document; two are equal when their text and kind are."""

    text: str
    kind: PolicyKind
    statements: tuple[Statement, ...] = field(compare=False, repr=False)
    _allowing: Numbered = field(init=False, compare=False, repr=False)
    _denying: Numbered = field(init=False, compare=False, repr=False)
    _about: "dict[str, Policy]" = field(
        init=False, compare=False, repr=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        for name, effect in (("_allowing", Effect.ALLOW), ("_denying", Effect.DENY)):
            of_effect = tuple(
                (number, statement)
                for number, statement in enumerate(self.statements)
                if statement.effect is effect
            )
            object.__setattr__(self, name, of_effect)

    def about(self, action: str) -> "Policy":
        """The same policy without the statements that do not speak of an action.

        `action` is in lower case. The places of those that are left stay as
        they are. Remembered, for whoever asks about the same few actions again.
        """
        # By the policy itself: equal ones may have been bound to other principals.
        found = self._about.get(action)
        if found is None:
            found = Policy(self.text, self.kind, self.statements)
            for name in ("_allowing", "_denying"):
                numbered: Numbered = getattr(self, name)
                speaking = [each for each in numbered if each[1].actions.cover(action)]
                object.__setattr__(found, name, tuple(speaking))
            self._about[action] = found
        return found

    def of_effect(self, effect: Effect) -> Numbered:
        """The statements that have the effect, and their places from zero."""
        return self._denying if effect is Effect.DENY else self._allowing
