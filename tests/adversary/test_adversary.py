"""Nobody comes to another's documents, whatever they ask and however they write it.

See `run.py` for a longer run. What is reported here is reported there.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from tests.adversary.aftermath import unrecorded
from tests.adversary.controls import controlled
from tests.adversary.installed import changed, holes
from tests.adversary.operations import SERVICES, operation_names
from tests.adversary.people import ROLE, Company
from tests.adversary.run import PEOPLE, Place, attacked, installation, move_in_at
from tests.adversary.signing import FORMS
from tests.adversary.soak import Plan, Soak
from tests.adversary.spellings import SPELLINGS

_SECONDS = 25
_MANY = 5_000
"""Attacks: every operation, spelling and form comes ten times; see below."""
_ENOUGH = 150
"""Attacks: with a hole, one in ten or more is reported."""
_HOLES = holes()


@dataclass(frozen=True)
class World:
    """An installation, and the people in it."""

    place: Place
    company: Company


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One installation for the soak, and after it for all holes."""
    with installation(tmp_path_factory.mktemp("adversary")) as place:
        yield World(place, move_in_at(place, PEOPLE))


@pytest.mark.slow
def test_attacks_are_requests_that_their_owners_may_make(world: World) -> None:
    """What is refused to others is carried out for the owner or administrator."""
    controls = controlled(world.company)
    print(f"\n{controls}")  # noqa: T201 - the count is what a reader wants
    assert not controls.failed, "\n".join(controls.failed)
    assert controls.by_owner > 50
    assert controls.by_administrator > 30


@pytest.mark.slow
def test_nothing_of_others_leaks(world: World) -> None:
    """Not one byte, name, size or existence; nothing changes; all is recorded."""
    plan = Plan()
    count = attacked(world.company, plan, seconds=_SECONDS, most=_MANY)
    print("\n" + "\n".join(count.lines()))  # noqa: T201 - likewise
    assert not count.leaks, "\n".join(map(str, count.leaks[:10]))
    for service in SERVICES:
        wanted = {f"{service}:{name}" for name in operation_names(service)}
        assert not wanted - count.operations.keys()
    assert {each.name for each in SPELLINGS} == count.spellings.keys()
    assert {each.name for each in FORMS} == count.forms.keys()
    assert count.served > 100
    assert count.unanswered < count.requests / 100
    busy = sum(n for status, n in count.statuses.items() if status.startswith("503"))
    assert busy < count.requests / 100


@pytest.mark.parametrize("name", _HOLES)
def test_every_hole_can_be_made(name: str) -> None:
    """A list that the source has left behind would prove nothing."""
    for change in _HOLES[name].get("change", ()):
        compile(changed(change), change["file"], "exec")


@pytest.mark.slow
@pytest.mark.parametrize("name", _HOLES)
def test_the_adversary_sees(world: World, name: str) -> None:
    """With a hole made on purpose, it reports what leaks."""
    hole = _HOLES[name]
    with _made(world, name):
        count = Soak(world.company, _plan(hole)).run(_SECONDS, _ENOUGH)
        found = [*count.leaks, *unrecorded(world.company, count.request_ids)]
    kinds = {leak.kind for leak in found}
    assert hole["kind"] in kinds, (kinds, *count.lines())
    # Where others may delete, what they deleted is missed.
    assert "unserved" not in kinds or "DeleteObjects" in hole["operations"]


@contextmanager
def _made(world: World, name: str) -> Iterator[None]:
    """Make a hole, in the workers or in the role's policy, and close it."""
    change = _HOLES[name].get("policy")
    if change is None:
        world.place.make(name)
        yield
        world.place.make("")
        return
    iam = world.place.running.client("iam")
    (policy,) = iam.list_role_policies(RoleName=ROLE)["PolicyNames"]
    named = {"RoleName": ROLE, "PolicyName": policy}
    before = json.dumps(iam.get_role_policy(**named)["PolicyDocument"])
    assert change["guard"] in before
    after = before.replace(change["guard"], change["without"])
    iam.put_role_policy(**named, PolicyDocument=after)
    yield
    iam.put_role_policy(**named, PolicyDocument=before)


def _plan(hole: dict[str, Any]) -> Plan:
    plan = Plan()
    spellings = hole.get("spellings", ["as clients do", "colon raw"])
    return Plan(
        [each for each in plan.templates if each.operation in hole["operations"]],
        [each for each in SPELLINGS if each.name in spellings],
        [
            each
            for each in FORMS
            if (each.name in hole["forms"] if "forms" in hole else each.counts)
        ],
    )
