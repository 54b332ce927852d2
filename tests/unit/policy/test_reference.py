"""The reference evaluator is held to the vectors too, or it proves nothing."""

from typing import TYPE_CHECKING

from tests.unit.policy.reference.asked import judged

if TYPE_CHECKING:
    from tests.unit.policy.conftest import Vector

    from securecart.policy import Layers, Policy


def test_the_reference_decides_as_the_vectors_say(
    vector_file: tuple["Vector", ...],
) -> None:
    """Decision, refusing layer and deciding statements, as of the engine."""
    for vector in vector_file:
        expected = vector.expected
        verdict = judged(vector.decides, vector.layers, vector.request)
        assert verdict.decision == expected["decision"], vector.says
        if "layer" in expected:
            assert verdict.layer == expected["layer"], vector.says
        if "sids" in expected:
            sids = [
                _policies(vector.layers, layer)[policy].statements[statement].sid
                for layer, policy, statement in verdict.statements
            ]
            wanted = sorted(map(str, expected["sids"]))
            assert sorted(map(str, sids)) == wanted, vector.says


def _policies(layers: "Layers", layer: str) -> tuple["Policy", ...]:
    if layer in {"resource", "trust"}:
        return (layers.resource,) if layers.resource else ()
    if layer == "boundary":
        return (layers.boundary,) if layers.boundary else ()
    return layers.identity if layer == "identity" else layers.session or ()
