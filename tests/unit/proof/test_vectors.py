"""Every JSON vector: what is proved, and what is shown instead."""

from typing import Final

import pytest
from tests.unit.proof.replaying import assert_allowed
from tests.unit.proof.vectors import Vector, vectors

from securecart.proof.counterexample import Counterexample
from securecart.proof.isolation import Proof, Undecided, prove
from securecart.proof.targets import Harm

_KINDS: Final = {
    "proof": Proof,
    "counterexample": Counterexample,
    "undecided": Undecided,
}
_HARMS: Final = {
    "object": Harm.OBJECT,
    "key": Harm.KEY,
    "permissions": Harm.PERMISSIONS,
    "everybody": Harm.BUCKET,
}


@pytest.mark.parametrize(
    "vector", [pytest.param(vector, id=vector.name) for vector in vectors()]
)
def test_finds_what_the_vector_says(vector: Vector) -> None:
    """A proof where there is one, else the request that the vector names."""
    found = prove(vector.deployment)
    assert isinstance(found, _KINDS[vector.expected]), found
    if isinstance(found, Proof):
        assert found.assumptions
        assert found.sessions
    if not isinstance(found, Counterexample):
        return
    wanted = vector.request
    assert found.request.action == wanted.get("action", found.request.action)
    assert len(found.asker) == wanted.get("steps", len(found.asker))
    if "harm" in wanted:
        assert found.harm == _HARMS[wanted["harm"]].words
    for who, steps in (("asker", found.asker), ("owner", found.owner)):
        if who in wanted:
            assert steps[-1].session.session_name == wanted[who]
    assert_allowed(vector.deployment, found)
