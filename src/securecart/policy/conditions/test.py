"""What an operator makes of one value that a policy gives."""

from collections.abc import Callable

from securecart.policy.variables import Context

Test = Callable[[str, Context], bool | None]
"""Holds the request's value against the policy's; None: cannot be decided.

A negated operator uses the same test as its positive twin.
"""
