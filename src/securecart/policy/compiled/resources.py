"""`Resource` and `NotResource`, as far as the head of a resource decides them."""

from securecart.policy.arn_pattern import ArnPattern, segments_of
from securecart.policy.compiled.check import Check
from securecart.policy.compiled.known import Known, Piece
from securecart.policy.compiled.target import Target
from securecart.policy.compiled.texts import Pieces, Texts
from securecart.policy.document import Resources
from securecart.policy.variables import Context, Variable
from securecart.policy.wildcard import Glob, Wild


def specialise_resources(
    resources: Resources, target: Target, known: Known, *, undecided: bool
) -> bool | Check:
    """Answer what is left to ask of a request.

    `undecided` is the outcome where a pattern's variable has no value, which
    counts under exclusion only (`Resources.cover`).
    """
    left = list[Pieces]()
    unsure = unbound = False
    for pattern in resources.patterns:
        if not (resources.excluded or _may_match(pattern, target)):
            continue
        pieces = known.bind(pattern.tail.pieces)
        if pieces is None:
            unsure = True
            continue
        rest = _rest(pattern, pieces, target)
        if rest is True:
            return not resources.excluded
        if any(isinstance(piece, Variable) for piece in pieces):
            # Under exclusion, a value that is missing counts all the same.
            unbound = unbound or rest is not False or resources.excluded
        elif rest is not False:
            left.append(tuple(p for p in rest if not isinstance(p, Variable)))
    if unbound:

        def as_it_is(resource: str, context: Context) -> bool:
            covered = resources.cover(segments_of(resource), known.join(context))
            return undecided if covered is None else covered

        return as_it_is
    missed = undecided if resources.excluded and unsure else resources.excluded
    if not left or missed is not resources.excluded:
        return missed
    return _check(Texts.of(left), excluded=resources.excluded)


def _may_match(pattern: ArnPattern, target: Target) -> bool:
    """Whether they begin alike: most statements are of other resources."""
    pieces, tail = pattern.tail.pieces, target.segments[-1]
    if pattern.everything or not pieces or not isinstance(pieces[0], str):
        return True
    return tail.startswith(pieces[0]) or pieces[0].startswith(tail)


def _check(texts: Texts, *, excluded: bool) -> Check:
    if excluded:
        return lambda resource, _context: not texts.matches(resource)
    if texts.only_beginnings:
        return _beginning(texts.beginnings)
    return lambda resource, _context: texts.matches(resource)


def _beginning(beginnings: tuple[str, ...]) -> Check:
    if len(beginnings) > 1:
        return lambda resource, _context: resource.startswith(beginnings)
    (beginning,) = beginnings
    return lambda resource, _context: resource.startswith(beginning)


def _rest(
    pattern: ArnPattern, pieces: tuple[Piece, ...], target: Target
) -> bool | tuple[Piece, ...]:
    """What a pattern, its sixth segment bound, says of the target's resources.

    True or False if it matches all or none of them, otherwise what the whole
    resource must match.
    """
    if pattern.everything:
        return True
    *segments, tail = target.segments
    if len(segments) != len(pattern.head) or not all(
        # No variable stands there. Most segments are the very same text.
        wanted.text == segment or wanted.matches(segment, {})
        for wanted, segment in zip(pattern.head, segments, strict=True)
    ):
        return False
    literal = bool(pieces) and isinstance(pieces[0], str)
    beginning = str(pieces[0]) if literal else ""
    rest = pieces[1:] if literal else pieces
    if target.whole:
        if all(isinstance(piece, str | Wild) for piece in pieces):
            return Glob(p for p in pieces if not isinstance(p, Variable)).matches(tail)
    elif rest == (Wild.ANY,) and tail.startswith(beginning):
        return True
    elif not (beginning.startswith(tail) or (rest and tail.startswith(beginning))):
        return False
    return (":".join((*segments, beginning)), *rest)
