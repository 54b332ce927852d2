"""`Condition`: one closure for each line that a request must still settle."""

from collections.abc import Callable

from securecart.policy.compiled.check import Asked, Check
from securecart.policy.compiled.known import Known
from securecart.policy.compiled.texts import Texts
from securecart.policy.conditions.condition import (
    Absence,
    Comparison,
    Condition,
)
from securecart.policy.variables import Context, Variable, read_pieces

_EXACT = ("StringEquals", "StringNotEquals")
_LIKE = ("StringLike", "StringNotLike")
_BOOLEANS = ("true", "false")
_IF_EXISTS = "IfExists"
_LONGEST_REMEMBERED = 64
"""No address, date or number is longer; what a caller can make as long as it
likes is not kept."""

_Values = str | tuple[str, ...]
_Outcome = Callable[[_Values], bool]


def specialise_condition(
    condition: Condition, known: Known, *, undecided: bool
) -> bool | Asked:
    """Answer what is left to ask of a request.

    `undecided` is the outcome where the condition cannot be decided.
    """
    if isinstance(condition, Absence):
        return _absence(condition, known, undecided=undecided)
    return _comparison(condition, known, undecided=undecided)


def _absence(absence: Absence, known: Known, *, undecided: bool) -> bool | Asked:
    key, wanted = absence.key, absence.wanted

    def holds(context: Context) -> bool:
        held = absence.holds(context)
        return undecided if held is None else held

    if known.settles(key) or len(wanted) > 1:
        return holds(known.keys)
    return Asked(
        lambda _resource, context: holds(context), None if True in wanted else key
    )


def _comparison(
    comparison: Comparison, known: Known, *, undecided: bool
) -> bool | Asked:
    key = comparison.key
    name = comparison.name.removesuffix(_IF_EXISTS)
    patterns = [
        known.bind(
            read_pieces(value, variables=comparison.variables, wild=name in _LIKE)
        )
        for value in comparison.values
    ]
    bound = [pieces for pieces in patterns if pieces is not None]

    def holds(context: Context) -> bool:
        held = comparison.holds(context)
        return undecided if held is None else held

    if any(isinstance(piece, Variable) for pieces in bound for piece in pieces):
        return Asked(lambda _resource, context: holds(known.join(context)))
    if known.settles(key):
        return holds(known.keys)

    def outcome(values: _Values) -> bool:
        return holds({**known.keys, key: values})

    harmless = frozenset[str]()
    if name in _EXACT or name in _LIKE:
        missing = comparison.negated and len(bound) < len(patterns)
        check = _text(
            key,
            Texts.of(
                tuple(p for p in pieces if not isinstance(p, Variable))
                for pieces in bound
            ),
            hit=not comparison.negated,
            missed=undecided if missing else comparison.negated,
            outcome=outcome,
        )
    elif name == "Bool":
        usual = {each: outcome(each) for each in _BOOLEANS}
        harmless = frozenset(each for each in _BOOLEANS if not usual[each])
        check = _boolean(key, usual, outcome)
    else:
        check = _remembering(key, outcome)
    return Asked(check, None if outcome(()) else key, harmless)


def _text(
    key: str, texts: Texts, *, hit: bool, missed: bool, outcome: _Outcome
) -> Check:
    """A single text is hit by one of the policy's values, or by none."""
    exact, beginnings, matches = texts.exact, texts.beginnings, texts.matches

    def equals(_resource: str, context: Context) -> bool:
        found = context.get(key, ())
        if found.__class__ is str:
            return hit if found in exact else missed
        return outcome(found)

    def begins(_resource: str, context: Context) -> bool:
        found = context.get(key, ())
        if found.__class__ is str:
            return hit if found.startswith(beginnings) else missed
        return outcome(found)

    def like(_resource: str, context: Context) -> bool:
        found = context.get(key, ())
        if found.__class__ is str:
            return hit if matches(found) else missed
        return outcome(found)

    if texts.only_exact:
        return equals
    return begins if texts.only_beginnings else like


def _boolean(key: str, usual: dict[str, bool], outcome: _Outcome) -> Check:
    def check(_resource: str, context: Context) -> bool:
        found = context.get(key, ())
        if found.__class__ is str and found in usual:
            return usual[found]
        return outcome(found)

    return check


def _remembering(key: str, outcome: _Outcome) -> Check:
    """Keep the last outcome: most values of one session come again and again."""
    last: tuple[_Values, bool] = ((), outcome(()))

    def check(_resource: str, context: Context) -> bool:
        nonlocal last
        found = context.get(key, ())
        # Read once and replaced as a whole: another thread may decide as well.
        kept, answer = last
        if found == kept:
            return answer
        answer = outcome(found)
        if isinstance(found, str) and len(found) <= _LONGEST_REMEMBERED:
            last = found, answer
        return answer

    return check
