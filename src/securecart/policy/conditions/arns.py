"""ArnEquals and ArnLike, which in AWS behave alike, and their negations."""

from securecart.policy.arn_pattern import ArnPattern, segments_of
from securecart.policy.conditions.test import Test
from securecart.policy.errors import NotUnderstood
from securecart.policy.variables import Context

_COLONS = 5


def like(value: str, *, variables: bool) -> Test:
    """Segment by segment the same, but for wildcards.

    Raises:
        NotUnderstood: if the value is no ARN with all its segments.
    """
    if value != "*" and value.count(":") < _COLONS:
        raise NotUnderstood("an ARN with segments left out")
    pattern = ArnPattern(value, variables=variables)

    def test(actual: str, context: Context) -> bool | None:
        return pattern.matches(segments_of(actual), context)

    return test
