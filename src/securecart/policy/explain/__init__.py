"""Why a decision came out as it did: first as structure, then in words.

`explain`, `explain_key` and `explain_trust` answer for `decide`, `decide_key`
and `decide_trust` with an `Explanation`, made of findings. `words` puts one
into plain sentences. Only condition keys that a policy names are told of.
"""

from securecart.policy.explain.explanation import (
    Explanation,
    explain,
    explain_key,
    explain_trust,
)
from securecart.policy.explain.phrase import plain
from securecart.policy.explain.words import sentences, verdict

__all__ = [
    "Explanation",
    "explain",
    "explain_key",
    "explain_trust",
    "plain",
    "sentences",
    "verdict",
]
