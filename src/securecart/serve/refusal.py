"""Why a policy refused: what log and audit are told, and the caller sealed."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from securecart.names.clock import Random
from securecart.names.errors import AccessDenied, ServiceError
from securecart.names.principal import Federated
from securecart.policy import DeniedByPolicy, Explanation, plain, sentences
from securecart.policy.denial import BARE
from securecart.policy.explain.phrase import caller
from securecart.sts import AuthorizationMessages

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """What a failed request is answered, and what its audit record says of it."""

    error: ServiceError
    explanation: tuple[str, ...] = ()


class Refusals:
    """Tells of refusals; shared by threads."""

    def __init__(self, messages: AuthorizationMessages, random: Random) -> None:
        self._encode: Callable[[Explanation], str] = partial(
            messages.encode, random=random
        )

    def tell(self, error: ServiceError, request_id: str) -> Told:
        """Log a refusal by policy, explain it, and seal why into its message.

        Never raises: what cannot be put into words is refused all the same,
        and answered as it would have been. Any other error stays as it is.
        """
        if not isinstance(error, DeniedByPolicy):
            return Told(error)
        try:
            explanation = error.explanation()
            told = tuple(sentences(explanation))
        except Exception:  # noqa: BLE001 - the request is refused, whatever fails here
            of_request = {"request_id": request_id}
            _log.exception("a refusal could not be explained", extra=of_request)
            return Told(error)
        request = explanation.request
        _log.info(
            "%s may not %s on %s: %s",
            caller(request.principal),
            request.action,
            plain(request.resource),
            told[-1],
            extra={"request_id": request_id},
        )
        return Told(self._with_message(error, explanation, request_id), told)

    def _with_message(
        self, error: DeniedByPolicy, explanation: Explanation, request_id: str
    ) -> ServiceError:
        # Strangers at S3's door are told nothing at all, and whom only a provider
        # knows must not learn that there is such a role.
        known = not isinstance(explanation.request.principal, Federated)
        if error.message == BARE or not known:
            return error
        try:
            encoded = self._encode(explanation)
        except Exception:  # noqa: BLE001 - the request is refused, whatever fails here
            of_request = {"request_id": request_id}
            _log.exception("a refusal could not be encoded", extra=of_request)
            return error
        return AccessDenied(
            f"{error.message}. Encoded authorization failure message: {encoded}"
        )
