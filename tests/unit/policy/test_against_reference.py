"""The engine, its compiled form and the naive reference always agree."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from tests.unit.policy.reference.asked import judged
from tests.unit.policy.reference.conditions import conditions_hold
from tests.unit.policy.reference.decision import Verdict
from tests.unit.policy.reference.strategies import (
    FAMILIES,
    HERE,
    PRINCIPALS,
    Asked,
    Family,
    asked,
)
from tests.unit.policy.reference.text import Context, glob
from tests.unit.policy.reference.truth import Truth

from securecart.policy import (
    Answer,
    Decision,
    Layer,
    Layers,
    PolicyKind,
    Request,
    decide,
    decide_key,
    decide_trust,
    parse_policy,
)
from securecart.policy.compiled import CompiledSession
from securecart.policy.wildcard import Glob, Wild


def _as_verdict(answer: Answer) -> Verdict:
    places = [(ref.layer.value, ref.policy, ref.statement) for ref in answer.statements]
    assert len(places) == len(set(places))
    return Verdict(
        answer.decision.value, answer.layer and answer.layer.value, frozenset(places)
    )


def _by_the_engine(decides: str, layers: Layers, request: Request) -> Answer:
    if decides == "trust":
        assert layers.resource is not None
        return decide_trust(layers.resource, request, layers)
    return (decide_key if decides == "key" else decide)(layers, request)


def _by_session(
    session: CompiledSession, decides: str, layers: Layers, request: Request
) -> Answer:
    return (session.decide_key if decides == "key" else session.decide)(
        request.action,
        request.resource,
        request.context,
        request.resource_account,
        layers.resource,
    )


def _agreed(case: Asked) -> Iterator[Verdict]:
    # One session for all requests, whatever policies the resource has had.
    session = CompiledSession(case.layers, case.requests[0].principal)
    for request, owner in zip(case.requests, case.owners, strict=True):
        layers = replace(case.layers, resource=owner)
        answer = _by_the_engine(case.decides, layers, request)
        verdict = judged(case.decides, layers, request)
        assert _as_verdict(answer) == verdict
        if case.decides != "trust":
            assert _by_session(session, case.decides, layers, request) == answer
        yield verdict


def test_all_evaluators_agree() -> None:
    """On decision, refusing layer and statements, each of which is met often."""
    reached = Counter[object]()

    def agree(case: Asked) -> None:
        for verdict in _agreed(case):
            reached[verdict.decision] += 1
            reached[verdict.decision, verdict.layer] += 1
            for layer in {layer for layer, *_ in verdict.statements}:
                reached["named", layer] += 1

    # The same examples each time, so that the counts are the same; and many
    # short runs, since a run's later examples resemble its earlier ones.
    for start in range(10):
        few = settings(max_examples=10, database=None)
        seed(start)(few(given(asked())(agree)))()
    assert all(reached[decision.value] >= 20 for decision in Decision), reached
    for kind in ("named", "explicitDeny", "implicitDeny"):
        missing = [layer for layer in Layer if not reached[kind, layer.value]]
        assert not missing, kind


@pytest.mark.slow
@settings(max_examples=600)
@given(asked())
def test_all_evaluators_agree_for_longer(case: Asked) -> None:
    """Six times as many examples, others each time."""
    assert all(_agreed(case))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.key)
def test_every_operator_agrees_on_every_pair_of_values(family: Family) -> None:
    """Each operator holds, does not, and its family is undecided, of absence too."""
    reached = Counter[tuple[str, Truth]]()
    met: list[str | tuple[str, ...]] = [(), *family.met]
    met += [(one, another) for one in family.met[:3] for another in family.met]
    for name, prefix, suffix, written in product(
        family.operators,
        ("", "ForAllValues:", "ForAnyValue:"),
        ("", "IfExists"),
        family.written,
    ):
        element = {f"{prefix}{name}{suffix}": {family.key: written}}
        layers = _conditioned(element)
        for values in met:
            context: Context = {family.key: values, "x:other": "a"}
            held = conditions_hold(element, context, variables=True)
            reached[name, held] += 1
            allowed, denied = (
                decide(
                    layers, Request(PRINCIPALS[2], action, "*", context, HERE)
                ).allowed
                for action in ("s3:Allowed", "s3:Denied")
            )
            assert (allowed, not denied) == (held is True, held is not False), (
                element,
                values,
            )
    for name in family.operators:
        assert reached[name, True], name
        assert reached[name, False], name
        assert reached[name, None], name


def _conditioned(element: dict[str, Any]) -> Layers:
    """Allow one action, and deny another, on a condition."""
    statements = [
        {"Effect": "Allow", "Action": "s3:Denied", "Resource": "*"},
        *(
            {
                "Effect": effect,
                "Action": action,
                "Resource": "*",
                "Condition": element,
            }
            for effect, action in (("Allow", "s3:Allowed"), ("Deny", "s3:Denied"))
        ),
    ]
    document = {"Version": "2012-10-17", "Statement": statements}
    return Layers((parse_policy(json.dumps(document), PolicyKind.IDENTITY),))


def _globbed(pattern: str, text: str) -> bool:
    wild = {"*": Wild.ANY, "?": Wild.ONE}
    return Glob(wild.get(one, one) for one in pattern).matches(text)


@settings(max_examples=300)
@given(
    st.text("aA*?\n\\[.é", max_size=10), st.text("aA*?\n\\[.é\U0001f600", max_size=12)
)
def test_wildcards_match_by_definition(pattern: str, text: str) -> None:
    """The engine's matching is the table's that asks for every position."""
    assert _globbed(pattern, text) == glob(pattern, text)


@given(st.integers(0, 12), st.integers(0, 40), st.booleans())
def test_many_stars_match_by_definition(stars: int, length: int, end: bool) -> None:  # noqa: FBT001
    """Patterns on which backtracking would not end."""
    pattern = "*a" * stars + "b" * end
    text = "a" * length
    assert _globbed(pattern, text) == glob(pattern, text)
