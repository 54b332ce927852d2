"""ArnEquals and ArnLike, which in AWS behave alike, and their negations."""

from securecart.policy.arn_pattern import ArnPattern, segments_of
from securecart.policy.conditions.test import Test
from securecart.policy.variables import Context


def like(value: str, *, variables: bool) -> Test:
    """Segment by segment the same, but for wildcards."""
    pattern = ArnPattern(value, variables=variables)

    def test(actual: str, context: Context) -> bool | None:
        return pattern.matches(segments_of(actual), context)

    return test
