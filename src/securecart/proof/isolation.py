"""Whether one person can ever come to another's folder.

For any two people at once: who they are stays open, and so the cost does not
depend on how many there are. Everything that a request is free to choose is
taken to be chosen for the worst, so `Proof` is certain; what is found
otherwise is tried out in the engine, and counts only if that allows it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from securecart.policy import Policy
from securecart.policy.casing import ascii_lower
from securecart.policy.catalogue import Action
from securecart.policy.variables import read_pieces
from securecart.proof.assumptions import assumptions_of
from securecart.proof.counterexample import Counterexample
from securecart.proof.decide import openings
from securecart.proof.deployment import Deployment
from securecart.proof.principals import Asker, Nobody, Outsider, Session
from securecart.proof.replay import Suspicion, replayed
from securecart.proof.targets import Surroundings, Target, harmful_actions, kinds_of
from securecart.proof.trust import policies_of, sessions_of
from securecart.proof.variables import Attribute, Symbols, spell
from securecart.proof.wildcard import Search, TooManyStates

_FOLDER_KINDS: Final = frozenset({"object", "listing"})
_NO_FOLDER: Final = (
    "Nobody has a folder: either no role can be assumed through an identity"
    " provider, or no session has the attributes that folders are named after."
)
_MOST_TRIED: Final = 50
"""Suspicions that are tried out, the plainest first."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Nobody can, as long as the assumptions hold.

    `assumptions` are whole sentences, those that the proof rests on and no
    others. The counts say what was examined: `sessions` are the ways to come
    to a session, `states` those of the automata.
    """

    assumptions: tuple[str, ...]
    statements: int
    actions: int
    sessions: int
    states: int


@dataclass(frozen=True, slots=True)
class Undecided:
    """Neither proved nor shown to fail; `reasons` are whole sentences."""

    reasons: tuple[str, ...]


def prove(deployment: Deployment) -> Proof | Counterexample | Undecided:
    """Examine every two different people, whatever either may choose."""
    search = Search()
    try:
        return _Examination(deployment, search).result()
    except TooManyStates:
        return Undecided(
            ("The policies leave more ways open than can be followed here.",)
        )


class _Examination:
    def __init__(self, deployment: Deployment, search: Search) -> None:
        self._deployment = deployment
        self._search = search
        self._policies = tuple(policies_of(deployment))
        self._actions = harmful_actions(self._policies)
        self._sessions = sessions_of(deployment, search) if deployment.roles else ()
        self._folders = self._folders_of_people()

    def result(self) -> Proof | Counterexample | Undecided:
        if not self._folders:
            return Undecided((_NO_FOLDER,))
        suspicions = sorted(self._suspicions(), key=_plainness)
        for suspicion in suspicions[:_MOST_TRIED]:
            found = replayed(self._deployment, suspicion)
            if found is not None:
                return found
        if suspicions:
            words = (_doubt(suspicion) for suspicion in suspicions[:_MOST_TRIED])
            return Undecided(tuple(dict.fromkeys(words)))
        return Proof(
            assumptions_of(self._deployment, self._search),
            statements=sum(len(policy.statements) for policy in self._policies),
            actions=len(self._actions),
            sessions=len(self._sessions),
            states=self._search.states,
        )

    def _folders_of_people(self) -> tuple[tuple[Session, Symbols], ...]:
        """Every shape that a folder takes, with a session whose folder it is."""
        pieces = read_pieces(self._deployment.folder, variables=True, wild=False)
        found: dict[Symbols, Session] = {}
        for session in self._sessions:
            if session.person is None:
                for folder in spell(pieces, session.known):
                    found.setdefault(folder, session)
        return tuple((session, folder) for folder, session in found.items())

    def _suspicions(self) -> Iterator[Suspicion]:
        askers: list[Asker] = list(self._sessions)
        if self._deployment.bucket_policy is not None or self._deployment.keys:
            askers += [Nobody(), Outsider()]
        for asker in askers:
            for kind, actions in self._groups(asker):
                yield from self._of_kind(asker, kind, actions)

    def _of_kind(
        self, asker: Asker, kind: str, actions: tuple[str, ...]
    ) -> Iterator[Suspicion]:
        made = Surroundings(self._deployment)
        if kind not in _FOLDER_KINDS:
            owner, folder = self._folders[0]
            for target in made.of_everybody(kind, actions):
                yield from self._reaches(asker, target, owner, folder)
            return
        for owner, folder in self._folders:
            others = _of_others(folder, asker)
            for target in made.of_folder(kind, actions, others):
                yield from self._reaches(asker, target, owner, folder)

    def _reaches(
        self, asker: Asker, target: Target, owner: Session, folder: Symbols
    ) -> Iterator[Suspicion]:
        case = target.case(asker, self._search)
        for constraints in openings(
            case, target.policy, owner_decides=target.owner_decides
        ):
            run = self._search.find(target.language, constraints)
            if run is not None:
                yield Suspicion(asker, owner, folder, target, run)

    def _groups(self, asker: Asker) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Actions that all statements treat alike, by kind of target."""
        policies = (
            *asker.identity,
            asker.boundary,
            self._deployment.bucket_policy,
            *(key.policy for key in self._deployment.keys),
        )
        covered = _coverage([policy for policy in policies if policy], self._actions)
        groups: dict[tuple[str, frozenset[int]], list[str]] = {}
        for action in self._actions:
            for kind in kinds_of(action):
                key = (kind, covered[action.name])
                groups.setdefault(key, []).append(action.name)
        for (kind, statements), names in groups.items():
            if statements:
                yield kind, tuple(names)


def _of_others(folder: Symbols, asker: Asker) -> Symbols:
    """The folder as it is of somebody else, where one knows who asks."""
    if not isinstance(asker, Session) or asker.person is None:
        return folder
    key, value = asker.person
    return tuple(
        replace(symbol, barred=value)
        if isinstance(symbol, Attribute) and symbol.key == key
        else symbol
        for symbol in folder
    )


def _coverage(
    policies: list[Policy], actions: tuple[Action, ...]
) -> dict[str, frozenset[int]]:
    """Which statements speak of each action."""
    statements = [each for policy in policies for each in policy.statements]
    found: dict[str, list[int]] = {action.name: [] for action in actions}
    for index, statement in enumerate(statements):
        texts = [ascii_lower(text) for text in statement.actions.texts]
        exact = {text for text in texts if not set(text) & set("*?")}
        wild = [
            pattern
            for text, pattern in zip(texts, statement.actions.patterns, strict=True)
            if text not in exact
        ]
        for action in actions:
            name = ascii_lower(action.name)
            matches = name in exact or any(each.matches(name) for each in wild)
            if matches is not statement.actions.excluded:
                found[action.name].append(index)
    return {name: frozenset(indexes) for name, indexes in found.items()}


def _plainness(suspicion: Suspicion) -> tuple[int, int, int]:
    """How much there is to explain about it."""
    steps = suspicion.asker.steps + suspicion.owner.steps
    return steps, suspicion.target.harm, len(suspicion.run.text)


def _doubt(suspicion: Suspicion) -> str:
    action, target = suspicion.target.actions[0], suspicion.target
    who = (
        f"a session of {suspicion.asker.role.arn}"
        if isinstance(suspicion.asker, Session)
        else suspicion.asker.principal.arn
    )
    return (
        f"It could not be ruled out that {who} is allowed {action}, which"
        f" {target.harm.words}; nor was a request found that is allowed."
    )
