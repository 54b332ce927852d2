"""Many sessions at once, each attacking all others for a bounded time."""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.adversary.exchange import Answer, Line, Request
from tests.adversary.judge import Attack, Leak, ghost_of, given_away, told_apart
from tests.adversary.operations import (
    POST_OBJECT,
    Own,
    Template,
    fill,
    templates,
    with_digest,
)
from tests.adversary.people import Company, Person
from tests.adversary.signing import (
    FORMS,
    POSTABLE,
    Form,
    Keys,
    credentials_of,
    link,
    posted,
    signed,
)
from tests.adversary.spellings import (
    SPELLINGS,
    Place,
    Spelling,
    decoded,
    plain,
)

_LINES = 2
"""Connections of each session."""
_TRIES = 3
"""Where the gateway asks to slow down."""
_BETWEEN = 30
"""Attacks to one thing that the attacker may do."""
_MOST_LEAKS = 200
"""Enough to see what is wrong."""
_KINDS = {
    "version": "VERSIONSPOT",
    "upload": "UPLOADSPOT",
    "etag": "ETAGSPOT",
    "key": "KEYSPOT",
    "folder": "FOLDERSPOT",
}
_UNRECORDED = frozenset({"OPTIONS"})
"""What asks for nothing but a bucket's rules for other origins."""


@dataclass
class Count:
    """What was tried and what came of it."""

    attacks: int = 0
    requests: int = 0
    pairs: int = 0
    served: int = 0
    unanswered: int = 0
    operations: Counter[str] = field(default_factory=Counter)
    variants: set[str] = field(default_factory=set)
    spellings: Counter[str] = field(default_factory=Counter)
    forms: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    crossed: set[tuple[str, str]] = field(default_factory=set)
    request_ids: set[str] = field(default_factory=set)
    leaks: list[Leak] = field(default_factory=list)

    def answered(self, answer: Answer, *, recorded: bool = True) -> None:
        """Count an answer."""
        self.requests += 1
        self.statuses[f"{answer.status} {answer.code}".strip()] += 1
        self.unanswered += answer.status == 0
        # What was no request never got an operation, and is closed upon.
        refused = answer.closed and answer.status in {400, 501}
        if answer.request_id and recorded and not refused:
            self.request_ids.add(answer.request_id)

    def lines(self) -> Iterator[str]:
        """The count, for people."""
        yield (
            f"{self.requests} requests: {self.attacks} attacks, {self.pairs} of them "
            f"with a twin at what does not exist; {self.served} requests of one's own "
            f"that were served; {self.unanswered} closed without an answer"
        )
        yield (
            f"{len(self.operations)} operations in {len(self.variants)} variants, "
            f"{len(self.spellings)} spellings, {len(self.forms)} forms of signature, "
            f"{len(self.crossed)} pairs of operation and spelling"
        )
        for name in ("operations", "spellings", "forms", "statuses"):
            counted: Counter[str] = getattr(self, name)
            told = ", ".join(f"{each} {n}" for each, n in counted.most_common())
            yield f"{name}: {told}"
        yield f"{len(self.leaks)} leaks"


@dataclass(frozen=True)
class Plan:
    """What to try: all of it, or what a test is about."""

    templates: Sequence[Template] = field(default_factory=templates)
    spellings: Sequence[Spelling] = SPELLINGS
    forms: Sequence[Form] = FORMS

    def attacks(self, seed: int) -> Iterator[tuple[Template, Spelling, Form]]:
        """First each with some of the others, then all with all by chance.

        It never ends: time does.
        """
        dice = random.Random(seed)  # noqa: S311 - it chooses, it hides nothing
        every, spellings, forms = [*self.templates], [*self.spellings], [*self.forms]
        dice.shuffle(every)
        dice.shuffle(spellings)
        dice.shuffle(forms)
        most = max(len(every), len(spellings), len(forms))
        turns = zip(
            itertools.cycle(every),
            itertools.cycle(spellings),
            itertools.cycle(forms),
            strict=True,
        )
        yield from itertools.islice(turns, most)
        while True:
            template = dice.choice(every)
            if template.request.service != "s3" and dice.random() < 0.7:
                continue  # Two thirds of all are IAM's, and have no key in them.
            form = dice.choice(forms)
            if not form.counts and dice.random() < 0.5:
                continue
            yield template, dice.choice(spellings), form


class Soak:
    """One run against one company."""

    def __init__(self, company: Company, plan: Plan, *, seed: int = 0) -> None:
        self.company = company
        self.count = Count()
        self._plan = plan.attacks(seed)
        self._dice = random.Random(seed + 1)  # noqa: S311 - likewise
        self._numbers = itertools.count()

    def run(self, seconds: float, most: int | None = None) -> Count:
        """Attack until the time is over, or that many attacks were made."""
        asyncio.run(self._run(time.monotonic() + seconds, most))
        return self.count

    async def _run(self, until: float, most: int | None) -> None:
        tasks = [
            self._session(person, until, most)
            for person in self.company.people
            for _ in range(_LINES)
        ]
        await asyncio.gather(*tasks)

    async def _session(self, person: Person, until: float, most: int | None) -> None:
        line = Line(self.company.port)
        for turn in itertools.count():
            enough = most is not None and self.count.attacks >= most
            if time.monotonic() > until or enough:
                break
            if len(self.count.leaks) > _MOST_LEAKS:
                break
            if turn % _BETWEEN == 0:
                await self._be_served(line, person)
            await self._attack(line, person, *next(self._plan))
        line.close()

    async def _attack(
        self,
        line: Line,
        person: Person,
        template: Template,
        spelling: Spelling,
        form: Form,
    ) -> None:
        victim = self._dice.choice(
            [it for it in self.company.people if it.known and it is not person]
        )
        place = self._dice.choice([it for it in victim.places if "/open/" in it.name])
        if form.writes_only and not template.request.body:
            form = self._dice.choice(FORMS[:3])
        if template.operation == POST_OBJECT and form.name not in POSTABLE:
            form = FORMS[0]
        own, keys = self.own(person), self.company.keys(person, victim)
        real = made(self.company, template, spelling, form, person, place, own, keys)
        if decoded(real.raw).startswith(f"{person.folder}vault/"):
            return  # A name in the other case may be the attacker's: that is no attack.
        self._tally(real, spelling)
        kinds = [kind for kind, word in _KINDS.items() if template.has(word)]
        if not kinds:
            await self._tried(line, real)
            return
        kind = self._dice.choice(kinds)
        # Among one's own keys, another's name has its place in the order.
        if kind == "key" and not template.open and self._dice.random() < 0.3:
            kind = "folder"
        ghost = made(
            self.company,
            template,
            spelling,
            form,
            person,
            ghost_of(place, kind),
            own,
            keys,
        )
        pair = [real, ghost]
        self._dice.shuffle(pair)
        answers = {each.place: await self._tried(line, each) for each in pair}
        self.count.pairs += 1
        found, missing = answers[real.place], answers[ghost.place]
        self.count.leaks += told_apart(real, found, ghost, missing)

    def _tally(self, attack: Attack, spelling: Spelling) -> None:
        count, template = self.count, attack.template
        count.attacks += 1
        count.variants.add(f"{template.request.service} {template.name}")
        name = template.operation
        count.operations[f"{template.request.service}:{name}"] += 1
        count.spellings[spelling.name] += 1
        count.forms[attack.form.name] += 1
        count.crossed.add((name, spelling.name))

    async def _tried(self, line: Line, attack: Attack) -> Answer:
        answer = Answer(0)
        for _ in range(_TRIES):
            answer = await line.ask(attack.request)
            recorded = attack.request.method not in _UNRECORDED
            self.count.answered(answer, recorded=recorded)
            if answer.status != 503:
                break
            await asyncio.sleep(0.1)
        self.count.leaks += given_away(attack, answer, self.company)
        return answer

    def own(self, person: Person) -> Own:
        """What an attacker brings; the names of copies are other ones each time."""
        return Own(
            folder=person.folder,
            document=person.document,
            # Behind a letter, or the number would look like a size, which is a mark.
            fresh=f"{person.folder}desk/n{next(self._numbers)}",
            upload=person.upload,
            upload_key=person.upload_key,
            stamp=person.stamp,
            account=self.company.account,
            name=person.name,
        )

    async def _be_served(self, line: Line, person: Person) -> None:
        """Write, read, list and delete one's own, to see that the server is alive."""
        number = next(self._numbers)
        target = f"/{self.company.bucket}/{plain(person.folder)}desk/own{number}"
        host = ("host", self.company.host)
        stamp = ("x-amz-meta-stamp", person.stamp)
        content = f"{person.stamp} {number}".encode()
        listing = f"/{self.company.bucket}?list-type=2&prefix={plain(person.folder)}"
        keys = person.credentials
        steps = (
            (signed(Request("PUT", target, (host, stamp), content), keys), 200, b""),
            (signed(Request("GET", target, (host,)), keys), 200, content),
            (link(Request("GET", target, (host,)), keys), 200, content),
            (
                signed(Request("GET", f"{listing}vault/", (host,)), keys),
                200,
                person.places[0].key.encode(),
            ),
            (signed(Request("DELETE", target, (host,)), keys), 204, b""),
        )
        for request, status, within in steps:
            answer = await line.ask(request)
            for _ in range(_TRIES):
                if answer.status != 503:
                    break
                await asyncio.sleep(0.2)
                answer = await line.ask(request)
            self.count.answered(answer)
            if answer.status != status or within not in answer.body:
                evidence = f"{answer.status} instead of {status}"
                name = f"{person.name} in their own folder"
                self.count.leaks.append(
                    Leak("unserved", name, evidence, request, answer)
                )
                return
            self.count.served += 1


def made(
    company: Company,
    template: Template,
    spelling: Spelling,
    form: Form,
    person: Person,
    place: Place,
    own: Own,
    keys: Keys,
) -> Attack:
    """Make a request of everything that was chosen."""
    raw = spelling.spell(own.folder, place)
    request = fill(template, place, raw, own).adding(("host", company.host))
    if spelling.shape is not None and request.service == "s3":
        request = spelling.shape(request, own.folder, place)
    request = with_digest(request)
    if template.operation == POST_OBJECT:
        content = own.stamp.encode()
        signs = credentials_of(form, keys)
        request = posted(request, decoded(raw), content, signs, form)
    elif template.operation not in _UNRECORDED:
        request = form.sign(request, keys)
    return Attack(template, spelling.name, form, person.name, own, place, raw, request)
