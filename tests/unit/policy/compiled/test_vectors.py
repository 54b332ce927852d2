"""The compiled form says what `decide` says, vector by vector."""

from dataclasses import dataclass, field
from typing import Any

from securecart.policy import Answer, Layers, Request, decide, decide_key
from securecart.policy.compiled import CompiledSession


def answer(session: CompiledSession, vector: Any) -> Answer:
    """Ask a session by the rule that the vector asks for."""
    request = vector.request
    ask = session.decide_key if vector.decides == "key" else session.decide
    return ask(
        request.action,
        request.resource,
        request.context,
        request.resource_account,
        vector.layers.resource,
    )


@dataclass
class Warm:
    """Sessions that go on from vector to vector."""

    sessions: dict[Any, CompiledSession] = field(default_factory=dict)

    def session(self, layers: Layers, request: Request) -> CompiledSession:
        """The session of these very policies and this principal."""
        name = (layers, request.principal)
        made = CompiledSession(layers, request.principal)
        return self.sessions.setdefault(name, made)


def test_a_fresh_session_says_what_decide_says(vector_file: tuple[Any, ...]) -> None:
    """Decision, statements and layer are the same, also the second time."""
    for vector in vector_file:
        session = CompiledSession(vector.layers, vector.request.principal)
        for rule in "key", "":
            asked = type(vector)(rule, vector.layers, vector.request, vector.expected)
            reference = decide_key if rule else decide
            expected = reference(vector.layers, vector.request)
            assert answer(session, asked) == expected, vector.says
            assert answer(session, asked) == expected, vector.says


def test_a_warmed_session_says_what_decide_says(vector_file: tuple[Any, ...]) -> None:
    """What was specialised for one request does not mislead another."""
    warm = Warm()
    for vector in vector_file:
        session = warm.session(vector.layers, vector.request)
        reference = decide_key if vector.decides == "key" else decide
        expected = reference(vector.layers, vector.request)
        assert answer(session, vector) == expected, vector.says
