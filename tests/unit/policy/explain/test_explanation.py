"""What is found of each statement, apart from the words for it."""

import json

from securecart.names.principal import Anonymous
from securecart.policy import (
    Decision,
    Layer,
    Layers,
    PolicyKind,
    Request,
    decide,
    explain,
    parse_policy,
)
from securecart.policy.explain.finding import (
    ConditionFinding,
    PrincipalFinding,
    ResourceFinding,
)

_EVERYTHING = {"Action": "*", "Resource": "*"}


def test_every_statement_near_is_told_of_and_the_others_counted() -> None:
    """By the elements that keep it from matching: none where it decides."""
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "s3:Get*", "Resource": "*"},
            {"Effect": "Deny", "Principal": "*", "Action": "s3:Put*", "Resource": "*"},
            {"Effect": "Deny", "Principal": "*", "NotAction": "s3:*", "Resource": "*"},
            {
                "Effect": "Allow",
                "Principal": {"AWS": "111122223333"},
                "Action": "*",
                "Resource": "arn:aws:s3:::other",
            },
            {
                "Effect": "Deny",
                "Principal": "*",
                **_EVERYTHING,
                "Condition": {"Null": {"s3:Prefix": "false"}},
            },
        ],
    }
    policy = parse_policy(json.dumps(document), PolicyKind.RESOURCE)
    layers = Layers(resource=policy)
    request = Request(
        Anonymous(), "s3:GetObject", "arn:aws:s3:::docs/a", {}, "111122223333"
    )
    explanation = explain(layers, request)
    assert explanation.answer == decide(layers, request)
    assert explanation.answer.decision is Decision.ALLOW
    found = explanation.layer(Layer.RESOURCE)
    assert [(s.ref.statement, tuple(map(type, s.unmet))) for s in found.near] == [
        (0, ()),
        (3, (PrincipalFinding, ResourceFinding)),
        (4, (ConditionFinding,)),
    ]
    assert found.others == 2
    assert [s.ref.statement for s in explanation.deciding] == [0]
