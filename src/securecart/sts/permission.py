"""What the caller's own policies must allow, where no role's trust is asked."""

from functools import partial
from typing import Final

from securecart.policy import DeniedByPolicy, Request, decide, explain
from securecart.sts.call import Call

_EVERYTHING: Final = "*"
"""The resource of an action that has no resource type."""


def require_permission(call: Call, action: str) -> None:
    """Let a call pass that the caller's policies allow.

    Raises:
        DeniedByPolicy: if they do not.
    """
    layers = call.ports.policies.layers_for(call.caller)
    request = Request(call.caller, action, _EVERYTHING, call.context, call.account)
    answer = decide(layers, request)
    if not answer.allowed:
        raise DeniedByPolicy(request, answer, partial(explain, layers, request))
