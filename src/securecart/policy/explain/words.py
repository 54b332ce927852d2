"""An explanation in plain sentences."""

from collections.abc import Iterator
from typing import Final

from securecart.policy.document import Effect
from securecart.policy.explain.explanation import Explanation
from securecart.policy.explain.finding import LayerFinding, StatementFinding
from securecart.policy.explain.phrase import caller, either, failure, met, plain, remedy
from securecart.policy.principals import Grant
from securecart.policy.request import Decision, Layer, StatementRef

_LAYERS: Final = {
    Layer.IDENTITY: ("identity policy", "identity policies"),
    Layer.RESOURCE: ("resource policy", "resource policies"),
    Layer.BOUNDARY: ("permissions boundary", "permissions boundaries"),
    Layer.SESSION: ("session policy", "session policies"),
    Layer.TRUST: ("trust policy", "trust policies"),
}
_OF_A_KEY: Final = ("key policy", "key policies")
_MOST: Final = 20
"""Statements told of one by one: more do not help whoever looks for the reason."""
_LONGEST: Final = 1024
"""Characters of one sentence, as CloudTrail cuts an errorMessage."""
_PASSED_ON: Final = {
    Grant.ACCOUNT: " to the account, whose own policies must allow it as well",
    Grant.ROLE: " to the role, whose boundary and session policies still count",
}


def sentences(explanation: Explanation) -> list[str]:
    """Every layer, the statements that came near, and last the verdict.

    However long the policies are, there are some thirty sentences of at most
    1,024 characters; the statements that decided are the last to be left out.
    """
    told = _told(explanation)
    return [
        *(
            _cut(line)
            for layer in explanation.layers
            for line in _layer(explanation, layer, told)
        ),
        verdict(explanation),
    ]


def verdict(explanation: Explanation) -> str:
    """Who decided; of a refusal also what would have to change."""
    answer = explanation.answer
    if answer.decision is Decision.ALLOW:
        return f"Allowed{_allowed_by(explanation)}."
    if answer.decision is Decision.EXPLICIT_DENY:
        return _cut(_denied(explanation))
    return _cut(_not_allowed(explanation))


def _told(explanation: Explanation) -> frozenset[StatementRef]:
    """The statements told of: those that the verdict names, then the others."""
    named = {*explanation.answer.statements}
    nearest = _nearest(explanation)
    if nearest is not None:
        named.add(nearest.ref)
    near = [found.ref for layer in explanation.layers for found in layer.near]
    return frozenset(sorted(near, key=lambda ref: ref not in named)[:_MOST])


def _cut(sentence: str) -> str:
    if len(sentence) <= _LONGEST:
        return sentence
    return sentence[: _LONGEST - 1] + "…"


def _layer(
    explanation: Explanation, layer: LayerFinding, told: frozenset[StatementRef]
) -> Iterator[str]:
    one, many = _names(explanation, layer.layer)
    if not layer.policies:
        yield f"There is no {one}."
        return
    listed = [statement for statement in layer.near if statement.ref in told]
    for statement in listed:
        yield _statement(explanation, statement)
    named = f"the {one}" if layer.policies == 1 else f"the {many}"
    more = len(layer.near) - len(listed)
    if more:
        yield f"… and {more} more statement{'' if more == 1 else 's'} of {named}."
    if layer.others:
        few = layer.others == 1
        yield (
            f"{layer.others} {'other ' if layer.near else ''}"
            f"statement{'' if few else 's'} of {named} "
            f"speak{'s' if few else ''} of other actions."
        )


def _statement(explanation: Explanation, statement: StatementFinding) -> str:
    name = _name(explanation, statement.ref)
    denies = statement.effect is Effect.DENY
    verb = "deny" if denies else "allow"
    if not statement.matches:
        request = explanation.request
        why = _all(
            failure(found, caller(request.principal), request.resource)
            for found in statement.unmet
        )
        return f"{name} would {verb} {request.action}, but {why}."
    if denies:
        return f"{name} denies it{_since(statement)}."
    passed_on = "" if statement.grant is None else _PASSED_ON.get(statement.grant, "")
    return f"{name} allows it{passed_on}."


def _since(statement: StatementFinding) -> str:
    if not statement.conditions:
        return ""
    return f", since {_all(met(condition) for condition in statement.conditions)}"


def _allowed_by(explanation: Explanation) -> str:
    refs = explanation.answer.statements
    if not refs:
        return ": an account's root may do what no policy denies"
    return " by " + either((_lowered(explanation, ref) for ref in refs), "and")


def _denied(explanation: Explanation) -> str:
    deciding = explanation.deciding
    names = either((_lowered(explanation, found.ref) for found in deciding), "and")
    keys = dict.fromkeys(c.key for found in deciding for c in found.conditions)
    change = f"{'these statements' if len(deciding) > 1 else 'that statement'}"
    if keys:
        change = f"another {either(keys)}, or a change to {change}"
    else:
        change = f"a change to {change}"
    return f"Denied by {names}, and no Allow outweighs a Deny. It would take {change}."


def _not_allowed(explanation: Explanation) -> str:
    request, layer = explanation.request, explanation.answer.layer
    if layer is None:
        raise ValueError("a refusal without a layer that refused")
    one, _ = _names(explanation, layer)
    what = f"{request.action} on {plain(request.resource)}"
    said = f"Denied, since no {one} allows {what}."
    nearest = _nearest(explanation)
    if nearest is None:
        return f"{said} It would take a statement that does."
    change = _all(
        remedy(found, caller(request.principal), request.resource)
        for found in nearest.unmet
    )
    return f"{said} {_name(explanation, nearest.ref)} would, if {change}."


def _nearest(explanation: Explanation) -> StatementFinding | None:
    """The Allow, of the layer in which none matches, that lacks the least."""
    answer = explanation.answer
    if answer.decision is not Decision.IMPLICIT_DENY or answer.layer is None:
        return None
    near = (
        found
        for found in explanation.layer(answer.layer).near
        if found.effect is Effect.ALLOW and not found.matches
    )
    return min(near, key=lambda found: len(found.unmet), default=None)


def _name(explanation: Explanation, ref: StatementRef) -> str:
    """A statement by its Sid or number, both of which count from one here."""
    one, _ = _names(explanation, ref.layer)
    statement = ref.sid if ref.sid is not None else str(ref.statement + 1)
    count = explanation.layer(ref.layer).policies
    if ref.layer in (Layer.IDENTITY, Layer.SESSION) or count > 1:
        return f"Statement {plain(statement)} of {one} {ref.policy + 1}"
    return f"Statement {plain(statement)} of the {one}"


def _lowered(explanation: Explanation, ref: StatementRef) -> str:
    name = _name(explanation, ref)
    return name[0].lower() + name[1:]


def _names(explanation: Explanation, layer: Layer) -> tuple[str, str]:
    if layer is Layer.RESOURCE and explanation.guards_key:
        return _OF_A_KEY
    return _LAYERS[layer]


def _all(parts: Iterator[str]) -> str:
    return ", and ".join(parts)
