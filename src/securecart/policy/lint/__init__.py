"""Warnings of what AWS accepts in a policy and nobody should want there.

Floor 1, sans-IO. `lint` holds a policy that was read to the rules in `RULES`;
a rule works on parsed statements, never on JSON text.
"""

from securecart.policy.lint.kind import guess_kind
from securecart.policy.lint.lint import RULES, lint
from securecart.policy.lint.remark import Remark, Severity
from securecart.policy.lint.rule import Rule

__all__ = ["RULES", "Remark", "Rule", "Severity", "guess_kind", "lint"]
