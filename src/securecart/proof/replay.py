"""Trying a suspicion out: real values, real requests, the real engine.

Everything that was left open is given a value, from a bounded number of
those that could matter: the ones that the search read, those that the
policies mention, and a few plain ones.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain, combinations, islice, product
from typing import Final

from securecart.names.principal import Principal
from securecart.names.session import RoleSession
from securecart.policy import (
    Answer,
    Layers,
    Policy,
    Request,
    decide,
    decide_key,
    decide_trust,
)
from securecart.policy.casing import ascii_lower
from securecart.policy.conditions.condition import Comparison, Condition
from securecart.policy.variables import read_pieces
from securecart.proof.conditions import variables_in
from securecart.proof.counterexample import Counterexample, SignIn
from securecart.proof.decide import openings
from securecart.proof.deployment import OWN_ID, Deployment
from securecart.proof.document import PREFIX
from securecart.proof.principals import Asker, Session, VouchedFor, role_session
from securecart.proof.targets import Harm, Surroundings, Target
from securecart.proof.variables import (
    ABSENT,
    Alternatives,
    Attribute,
    Letters,
    Symbols,
    attributes_in,
    constant,
    spell,
    substituted,
    text_of,
)
from securecart.proof.wildcard import Run, Search

_Value = str | tuple[str, ...]
_NOW: Final = datetime(2025, 1, 1, 12, tzinfo=UTC)
_DOCUMENT: Final = "report.pdf"
_PLAIN_NAMES: Final = (
    ("alice", "bob"),
    ("john", "johnny"),
    ("johnny", "john"),
    ("bob", "BOB"),
)
_MOST_PEOPLE: Final = 300
"""Pairs of people that one suspicion is tried with."""
_MOST_SESSIONS: Final = 16
"""Ways to choose which tags a session has."""
_LEAST_NAME: Final = 2
_MOST_NAME: Final = 64
"""AWS STS API Reference, "AssumeRole": characters of a RoleSessionName."""
_MOST_CONTEXTS: Final = 1000
"""Sets of condition keys that one request is tried with."""
_OTHER: Final = "other"
_TAG: Final = "aws:principaltag/"
_REQUEST_TAG: Final = "aws:requesttag/"
# What an everyday request has; each can be otherwise.
_USUAL: Final[dict[str, _Value]] = {
    "aws:currenttime": "2025-01-01T12:00:00Z",
    "aws:epochtime": "1735732800",
    "aws:securetransport": "true",
    "aws:sourceip": "203.0.113.5",
    "aws:viaawsservice": "false",
}
# No request brings these: they come from the principal.
_OF_THE_PRINCIPAL: Final = frozenset(
    {
        "aws:federatedprovider",
        "aws:multifactorauthpresent",
        "aws:resourceaccount",
        "aws:sourceidentity",
        "aws:tokenissuetime",
        "aws:userid",
        "aws:username",
        "sts:sourceidentity",
        "aws:tagkeys",
    }
)
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}")
_VARIABLE: Final = re.compile(r"\$\{([^},]*)[^}]*\}")


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Something that could not be ruled out."""

    asker: Asker
    owner: Session
    folder: Symbols
    target: Target
    run: Run


def replayed(deployment: Deployment, suspicion: Suspicion) -> Counterexample | None:
    """The suspicion as a counterexample; None: nothing was found to be allowed."""
    for asker, owner in islice(_people(suspicion), _MOST_PEOPLE):
        folder = _folder(deployment, owner)
        found = folder and _request(deployment, suspicion, asker, folder)
        if not found or not folder:
            continue
        asked, owned = _signed_in(asker), _signed_in(owner)
        if asked is not None and owned is not None:
            request, layers, answer = found
            return Counterexample(
                asked,
                owned,
                folder,
                request,
                layers,
                suspicion.target.harm.words,
                answer.statements,
            )
    return None


@dataclass(frozen=True, slots=True)
class _Values:
    """What each attribute of one person is."""

    unique: str
    shared: str
    read: Mapping[str, str]
    chosen: Mapping[str, str]

    def of(self, attribute: Attribute) -> str:
        """The value; one and the same for what has the same key."""
        if attribute.chosen:
            wishes = (self.chosen.get(attribute.key, ""), self.unique, _OTHER)
            return next(text for text in wishes if _is_legal(text, attribute))
        usual = self.unique if attribute.unique else self.shared
        return self.read.get(attribute.key, usual)


def _people(suspicion: Suspicion) -> Iterator[tuple[Asker, Session]]:
    """Pairs of two different people, each with everything known about them."""
    for mine, others in _values(suspicion):
        for owner in _concrete(suspicion.owner, others):
            if not isinstance(suspicion.asker, Session):
                yield suspicion.asker, owner
                continue
            for asker in _concrete(suspicion.asker, mine):
                if _are_two(suspicion, mine, others) and not _both_empty(
                    suspicion, asker, owner
                ):
                    yield asker, owner


def _values(suspicion: Suspicion) -> Iterator[tuple[_Values, _Values]]:
    mine = {attribute.key: text for attribute, text in suspicion.run.asker}
    others = {attribute.key: text for attribute, text in suspicion.run.owner}
    for one, other in _PLAIN_NAMES:
        taken = dict.fromkeys(others, other)
        yield _Values(one, "team", {}, taken), _Values(other, "team", {}, {})
    both = dict.fromkeys(others, "team")
    yield _Values("alice", "team", {}, both), _Values("bob", "team", {}, both)
    # What is read as the beginning of a name may go on.
    longer = {key: f"{text}x" for key, text in others.items()}
    for read in (others, longer):
        own = _Values("alice", "team", mine, mine | read)
        yield own, _Values("bob", "team", read, read)
        yield (
            _Values("alice", "team", {}, mine | read),
            _Values("bob", "team", read, read),
        )
    for text in _mentioned(suspicion):
        told = _Values(text, text, {}, dict.fromkeys(others, "bob"))
        yield told, _Values("bob", "team", {}, {})
        yield _Values("alice", "team", {}, {}), _Values(text, text, {}, {})
        yield _Values("alice", text, {}, {}), _Values("bob", text, {}, {})


def _mentioned(suspicion: Suspicion) -> Iterator[str]:
    """Values of persons that the policies compare with."""
    found = dict[str, None]()
    asker, target = suspicion.asker, suspicion.target
    for comparison in _comparisons((*asker.identity, asker.boundary, target.policy)):
        if comparison.key.startswith(("aws:principaltag/", "aws:source", "aws:user")):
            for value in comparison.values:
                found[_instance(value).rpartition(":")[2]] = None
    yield from found


def _concrete(session: Session, values: _Values) -> Iterator[Session]:
    """The session with a value, or none, for everything that is open."""
    keys = sorted(session.attributes)
    options = [
        [*found.values, *([None] if found.absent else [])]
        for found in (session.attributes[key] for key in keys)
    ]
    name = "".join(map(str, substituted(session.name, values.of)))
    for chosen in islice(product(*options), _MOST_SESSIONS):
        attributes = {
            key: ABSENT if value is None else constant(_text(value, values))
            for key, value in zip(keys, chosen, strict=True)
        }
        attributes[OWN_ID] = constant(f"{session.role.role_id}:{name}")
        parent = _concrete_parent(session.parent, values, attributes)
        if _is_session_name(name):
            yield replace(session, name=(name,), attributes=attributes, parent=parent)


def _concrete_parent(
    parent: Asker, values: _Values, attributes: Mapping[str, Alternatives]
) -> Asker:
    """Who assumed the role, with as much in common as there can be."""
    if isinstance(parent, VouchedFor):
        claims = {
            key: constant(_text(found.values[0], values)) if found.values else ABSENT
            for key, found in parent.claims.items()
        }
        return replace(parent, claims=claims, subject=values.unique)
    if not isinstance(parent, Session):
        return parent
    found = list(_concrete(parent, values))
    return max(
        found,
        key=lambda each: sum(
            each.attributes.get(key) == value for key, value in attributes.items()
        ),
        default=parent,
    )


def _text(value: Symbols, values: _Values) -> str:
    shape = substituted(value, values.of)
    return "".join(part for part in shape if isinstance(part, str))


def _is_legal(text: str, attribute: Attribute) -> bool:
    return len(text) >= attribute.least and all(map(attribute.holds, text))


def _is_session_name(name: str) -> bool:
    return _LEAST_NAME <= len(name) <= _MOST_NAME and all(map(Letters.NAME.hold, name))


def _are_two(suspicion: Suspicion, mine: _Values, others: _Values) -> bool:
    """Whether whatever is one person's only is different."""
    asker = dict(_identity(suspicion.asker, mine))
    owner = dict(_identity(suspicion.owner, others))
    return all(owner.get(key) != value for key, value in asker.items())


def _both_empty(suspicion: Suspicion, asker: Session, owner: Session) -> bool:
    """Whether both have nothing where each has something of their own."""
    shapes = suspicion.owner.attributes.items()
    return any(
        attribute.unique and asker.known(key) == owner.known(key) == constant("")
        for key, found in shapes
        for value in found.values
        for attribute in attributes_in(value)
    )


def _identity(asker: Asker, values: _Values) -> Iterator[tuple[str, str]]:
    """All that a provider gives to one person only."""
    while isinstance(asker, Session):
        if asker.person is not None:
            yield asker.person
        shapes = [asker.name, *(v for a in asker.attributes.values() for v in a.values)]
        for attribute in chain.from_iterable(map(attributes_in, shapes)):
            if attribute.unique and not attribute.chosen:
                yield attribute.key, values.of(attribute)
        asker = asker.parent


def _folder(deployment: Deployment, owner: Session) -> str | None:
    pieces = read_pieces(deployment.folder, variables=True, wild=False)
    shapes = spell(pieces, owner.known)
    return text_of(shapes[0]) if shapes else None


def _request(
    deployment: Deployment, suspicion: Suspicion, asker: Asker, folder: str
) -> tuple[Request, Layers, Answer] | None:
    """A request that the engine allows, its policies, and the engine's answer."""
    target = _of_folder(deployment, suspicion.target, folder)
    layers = Layers(asker.identity, asker.boundary, None, target.policy)
    decides = decide_key if target.owner_decides else decide
    policies = (*asker.identity, asker.boundary, target.policy)
    for request in _requests(deployment, target, asker):
        keys = _Keys(asker, policies, (request.action,), request.context)
        for context in keys.contexts():
            asked = replace(request, context=context)
            answer = decides(layers, asked)
            if answer.allowed:
                return asked, layers, answer
    return None


def _of_folder(deployment: Deployment, target: Target, folder: str) -> Target:
    """The same that is done to one folder."""
    if target.harm not in (Harm.OBJECT, Harm.LISTING):
        return target
    kind = "listing" if target.harm is Harm.LISTING else "object"
    shape: Symbols = (folder,) if folder else ()
    return next(
        other
        for other in Surroundings(deployment).of_folder(kind, target.actions, shape)
        if (other.lists, other.resource.head) == (target.lists, target.resource.head)
    )


def _requests(
    deployment: Deployment, target: Target, asker: Asker
) -> Iterator[Request]:
    """Requests that the layers seem to let through, the more telling first."""
    search = Search()
    case = target.case(asker, search)
    for constraints in openings(
        case, target.policy, owner_decides=target.owner_decides
    ):
        run = search.find(target.language, constraints)
        if run is None:
            continue
        named = f"{run.text}{_DOCUMENT}"
        for word in (named, run.text) if target.harm is Harm.OBJECT else (run.text,):
            for region in _regions(asker, target):
                sent = {PREFIX: word} if target.lists else {}
                # What is left open of who asks, the request itself says.
                sent |= {attribute.key: text for attribute, text in run.asker}
                tail = text_of(target.resource.tail) if case.names_one else word
                head = (
                    region if each is None else each for each in target.resource.head
                )
                resource = ":".join((*head, str(tail)))
                yield Request(
                    _principal(asker),
                    target.actions[0],
                    resource,
                    {**_USUAL, **sent},
                    deployment.account,
                )


def _regions(asker: Asker, target: Target) -> Iterator[str]:
    """What can stand for the region of an ARN, where it is open."""
    yield from ("us-east-1", "")
    if None in target.resource.head:
        place = target.resource.head.index(None)
        for policy in (*asker.identity, asker.boundary, target.policy):
            for statement in policy.statements if policy is not None else ():
                for pattern in (
                    statement.resources.patterns if statement.resources else ()
                ):
                    if not pattern.everything and pattern.head[place].text:
                        yield _instance(pattern.head[place].text)


def _principal(asker: Asker) -> Principal:
    """Whom the engine is asked about, with all that is known of them."""
    if isinstance(asker, Session):
        return _role_session(asker)
    return asker.principal


def _role_session(asker: Session) -> RoleSession:
    known = {key: _one(found) for key, found in asker.attributes.items()}
    return replace(
        role_session(asker, str(text_of(asker.name))),
        issued_at=_NOW,
        expires_at=_NOW + timedelta(hours=1),
        mfa_authenticated=False,
        tags=tuple(
            (key.removeprefix(_TAG), value)
            for key, value in known.items()
            if key.startswith(_TAG) and value is not None
        ),
        source_identity=known.get("aws:sourceidentity"),
        federated_provider=known.get("aws:federatedprovider"),
        context=tuple(
            (key, value)
            for key, value in known.items()
            if not key.startswith(("aws:", "sts:")) and value is not None
        ),
        chained=asker.steps > 1,
    )


def _one(found: Alternatives | None) -> str | None:
    """The one value of a key that was given one."""
    return text_of(found.values[0]) if found is not None and found.values else None


def _signed_in(asker: Asker) -> tuple[SignIn, ...] | None:
    """Every step to a session; None: the trust policies do not allow one."""
    if not isinstance(asker, Session):
        return ()
    before = _signed_in(asker.parent)
    if before is None:
        return None
    parent, principal = asker.parent, _principal(asker.parent)
    session = _role_session(asker)
    layers = Layers(parent.identity, parent.boundary)
    for tags in _passed(session, asker, principal):
        sent = _sent(session, asker, tags)
        inherits = isinstance(principal, RoleSession) and len(tags) < len(session.tags)
        actions = [
            asker.action,
            *(["sts:TagSession"] if tags or inherits else []),
            *(["sts:SetSourceIdentity"] if session.source_identity else []),
        ]
        policies = (asker.role.trust, *parent.identity, parent.boundary)
        for context in _Keys(parent, policies, tuple(actions), sent).contexts():
            if all(
                decide_trust(
                    asker.role.trust,
                    Request(principal, action, asker.role.arn, context, asker.account),
                    layers,
                ).allowed
                for action in actions
            ):
                step = SignIn(asker.action, principal, asker.role.arn, context, session)
                return (*before, step)
    return None


_Tags = tuple[tuple[str, str], ...]


def _passed(session: RoleSession, asker: Session, principal: Principal) -> list[_Tags]:
    """The tags that could have been passed; others are inherited or the role's."""
    own = {(key.lower(), value) for key, value in asker.role.tags}
    inherited = set(principal.tags) if isinstance(principal, RoleSession) else set()
    return [
        tuple(tag for tag in session.tags if tag not in left)
        for left in (own, own | inherited, set[tuple[str, str]]())
    ]


def _sent(session: RoleSession, asker: Session, tags: _Tags) -> dict[str, _Value]:
    """What a trust policy is told of an assumption."""
    sent: dict[str, _Value] = {
        "sts:rolesessionname": session.session_name,
        "sts:durationseconds": "3600",
        **{_REQUEST_TAG + key: value for key, value in tags},
    }
    if isinstance(asker.parent, VouchedFor):
        for key, found in asker.parent.claims.items():
            value = _one(found)
            if value is not None:
                sent[key] = value
    if session.source_identity is not None:
        sent["sts:sourceidentity"] = session.source_identity
    if tags:
        sent["aws:tagkeys"] = tuple(key for key, _ in tags)
    return {**_USUAL, **sent}


@dataclass(frozen=True, slots=True)
class _Keys:
    """The condition keys of a request that are free to be chosen."""

    asker: Asker
    policies: tuple[Policy | None, ...]
    actions: tuple[str, ...]
    fixed: Mapping[str, _Value]

    def contexts(self) -> Iterator[dict[str, _Value]]:
        """Ways to choose them: the fewest that are not as usual first."""
        choices = self._choices()
        found = (
            dict(zip(keys, values, strict=True))
            for many in range(len(choices) + 1)
            for keys in combinations(choices, many)
            for values in product(*(choices[key] for key in keys))
        )
        for changes in islice(found, _MOST_CONTEXTS):
            context = {**self.fixed, **changes}
            yield {key: value for key, value in context.items() if value is not None}

    def _choices(self) -> dict[str, tuple[str | None, ...]]:
        found: dict[str, dict[str | None, None]] = {}
        for condition in self._conditions():
            key = condition.key
            open_here = key in _USUAL or key not in self.fixed
            if open_here and not self._is_known(key):
                values = found.setdefault(key, {})
                if isinstance(condition, Comparison):
                    values |= dict.fromkeys(_samples(condition, self.asker))
                values[_OTHER] = None
                if key in self.fixed:
                    values[None] = None
            # A variable can take the value that it is compared with.
            fixed = self.fixed.get(key)
            if isinstance(condition, Comparison) and isinstance(fixed, str):
                for variable in variables_in(condition):
                    if not self._is_known(variable):
                        found.setdefault(variable, {})[fixed] = None
        return {key: tuple(values) for key, values in found.items()}

    def _is_known(self, key: str) -> bool:
        if key == PREFIX or key.startswith((_REQUEST_TAG, "aws:principal", "sts:role")):
            return True
        return key in _OF_THE_PRINCIPAL or self.asker.known(key) is not None

    def _conditions(self) -> Iterator[Condition]:
        for policy in self.policies:
            for statement in policy.statements if policy is not None else ():
                if any(statement.actions.cover(each.lower()) for each in self.actions):
                    yield from statement.conditions


def _samples(comparison: Comparison, asker: Asker) -> Iterator[str]:
    """Values of a key that a comparison could tell apart."""
    for value in comparison.values:
        sample = _instance(_filled(value, asker) if comparison.variables else value)
        yield sample
        number = _NUMBER.fullmatch(value)
        if number:
            yield from (str(int(value) - 1), str(int(value) + 1))
        if "IpAddress" in comparison.name:
            yield sample.partition("/")[0]
            yield from ("192.0.2.1", "2001:db8::1")
        elif "Bool" in comparison.name:
            yield from ("true", "false")
        elif "Date" in comparison.name:
            yield from ("1970-01-02T00:00:00Z", "2100-01-01T00:00:00Z")


def _filled(value: str, asker: Asker) -> str:
    """A value with what is known of who asks in it."""

    def known(match: re.Match[str]) -> str:
        found = asker.known(ascii_lower(match[1].strip(" ")))
        return _one(found) or match[0]

    return _VARIABLE.sub(known, value)


def _instance(value: str) -> str:
    """A text that a pattern matches, with a plain letter for what is open."""
    return _VARIABLE.sub("x", value).replace("*", "x").replace("?", "x")


def _comparisons(
    policies: Iterable[Policy | None],
) -> Iterator[Comparison]:
    for policy in policies:
        for statement in policy.statements if policy is not None else ():
            for condition in statement.conditions:
                if isinstance(condition, Comparison):
                    yield condition
