"""The pipeline that every request to IAM, STS and KMS goes through."""

import logging
from collections.abc import Mapping

from securecart.names.clock import Clock, Random
from securecart.names.cohort import step
from securecart.names.errors import ServiceError
from securecart.s3.context import request_context
from securecart.serve.api.backend import Asked, Backend, Result
from securecart.serve.api.errors import MissingAuthenticationToken, RequestTooLarge
from securecart.serve.api.exchange import Exchange, new_uuid
from securecart.serve.api.unfinished import Outcome, Unfinished
from securecart.serve.refusal import Refusals
from securecart.sts import Authenticator, Pending
from securecart.trail import Journal, JournalUnavailable, record
from securecart.wire.http import HttpRequest, HttpResponse
from securecart.wire.service import InternalFailure
from securecart.wire.service.query_input import query_parameters
from securecart.wire.sigv4 import (
    UnverifiedSignature,
    parse_signature,
    verify_signature,
)

MAX_BODY = 1024 * 1024
"""Bytes: a SAML assertion of 100,000 characters percent-encoded is under a
third of it, and a metadata document has room."""

_log = logging.getLogger(__name__)


class Api:
    """Answers whole requests; shared by threads.

    `backends` are by the service's name in credential scopes. A request that
    names none of them is answered in the words of `sts`, which has the
    operations that need no signature.
    """

    def __init__(
        self,
        backends: Mapping[str, Backend],
        authenticator: Authenticator,
        journal: Journal,
        refusals: Refusals,
        *,
        account: str,
        region: str,
        clock: Clock,
        random: Random,
    ) -> None:
        self._backends = backends
        self._authenticator = authenticator
        self._journal = journal
        self._refusals = refusals
        self._account = account
        self._region = region
        self._clock = clock
        self._random = random

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer one request, after its audit record was written.

        Never raises: whatever fails is told as the service tells it.
        """
        begun = self.begin(request)
        return begun if isinstance(begun, HttpResponse) else begun.settled()

    def begin(self, request: HttpRequest) -> HttpResponse | Unfinished:
        """Answer as `handle` does, but let the caller wait for the disk.

        Raises:
            WouldWait: see `names.waiting`; then nothing was done.
        """
        exchange = Exchange(
            request=request,
            backend=self._backends["kms" if _speaks_json(request) else "sts"],
            now=self._clock(),
            request_id=new_uuid(self._random),
            event_id=new_uuid(self._random),
        )
        try:
            pending = self._run(exchange)
        except Exception as error:  # noqa: BLE001 - The last resort, see `_failed`.
            return self._recorded(exchange, self._failed(exchange, error))
        if pending is None:
            return self._concluded(exchange)

        def finish(outcome: Outcome) -> HttpResponse:
            try:
                pending.finish(outcome)
            except Exception as error:  # noqa: BLE001 - As above.
                return self._recorded(exchange, self._failed(exchange, error))
            return self._concluded(exchange)

        return Unfinished(pending, finish)

    def _concluded(self, exchange: Exchange) -> HttpResponse:
        """Write what came of a request that did not fail."""
        step()
        try:
            response = exchange.backend.wire.serialize(
                exchange.operation, exchange.result or {}, exchange.request_id
            )
        except Exception as error:  # noqa: BLE001 - A mistake of ours.
            response = self._failed(exchange, error)
        return self._recorded(exchange, response)

    def _failed(self, exchange: Exchange, error: Exception) -> HttpResponse:
        if isinstance(error, ServiceError):
            return self._refused(exchange, error)
        # A mistake of ours must not tell strangers about itself.
        told = {"request_id": exchange.request_id}
        _log.error("a request failed", exc_info=error, extra=told)
        return self._refused(exchange, InternalFailure())

    def _recorded(self, exchange: Exchange, response: HttpResponse) -> HttpResponse:
        step()
        try:
            event = exchange.event(account=self._account, region=self._region)
            self._journal.append(record(event))
        except Exception:  # noqa: BLE001 - An answer that is not on record must not leave, whatever kept it off.
            told = {"request_id": exchange.request_id}
            _log.exception("a request could not be recorded", extra=told)
            return self._refused(exchange, JournalUnavailable())
        return response

    def _run(self, exchange: Exchange) -> Pending | None:
        request = exchange.request
        if len(request.body) > MAX_BODY:
            raise RequestTooLarge(MAX_BODY)
        unverified = parse_signature(request)
        if unverified is None:
            self._parse_unsigned(exchange)
        else:
            self._authenticate(exchange, unverified)
            exchange.parse()
        step()
        backend = exchange.backend
        asked = Asked(
            operation=exchange.operation,
            parameters=exchange.parameters,
            caller=exchange.principal,
            context=request_context(request, now=exchange.now, region=self._region),
            now=exchange.now,
        )
        with backend.open(asked) as work:
            exchange.read_only = work.read_only
            exchange.resources = work.resources
            work.require()
            outcome = work.run()

        def settle(result: Result) -> Result:
            exchange.result = result
            exchange.principal = backend.vouched_for(asked, result)
            return result

        if isinstance(outcome, Pending):
            finish = outcome.finish
            return Pending(outcome.redeem, lambda first: settle(finish(first)))
        settle(outcome)
        return None

    def _parse_unsigned(self, exchange: Exchange) -> None:
        unsigned = exchange.backend.unsigned
        try:
            exchange.parse()
        except ServiceError:
            if unsigned and _action(exchange.request) in unsigned:
                raise
        if exchange.operation not in unsigned:
            raise MissingAuthenticationToken

    def _authenticate(
        self, exchange: Exchange, unverified: UnverifiedSignature
    ) -> None:
        backend = self._backends.get(unverified.service)
        if backend is not None:
            exchange.backend = backend
        exchange.access_key_id = unverified.access_key_id
        try:
            caller = self._authenticator.resolve(unverified, exchange.now)
            verify_signature(
                unverified,
                exchange.request,
                secret_access_key=caller.secret_access_key,
                region=self._region_of(exchange.backend, unverified),
                services=self._backends,
                now=exchange.now,
            )
        except ServiceError:
            exchange.parse_for_the_record()
            raise
        exchange.principal = caller.principal

    def _region_of(self, backend: Backend, unverified: UnverifiedSignature) -> str:
        if unverified.region in backend.regions:
            return unverified.region
        return self._region

    def _refused(self, exchange: Exchange, error: ServiceError) -> HttpResponse:
        wire = exchange.backend.wire
        exchange.error_code = wire.error_code(error)
        exchange.error_message = error.message
        exchange.result = None
        told = self._refusals.tell(error, exchange.request_id)
        exchange.explanation = told.explanation
        return wire.serialize_error(told.error, exchange.request_id)


def _speaks_json(request: HttpRequest) -> bool:
    return request.header("x-amz-target") is not None


def _action(request: HttpRequest) -> str | None:
    return query_parameters(request).get("Action")
