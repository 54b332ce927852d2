"""A refusal by policy: the caller, the log and the audit each get their words."""

from securecart.names.principal import IamUser
from securecart.policy import Layers, Request, explain
from securecart.policy.document import PolicyKind
from securecart.policy.parse import parse_policy
from securecart.serve.gateway.denied import DeniedByPolicy


def test_the_reason_is_bounded_and_ends_with_the_verdict() -> None:
    """However many statements came near, and however long their values are."""
    statement = '{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a/b"}'
    policy = parse_policy(
        f'{{"Version":"2012-10-17","Statement":[{",".join([statement] * 50)}]}}',
        PolicyKind.IDENTITY,
    )
    request = Request(
        IamUser("111122223333", "clerk", "AIDA"),
        "s3:GetObject",
        "arn:aws:s3:::docs/" + "x" * 1000,
        {},
        "111122223333",
    )
    layers = Layers(identity=(policy,))
    reason = DeniedByPolicy("Access Denied", lambda: explain(layers, request)).reason()
    assert len(reason.sentences) == 20
    assert reason.verdict.startswith("Denied, since no identity policy allows")
    assert max(map(len, reason.sentences)) <= 1024
