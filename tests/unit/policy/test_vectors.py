"""Every JSON vector, through the library."""

from typing import Any


def test_decides_as_the_vector_says(vector: Any) -> None:
    """Decision, refusing layer and deciding statements are the expected ones."""
    answer = vector.answer()
    expected = vector.expected
    assert answer.decision.value == expected["decision"]
    if "layer" in expected:
        assert answer.layer == expected["layer"]
    if "sids" in expected:
        assert [ref.sid for ref in answer.statements] == expected["sids"]
