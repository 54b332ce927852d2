"""The IAM policy language: read, validate, compile, decide, explain.

Floor 1, sans-IO. Uses `names` alone. `parse_policy` refuses whatever it does
not understand wholly; `decide`, `decide_key` and `decide_trust` combine the
layers as AWS does; `denial_message` puts a refusal into AWS's words, and
`DeniedByPolicy` raises it.
"""

from securecart.policy.context import principal_context
from securecart.policy.decide import (
    decide,
    decide_key,
    decide_trust,
    trust_decisions,
)
from securecart.policy.denial import denial_message
from securecart.policy.denied import DeniedByPolicy
from securecart.policy.document import Effect, Policy, PolicyKind, Statement
from securecart.policy.errors import MalformedPolicyDocument
from securecart.policy.explain import (
    Explanation,
    explain,
    explain_key,
    explain_trust,
    plain,
    sentences,
    verdict,
)
from securecart.policy.parse import parse_policy
from securecart.policy.request import (
    Answer,
    Decision,
    Layer,
    Layers,
    Request,
    StatementRef,
)
from securecart.policy.variables import Context

__all__ = [
    "Answer",
    "Context",
    "Decision",
    "DeniedByPolicy",
    "Effect",
    "Explanation",
    "Layer",
    "Layers",
    "MalformedPolicyDocument",
    "Policy",
    "PolicyKind",
    "Request",
    "Statement",
    "StatementRef",
    "decide",
    "decide_key",
    "decide_trust",
    "denial_message",
    "explain",
    "explain_key",
    "explain_trust",
    "parse_policy",
    "plain",
    "principal_context",
    "sentences",
    "trust_decisions",
    "verdict",
]
