"""Every way to come to a session, and what its holder chooses about it.

A person signs in at a provider, and may go on from role to role. Each trust
policy is read for who signs the session name and the tags: the provider, or
the caller unless the policy pins them to what the provider signed.

Source: AWS STS API Reference, "AssumeRole", "AssumeRoleWithSAML" and
"AssumeRoleWithWebIdentity"; AWS IAM User Guide, "Pass session tags in AWS
STS", "Monitor and control actions taken with assumed roles" and "IAM and AWS
STS condition context keys".
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, product
from typing import Final

from securecart.names.arn import Arn
from securecart.policy import Effect, Policy, Statement
from securecart.policy.conditions.condition import Comparison, Condition
from securecart.policy.variables import Variable, read_pieces
from securecart.policy.wildcard import Wild
from securecart.proof.arn_pattern import Resource
from securecart.proof.conditions import Truth, patterns_of, truth_of
from securecart.proof.decide import openings
from securecart.proof.deployment import OWN_ID, DeployedRole, Deployment
from securecart.proof.document import Case
from securecart.proof.principals import (
    Asker,
    Outsider,
    Session,
    VouchedFor,
    attribute_of,
)
from securecart.proof.variables import (
    ABSENT,
    Alternatives,
    Attribute,
    Empty,
    Known,
    Letters,
    Symbols,
    attributes_in,
    constant,
    free,
    possible,
    text_of,
)
from securecart.proof.wildcard import Language, Search, TooManyStates, Within

_MOST: Final = 64
"""Ways to a session that are followed: more than roles and providers make."""
_NAME: Final = "sts:rolesessionname"
_SOURCE: Final = "sts:sourceidentity"
_REQUEST_TAG: Final = "aws:requesttag/"
_TAG: Final = "aws:principaltag/"
_SAML: Final = "sts:AssumeRoleWithSAML"
_OIDC: Final = "sts:AssumeRoleWithWebIdentity"
_CHAIN: Final = "sts:AssumeRole"
# AWS STS API Reference: RoleSessionName and SourceIdentity are of two to 64
# characters.
_LEAST_NAME: Final = 2
# What stays of an assertion in the session, beside its subject.
_KEPT_OF_SAML: Final = frozenset({"saml:sub_type", "saml:namequalifier"})


def sessions_of(deployment: Deployment, search: Search) -> tuple[Session, ...]:
    """Every kind of session that somebody can come to, shortest ways first.

    Raises:
        TooManyStates: if there are too many ways.
    """
    room = _Ways(deployment, search)
    found: dict[tuple[object, ...], Session] = {}
    waiting: deque[Asker] = deque([Outsider()])
    begun: Iterator[Session] = chain.from_iterable(
        room.from_providers(role) for role in deployment.roles
    )
    while True:
        for session in begun:
            if session.signature not in found:
                found[session.signature] = session
                waiting.append(session)
                if len(found) > _MOST:
                    raise TooManyStates
        if not waiting:
            return tuple(found.values())
        begun = room.onward(waiting.popleft())


def providers_of(deployment: Deployment) -> frozenset[str]:
    """The identity providers that some role trusts."""
    return frozenset(
        provider
        for role in deployment.roles
        for statement in role.trust.statements
        if statement.principals is not None
        for provider in statement.principals.listed.providers
    )


def policies_of(deployment: Deployment) -> Iterator[Policy]:
    """Every policy of a deployment."""
    for role in deployment.roles:
        yield from (role.trust, *role.identity)
        if role.boundary is not None:
            yield role.boundary
    if deployment.bucket_policy is not None:
        yield deployment.bucket_policy
    yield from (key.policy for key in deployment.keys)


def _issuer(provider: str) -> str:
    """What the condition keys of an OIDC provider begin with; `` for SAML."""
    _, _, issuer = provider.partition(":oidc-provider/")
    return issuer.lower() if provider.startswith("arn:") else provider.lower()


@dataclass(frozen=True)
class _Ways:
    deployment: Deployment
    search: Search

    @cached_property
    def _mentioned(self) -> frozenset[str]:
        """The condition keys that anything depends on."""
        pieces = list(read_pieces(self.deployment.folder, variables=True, wild=False))
        found = set[str]()
        for policy in policies_of(self.deployment):
            for statement in policy.statements:
                if statement.resources is not None:
                    for pattern in statement.resources.patterns:
                        pieces += pattern.tail.pieces
                for condition in statement.conditions:
                    found.add(condition.key)
                    if isinstance(condition, Comparison) and condition.variables:
                        for value in condition.values:
                            pieces += read_pieces(value, variables=True, wild=False)
        return frozenset(
            found | {piece.key for piece in pieces if isinstance(piece, Variable)}
        )

    @cached_property
    def _tags(self) -> frozenset[str]:
        return frozenset(key for key in self._mentioned if key.startswith(_TAG))

    @cached_property
    def _named_sessions(self) -> frozenset[str]:
        """Session ARNs that stand in some `Principal`."""
        return frozenset(
            arn
            for policy in policies_of(self.deployment)
            for statement in policy.statements
            if statement.principals is not None
            for arn in statement.principals.listed.arns
            if ":assumed-role/" in arn
        )

    def from_providers(self, role: DeployedRole) -> Iterator[Session]:
        """Sessions of those whom a provider vouches for."""
        for provider in sorted(providers_of(self.deployment)):
            asker = VouchedFor(
                Arn.parse(role.arn).account,
                provider,
                self._claims(provider, kept=False),
            )
            yield from self._into(role, asker, _OIDC if _issuer(provider) else _SAML)

    def onward(self, asker: Asker) -> Iterator[Session]:
        """Sessions of other roles, or of the same again."""
        for role in self.deployment.roles:
            yield from self._into(role, asker, _CHAIN)

    def _claims(self, provider: str, *, kept: bool) -> dict[str, Alternatives]:
        """What a provider says of a person; with `kept`, what stays of it."""
        found: dict[str, Alternatives] = {}
        issuer = _issuer(provider)
        issuers = {_issuer(each) for each in providers_of(self.deployment)} - {""}
        for key in self._mentioned:
            vendor, _, name = key.rpartition(":")
            if vendor == "saml":
                if issuer:
                    found[key] = ABSENT
                elif name == "sub":
                    found[key] = self._signed(key, provider, absent=False)
                elif kept and key not in _KEPT_OF_SAML:
                    found[key] = ABSENT
            elif vendor in issuers:
                if vendor != issuer:
                    found[key] = ABSENT
                elif name == "sub":
                    subject = self._subject(provider)
                    found[key] = Alternatives(((subject,),))
        return found

    def _subject(self, provider: str) -> Attribute:
        """An ID token's `sub`.

        It is compared with the names that SAML providers sign: the roles' set-up
        makes the same session name of both.
        """
        slash_free = f"{_issuer(provider)}:sub" in self.deployment.slash_free
        return Attribute(
            _NAME, Letters.ANY, unique=True, slash_free=slash_free, provider=provider
        )

    def _signed(self, key: str, provider: str, *, absent: bool) -> Alternatives:
        """What the provider's signature covers."""
        unique = key in self.deployment.unique or key == "saml:sub"
        attribute = Attribute(
            key,
            Letters.TAG if key.startswith(_TAG) else Letters.ANY,
            unique=unique,
            slash_free=key in self.deployment.slash_free,
            provider=provider,
        )
        return possible(attribute, absent=absent, empty=absent)

    def _into(self, role: DeployedRole, asker: Asker, action: str) -> Iterator[Session]:
        """Every session of a role that a caller can come to."""
        names = self._name_asked(role, asker, action)
        sources = self._source_asked(role, asker)
        tags = {key: self._tag_asked(key, role, asker) for key in self._tags}
        sent = {
            **(asker.claims if isinstance(asker, VouchedFor) else {}),
            _NAME: names,
            _SOURCE: sources,
            **{
                _REQUEST_TAG + key.removeprefix(_TAG): found
                for key, found in tags.items()
            },
        }
        question = _Question(self.search, role, asker, sent)
        for assuming in question.branches(action):
            for tagging in question.branches("sts:TagSession") or (None,):
                wanted = (assuming, tagging) if tagging else (assuming,)
                yield from self._sessions(question, action, wanted)

    def _sessions(
        self, question: "_Question", action: str, wanted: tuple["_Branch", ...]
    ) -> Iterator[Session]:
        role, asker = question.role, question.asker
        names = wanted[0].narrowed(_NAME, question.sent[_NAME], question.known)
        may_source = bool(question.branches("sts:SetSourceIdentity"))
        sources = wanted[0].narrowed(_SOURCE, question.sent[_SOURCE], question.known)
        if not may_source:
            sources = Alternatives((), sources.absent)
        request_tags: dict[str, Alternatives] = {}
        attributes: dict[str, Alternatives] = {}
        for key in self._tags:
            name = _REQUEST_TAG + key.removeprefix(_TAG)
            passed = wanted[0].narrowed(name, question.sent[name], question.known)
            if len(wanted) == 1:
                passed = Alternatives((), passed.absent)
            else:
                untagged = passed.absent
                passed = replace(
                    wanted[1].narrowed(name, passed, question.known), absent=untagged
                )
            if not passed.values and not passed.absent:
                return
            request_tags[name] = passed
            attributes[key] = self._tag_of_session(key, role, asker, passed, wanted)
        if not sources.values and not sources.absent:
            return
        if asker.steps:
            inherited = asker.known("aws:sourceidentity") or free("aws:sourceidentity")
            sources = _union(inherited, sources) if inherited.absent else inherited
        attributes["aws:sourceidentity"] = sources
        for value in names.values:
            session_name = _as_session_name(value)
            if session_name is not None:
                session = Session(
                    role=role,
                    account=Arn.parse(role.arn).account,
                    name=session_name,
                    attributes={
                        **self._kept(asker),
                        **attributes,
                        **self._constants(role, session_name),
                    },
                    action=action,
                    parent=asker,
                    request_tags=request_tags,
                )
                yield session
                yield from self._named(session)

    def _name_asked(
        self, role: DeployedRole, asker: Asker, action: str
    ) -> Alternatives:
        signed = action == _SAML and isinstance(asker, VouchedFor)
        return Alternatives(
            (
                (
                    Attribute(
                        _NAME,
                        Letters.NAME,
                        _LEAST_NAME,
                        unique=signed,
                        chosen=not signed,
                        provider=asker.provider
                        if isinstance(asker, VouchedFor)
                        else None,
                        place="" if signed else role.name,
                    ),
                ),
            )
        )

    def _source_asked(self, role: DeployedRole, asker: Asker) -> Alternatives:
        signed = isinstance(asker, VouchedFor)
        attribute = Attribute(
            "aws:sourceidentity",
            Letters.NAME,
            _LEAST_NAME,
            unique=signed and "aws:sourceidentity" in self.deployment.unique,
            chosen=not signed,
            provider=asker.provider if isinstance(asker, VouchedFor) else None,
            place="" if signed else role.name,
        )
        return possible(attribute, absent=True, empty=False)

    def _tag_asked(self, key: str, role: DeployedRole, asker: Asker) -> Alternatives:
        if isinstance(asker, VouchedFor):
            return self._signed(key, asker.provider, absent=True)
        attribute = Attribute(key, Letters.TAG, chosen=True, place=role.name)
        return possible(attribute, absent=True, empty=True)

    def _tag_of_session(
        self,
        key: str,
        role: DeployedRole,
        asker: Asker,
        passed: Alternatives,
        wanted: tuple["_Branch", ...],
    ) -> Alternatives:
        """What was passed, inherited through a chain, or is the role's own."""
        found = passed
        if found.absent and asker.steps and len(wanted) > 1:
            inherited = asker.known(key) or free(key)
            found = _union(found, replace(inherited, absent=True))
        own = {name.lower(): value for name, value in role.tags}
        if found.absent and (name := key.removeprefix(_TAG)) in own:
            found = _union(replace(found, absent=False), constant(own[name]))
        return found

    def _kept(self, asker: Asker) -> dict[str, Alternatives]:
        """The provider's keys that stay with the session, and in a chain may."""
        if isinstance(asker, VouchedFor):
            return {
                **self._claims(asker.provider, kept=True),
                "aws:federatedprovider": constant(asker.provider),
            }
        found = {"aws:federatedprovider": ABSENT}
        for provider in providers_of(self.deployment):
            for key in (*self._claims(provider, kept=True), "aws:federatedprovider"):
                known = asker.known(key)
                found[key] = ABSENT if known is None else replace(known, absent=True)
        return found

    def _constants(self, role: DeployedRole, name: Symbols) -> dict[str, Alternatives]:
        return {
            OWN_ID: Alternatives(((f"{role.role_id}:", *name),)),
            "aws:principaltype": constant("AssumedRole"),
            "aws:principalarn": constant(role.arn),
            "aws:principalaccount": constant(Arn.parse(role.arn).account),
            "aws:principalisawsservice": constant("false"),
            "aws:resourceaccount": constant(self.deployment.account),
            "aws:principalservicename": ABSENT,
            "aws:username": ABSENT,
        }

    def _named(self, session: Session) -> Iterator[Session]:
        """The same session, where some policy names it by its name."""
        arn = session.principal.arn
        start = arn[: arn.rindex("/") + 1]
        for named in sorted(self._named_sessions):
            if named.startswith(start) and text_of(session.name) is None:
                found = self._with_name(session, named.removeprefix(start))
                if found is not None:
                    yield found

    def _with_name(self, session: Session, name: str) -> Session | None:
        if self.search.find(Language((name,)), (Within((session.name,)),)) is None:
            return None
        attribute = attribute_of(session.name)
        values: dict[Attribute, str] = {}
        person = None
        if attribute is not None:
            place = session.name.index(attribute)
            before = len("".join(map(str, session.name[:place])))
            after = len("".join(map(str, session.name[place + 1 :])))
            value = name[before : len(name) - after]
            values = {attribute: value}
            if attribute.unique and not attribute.chosen:
                person = (attribute.key, value)

        def put(found: Attribute) -> str | Attribute:
            same = person is not None and found.key == person[0] and not found.chosen
            return person[1] if same and person else values.get(found, found)

        attributes = {
            key: found.substituted(put) for key, found in session.attributes.items()
        }
        return replace(
            session,
            name=(name,),
            attributes={**attributes, **self._constants(session.role, (name,))},
            person=person,
        )


@dataclass(frozen=True)
class _Question:
    """Whether a role may be assumed, and by which of its statements."""

    search: Search
    role: DeployedRole
    asker: Asker
    sent: Mapping[str, Alternatives]

    def known(self, key: str) -> Alternatives | None:
        return self.sent.get(key) or self.asker.known(key)

    def branches(self, action: str) -> tuple["_Branch", ...]:
        """The statements that could allow it, with what all Deny leave open."""
        case = Case(
            self.asker,
            action.lower(),
            Resource.literal(self.role.arn),
            self.search,
            sent=dict(self.sent),
        )
        if next(openings(case, self.role.trust, owner_decides=True), None) is None:
            return ()
        matching = [
            statement
            for statement in self.role.trust.statements
            if statement.actions.cover(case.action) and self._speaks(statement)
        ]
        denials = tuple(
            only
            for statement in matching
            if statement.effect is Effect.DENY
            and (only := self._only_open(statement)) is not None
        )
        return tuple(
            _Branch(self.search, statement.conditions, denials)
            for statement in matching
            if statement.effect is Effect.ALLOW
            and all(
                truth_of(each, self.known, self.search, denies=False) is not Truth.NEVER
                for each in statement.conditions
            )
        )

    def _speaks(self, statement: Statement) -> bool:
        principals = statement.principals
        if principals is None:
            return False
        if statement.effect is Effect.DENY:
            return principals.deny(
                self.asker.principal, bounded=self.asker.boundary is not None
            )
        return bool(principals.grant_to(self.asker.principal))

    def _only_open(self, statement: Statement) -> Condition | None:
        """The one condition that decides over a Deny; None if there are more."""
        opened = [
            condition
            for condition in statement.conditions
            if truth_of(condition, self.known, self.search, denies=True)
            is not Truth.ALWAYS
        ]
        return opened[0] if len(opened) == 1 else None


@dataclass(frozen=True)
class _Branch:
    """An Allow of a trust policy, and the Deny that it cannot get around.

    Of each Deny one condition is left, and it must fail.
    """

    search: Search
    conditions: tuple[Condition, ...]
    denials: tuple[Condition, ...]

    def narrowed(self, key: str, asked: Alternatives, known: Known) -> Alternatives:
        """What of the values that could be asked for is left."""
        found = asked
        for condition, fails in chain(
            product(self.conditions, (False,)), product(self.denials, (True,))
        ):
            if condition.key == key:
                found = self._one(condition, found, known, fails=fails)
        return found

    def _one(
        self, condition: Condition, asked: Alternatives, known: Known, *, fails: bool
    ) -> Alternatives:
        absent = asked.absent and self._allows(condition, ABSENT, known, fails=fails)
        kept = tuple(
            value
            for value in asked.values
            if self._allows(condition, Alternatives((value,)), known, fails=fails)
        )
        chosen = [
            value
            for value in kept
            if any(attribute.chosen for attribute in attributes_in(value))
        ]
        if chosen and isinstance(condition, Comparison):
            patterns = patterns_of(condition, known)
            if patterns is not None and condition.negated is fails:
                pinned = tuple(_pinned(pattern, chosen[0]) for pattern in patterns)
                if None not in pinned:
                    kept = tuple(value for value in kept if value not in chosen)
                    kept += tuple(value for value in pinned if value is not None)
        return Alternatives(tuple(dict.fromkeys(kept)), absent)

    def _allows(
        self, condition: Condition, value: Alternatives, known: Known, *, fails: bool
    ) -> bool:
        def with_value(key: str) -> Alternatives | None:
            return value if key == condition.key else known(key)

        truth = truth_of(condition, with_value, self.search, denies=fails)
        return truth is not (Truth.ALWAYS if fails else Truth.NEVER)


def _pinned(pattern: Symbols, chosen: Symbols) -> Symbols | None:
    """The value that a pattern leaves the caller, who chooses its wildcards."""
    free_part = next(attributes_in(chosen))
    found: list[str | Attribute | Empty] = []
    for symbol in pattern:
        if isinstance(symbol, str | Attribute | Empty):
            found.append(symbol)
        elif symbol is Wild.ONE:
            found.append(replace(free_part, least=1))
        else:
            # A `*`, which may be nothing, and letters of either case: the
            # caller chooses, with no more said about it.
            return None
    return tuple(found)


def _as_session_name(value: Symbols) -> Symbols | None:
    """A value as STS takes it for a session name; None: it never does."""
    found: list[str | Attribute] = []
    for symbol in value:
        if isinstance(symbol, Attribute):
            least = _LEAST_NAME if len(value) == 1 else symbol.least
            found.append(replace(symbol, letters=Letters.NAME, least=least))
        elif isinstance(symbol, str):
            if not all(map(Letters.NAME.hold, symbol)):
                return None
            found.append(symbol)
    return tuple(found)


def _union(first: Alternatives, second: Alternatives) -> Alternatives:
    return Alternatives(
        tuple(dict.fromkeys(first.values + second.values)),
        first.absent or second.absent,
    )
