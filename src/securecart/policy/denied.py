"""A refusal by policy, with what it takes to say why."""

from collections.abc import Callable

from securecart.names.errors import AccessDenied
from securecart.policy.denial import denial_message
from securecart.policy.explain import Explanation
from securecart.policy.request import Answer, Request


class DeniedByPolicy(AccessDenied):
    """What a statement denies, or none allows.

    The message is AWS's, for the caller. `explanation` is for administrators
    alone, and worked out only when it is called: many a refusal never becomes
    the answer to its request. It must rest on the very policies that decided,
    as those in the store may have changed since.
    """

    def __init__(
        self, request: Request, answer: Answer, explanation: Callable[[], Explanation]
    ) -> None:
        super().__init__(denial_message(request, answer))
        self.explanation = explanation
