"""Which bucket policies are public.

Source: Amazon S3 User Guide, "The meaning of 'public'" in "Blocking public
access to your Amazon S3 storage". A policy is public until something in each
of its Allow statements holds it to somebody or to somewhere.
"""

import re
from ipaddress import ip_network

from securecart.policy import Effect, Policy, Statement
from securecart.policy.conditions.condition import Comparison, Condition, Quantifier

# Keys that hold a statement to somebody in particular, given fixed values.
_FIXING_KEYS = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceorgid",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    }
)
# Without IfExists, which lets in whoever lacks the key.
_FIXING_OPERATORS = frozenset(
    {
        "ArnEquals",
        "ArnLike",
        "StringEquals",
        "StringEqualsIgnoreCase",
        "StringLike",
    }
)
_WILDCARD_OR_VARIABLE = re.compile(r"[*?$]")
# Access points of one account may go by any name.
_ACCESS_POINTS = re.compile(r"arn:aws[a-z-]*:s3:[a-z0-9-]*:[0-9]{12}:accesspoint/[^$]*")
# AWS takes very broad ranges for the public: those broader than these.
_BROADEST = {4: 8, 6: 32}


def is_public(policy: Policy) -> bool:
    """Whether a policy lets in everybody, as AWS understands it."""
    return any(_is_public(statement) for statement in policy.statements)


def _is_public(statement: Statement) -> bool:
    return (
        statement.effect is Effect.ALLOW
        and _names_everyone(statement)
        and not any(map(_holds_to_somebody, statement.conditions))
    )


def _names_everyone(statement: Statement) -> bool:
    """NotPrincipal names everybody but a few."""
    principals = statement.principals
    return principals is None or principals.excluded or principals.listed.everyone


def _holds_to_somebody(condition: Condition) -> bool:
    # ForAllValues lets in whoever has no value of the key.
    if not isinstance(condition, Comparison) or condition.quantifier is Quantifier.ALL:
        return False
    operator = condition.name.rpartition(":")[2]
    if condition.key == "aws:sourceip":
        return operator == "IpAddress" and all(map(_is_narrow, condition.values))
    return (
        condition.key in _FIXING_KEYS
        and operator in _FIXING_OPERATORS
        and all(_is_fixed(condition.key, value) for value in condition.values)
    )


def _is_fixed(key: str, value: str) -> bool:
    if key == "s3:dataaccesspointarn" and _ACCESS_POINTS.fullmatch(value):
        return True
    return _WILDCARD_OR_VARIABLE.search(value) is None


def _is_narrow(text: str) -> bool:
    network = ip_network(text, strict=False)
    return network.prefixlen >= _BROADEST[network.version]
