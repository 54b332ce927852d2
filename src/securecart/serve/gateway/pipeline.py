"""From a request to its answer: the steps that every request goes through.

No operation can leave one out: who signed, what is asked for, whether it is
allowed, and at the one exit the record, before the head of the answer.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from time import monotonic
from typing import Protocol

from securecart.names.clock import Clock, Random
from securecart.names.errors import AccessDenied, ServiceError
from securecart.s3 import request_context, required, resolve, signature_context
from securecart.s3.addressing import VirtualHosts
from securecart.s3.object_lock import lock_context
from securecart.s3.presigned_headers import with_presigned_headers
from securecart.s3.tagging import NO_TAGS, TagSet
from securecart.serve.gateway.access_log import log_access
from securecart.serve.gateway.audit import (
    READING,
    UNKNOWN,
    Facts,
    Identifiers,
    record_of,
)
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.cross_origin import CrossOrigin
from securecart.serve.gateway.guard import find_bucket
from securecart.serve.gateway.handover import HandOver
from securecart.serve.gateway.message import Answer, Incoming, Stream
from securecart.serve.gateway.meter import PREFLIGHT, Meter
from securecart.serve.gateway.object_tags import existing_tags, tags_bear
from securecart.serve.gateway.operations import DECIDE_THEMSELVES, OPERATIONS
from securecart.serve.gateway.posting import Form, is_form, post_object
from securecart.serve.gateway.readiness import Readiness, is_asked
from securecart.serve.gateway.refusals import (
    Headed,
    InternalError,
    ServiceUnavailable,
    SlowDown,
)
from securecart.serve.gateway.same_name import may_be_anothers, require_own_place
from securecart.serve.gateway.scoreboard import Word
from securecart.serve.gateway.sessions import CountedStream, Sessions
from securecart.serve.refusal import Refusals
from securecart.sts.authenticator import Caller
from securecart.trail import Journal
from securecart.wire.http import HttpRequest
from securecart.wire.s3_error import s3_error
from securecart.wire.sigv4 import (
    InvalidSignatureArgument,
    SignatureKind,
    UnverifiedSignature,
    VerifiedSignature,
    parse_signature,
    verify_signature,
)

_log = logging.getLogger(__name__)

_SERVICES = frozenset({"s3"})
_OWNER_HEADERS = frozenset(
    {"x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"}
)
_RANDOM_BYTES = 48
_REGION = "Region"
_OF_A_BUCKET = (
    "BucketAlreadyExists",
    "BucketAlreadyOwnedByYou",
    "BucketNotEmpty",
    "NoSuchBucket",
    "NoSuchBucketPolicy",
    "NoSuchCORSConfiguration",
    "NoSuchLifecycleConfiguration",
    "NoSuchPublicAccessBlockConfiguration",
    "NoSuchTagSet",
    "NoSuchWebsiteConfiguration",
    "ObjectLockConfigurationNotFoundError",
    "OwnershipControlsNotFoundError",
    "ReplicationConfigurationNotFoundError",
    "ServerSideEncryptionConfigurationNotFoundError",
)
_DETAILS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(_OF_A_BUCKET, ("BucketName",)),
    "NoSuchKey": ("Key",),
    "NoSuchUpload": ("UploadId",),
    "NoSuchVersion": ("Key", "VersionId"),
}
"""What S3 names beside some errors, of what was asked for."""


class Authenticator(Protocol):
    """Finds the owner of the access key that a request names."""

    def resolve(self, unverified: UnverifiedSignature, now: datetime) -> Caller:
        """Answer the caller. Raises `ServiceError` if there is none."""
        ...


class Pipeline:
    """The application behind every connection."""

    def __init__(
        self,
        backend: Backend,
        *,
        authenticator: Authenticator,
        journal: Journal,
        refusals: Refusals,
        hand_over: HandOver,
        readiness: Readiness,
        sessions: Sessions,
        meter: Meter,
        access_log: bool,
        clock: Clock,
        random: Random,
        hosts: VirtualHosts,
    ) -> None:
        self._backend = backend
        self._authenticator = authenticator
        self._hosts = hosts
        self._cross_origin = CrossOrigin(backend.buckets, hosts)
        self._journal = journal
        self._refusals = refusals
        self._hand_over = hand_over
        self._readiness = readiness
        self._sessions = sessions
        self._meter = meter
        self._access_log = access_log
        self._clock = clock
        self._random = random

    async def answer(self, incoming: Incoming) -> Answer:
        """See `message.Application.answer`."""
        request = incoming.request
        if is_asked(request) and not self._hosts.name_a_bucket(request):
            return self._readiness.answer(request.target)
        ids = Identifiers.draw(self._random(_RANDOM_BYTES))
        if request.method == "OPTIONS":
            return self._preflight(request, ids)
        try:
            unverified = parse_signature(request)
        except ServiceError as error:
            # Nobody is known yet, and nothing was asked for that has a name.
            return self._exit(_failed(request, self._clock(), error), ids, None)
        service = self._hand_over.service(request, unverified)
        if service is not None:
            return await self._handed_over(incoming, service, ids)
        facts = Facts(request, self._clock(), monotonic())
        answer: Answer | None = None
        try:
            answer = await self._s3(incoming, unverified, facts)
        except ServiceError as error:
            facts.error = error
        except BlockingIOError:
            self._meter.add(Word.SLOWED_STORE)
            facts.error = SlowDown("Please reduce your request rate.")
        except (ConnectionError, TimeoutError) as error:
            self._meter.add(Word.STORE_DOWN)
            if self._readiness.store.up:  # Of an outage one line is enough.
                told = {"request_id": ids.request_id}
                _log.warning("the store does not answer: %s", error, extra=told)
            facts.error = ServiceUnavailable("Service is unable to handle request.")
        except Exception:  # noqa: BLE001 - the last boundary: no traceback leaves
            _log.exception("a request failed", extra={"request_id": ids.request_id})
            facts.error = _internal()
        return self._exit(facts, ids, answer)

    def refuse(self, error: ServiceError) -> Answer:
        """See `message.Application.refuse`."""
        ids = Identifiers.draw(self._random(_RANDOM_BYTES))
        answer = _identified(_error_answer(error, "/", ids, {}), ids)
        return replace(answer, close=True)

    async def _s3(
        self,
        incoming: Incoming,
        unverified: UnverifiedSignature | None,
        facts: Facts,
    ) -> Answer:
        """Authenticate, resolve, decide, perform."""
        now = facts.now
        request = self._hosts.path_style(incoming.request)
        form = None
        if is_form(request):
            addressed = replace(incoming, request=request)
            form = await Form.read(addressed, self._backend.limits)
            self._verify_form(form, unverified, facts)
            request = form.request
        elif unverified is not None:
            self._verify(unverified, facts)
            if unverified.kind is SignatureKind.QUERY:
                request = with_presigned_headers(request)
        facts.leave = self._enter(facts.verified)
        facts.s3 = s3 = resolve(request)
        call = Call(
            s3=s3,
            body=incoming.body,
            principal=facts.principal,
            verified=facts.verified,
            context={
                **request_context(request, now=now, region=self._backend.region),
                **signature_context(facts.verified, now=now),
            },
            now=now,
            bucket=find_bucket(self._backend.buckets, s3.bucket),
        )
        facts.noted = call.noted
        if s3.operation not in DECIDE_THEMSELVES:
            of_source = NO_TAGS
            if tags_bear(self._backend.guard, call.principal, s3):
                tags, of_source = await existing_tags(self._backend.store, s3)
                call = replace(call, tags=tags)
            self._decide(call, of_source)
        self._check_owners(request)
        self._readiness.require(s3.operation)
        if may_be_anothers(call):
            await require_own_place(self._backend, call)
        if form is not None:
            answer = await post_object(self._backend, call, form)
        else:
            answer = await OPERATIONS[s3.operation](self._backend, call)
        if not s3.operation.startswith(READING):
            # What was written is on the disk, where that is wanted.
            await self._backend.settled()
        return answer

    def _decide(self, call: Call, of_source: TagSet) -> None:
        """Let the request pass, or raise; `of_source` are a copy's source's tags."""
        requirements = required(
            call.s3,
            existing=call.tags,
            source_existing=of_source,
            lock=lock_context(call.request, now=call.now),
        )
        self._backend.guard.require(call.principal, requirements, call.context)

    def _enter(self, verified: VerifiedSignature | None) -> Callable[[], None]:
        try:
            return self._sessions.enter(verified.access_key_id if verified else "")
        except SlowDown:
            self._meter.add(Word.SLOWED_SESSION)
            raise

    def _verify(self, unverified: UnverifiedSignature, facts: Facts) -> None:
        """The caller is nobody until the signature was seen to be theirs."""
        caller = self._authenticator.resolve(unverified, facts.now)
        verified: VerifiedSignature = verify_signature(
            unverified,
            facts.request,
            secret_access_key=caller.secret_access_key,
            region=self._backend.region,
            services=_SERVICES,
            now=facts.now,
        )
        facts.principal, facts.verified = caller.principal, verified

    def _verify_form(
        self, form: Form, unverified: UnverifiedSignature | None, facts: Facts
    ) -> None:
        """Find out who signed a form's policy: nobody, where it has none."""
        if unverified is not None:
            raise InvalidSignatureArgument(
                "Only one auth mechanism allowed; a form is signed by its fields."
            )
        if form.signature is None:
            return
        caller = self._authenticator.resolve(form.signature, facts.now)
        verified = form.verify(
            caller.secret_access_key,
            region=self._backend.region,
            services=_SERVICES,
            now=facts.now,
        )
        facts.principal, facts.verified = caller.principal, verified

    def _check_owners(self, request: HttpRequest) -> None:
        """A caller may insist on whose bucket it is."""
        if _OWNER_HEADERS.isdisjoint(request.first):
            return
        for name, value in request.headers:
            if name in _OWNER_HEADERS and value != self._backend.account:
                raise AccessDenied("Access Denied")

    def _exit(self, facts: Facts, ids: Identifiers, answer: Answer | None) -> Answer:
        """Record the request, allowed or denied; only then may it be answered."""
        if facts.error is not None or answer is None:
            told = self._refusals.tell(facts.error or _internal(), ids.request_id)
            facts.explanation = told.explanation
            details = _details(facts)
            answer = _error_answer(told.error, facts.request.path, ids, details)
            answer = self._with_region(answer, facts, details)
        backend = self._backend
        extra: tuple[tuple[str, str], ...] = ()
        try:
            extra = self._cross_origin.headers(facts.request)
            line = record_of(
                facts, ids, answer, account=backend.account, region=backend.region
            )
            self._journal.append(line)
        except Exception as error:  # noqa: BLE001 - fail closed, whatever it is
            told_of = {"request_id": ids.request_id}
            _log.exception("a request could not be recorded", extra=told_of)
            _close(answer)
            known = error if isinstance(error, ServiceError) else _internal()
            answer = _error_answer(known, facts.request.path, ids, {})
        return self._leave(facts, ids, _identified(answer, ids, extra))

    def _with_region(
        self, answer: Answer, facts: Facts, details: Mapping[str, str]
    ) -> Answer:
        """Add the region where an SDK looks for it, to find its way.

        It is said of every bucket, there or not, so it tells of none.
        """
        asked = facts.s3 is not None and facts.s3.operation == "HeadBucket"
        if not asked and _REGION not in details:
            return answer
        header = ("x-amz-bucket-region", self._backend.region)
        return replace(answer, headers=(*answer.headers, header))

    def _leave(self, facts: Facts, ids: Identifiers, answer: Answer) -> Answer:
        """Count what has come to its end, or will when its body has been sent."""
        operation = UNKNOWN if facts.s3 is None else facts.s3.operation
        seconds = monotonic() - facts.began
        self._meter.answered("s3", operation, answer.status, seconds)
        if self._access_log:
            log_access(facts, ids, answer, operation, seconds)
        if facts.leave is None:
            return answer
        if isinstance(answer.body, bytes):
            facts.leave()
            return answer
        body = CountedStream(answer.body, facts.leave)
        return Answer(answer.status, answer.headers, body, answer.length, answer.close)

    def _preflight(self, request: HttpRequest, ids: Identifiers) -> Answer:
        """Answer OPTIONS, which asks for nothing but the bucket's rules."""
        try:
            answer = self._cross_origin.preflight(request)
        except ServiceError as error:
            answer = _error_answer(error, request.path, ids, {})
        self._meter.answered("s3", PREFLIGHT, answer.status, 0)
        return _identified(answer, ids)

    async def _handed_over(
        self, incoming: Incoming, service: str, ids: Identifiers
    ) -> Answer:
        began = monotonic()
        answer = await self._answer_of_api(incoming, service, ids)
        self._meter.answered(service, "any", answer.status, monotonic() - began)
        return answer

    async def _answer_of_api(
        self, incoming: Incoming, service: str, ids: Identifiers
    ) -> Answer:
        try:
            return await self._hand_over.answer(incoming, service)
        except ServiceError as error:
            return _identified(
                _error_answer(error, incoming.request.path, ids, {}), ids
            )
        except Exception:  # noqa: BLE001 - the last boundary: no traceback leaves
            _log.exception("a request failed", extra={"request_id": ids.request_id})
            answer = _error_answer(_internal(), incoming.request.path, ids, {})
            return _identified(answer, ids)


def _failed(request: HttpRequest, now: datetime, error: ServiceError) -> Facts:
    facts = Facts(request, now, monotonic())
    facts.error = error
    return facts


def _internal() -> InternalError:
    return InternalError("We encountered an internal error. Please try again.")


def _error_answer(
    error: ServiceError, resource: str, ids: Identifiers, details: Mapping[str, str]
) -> Answer:
    response = s3_error(
        error,
        resource=resource,
        request_id=ids.request_id,
        host_id=ids.host_id,
        details=details,
    )
    # `_identified` adds these, to errors and to all else alike.
    headers = tuple(
        header
        for header in response.headers
        if header[0] not in {"x-amz-request-id", "x-amz-id-2"}
    )
    if isinstance(error, Headed):
        headers += error.headers
    return Answer(response.status, headers, response.body)


def _details(facts: Facts) -> Mapping[str, str]:
    """What S3 names beside some errors."""
    if facts.error is None:
        return {}
    if facts.s3 is None or facts.error.details:
        return facts.error.details
    asked = {
        "BucketName": facts.s3.bucket,
        "Key": facts.s3.key,
        "VersionId": facts.s3.version_id,
        "UploadId": facts.s3.parameter("uploadId"),
    }
    names = _DETAILS.get(facts.error.code, ())
    return {name: value for name in names if (value := asked[name]) is not None}


def _identified(
    answer: Answer, ids: Identifiers, extra: tuple[tuple[str, str], ...] = ()
) -> Answer:
    headers = (
        ("x-amz-request-id", ids.request_id),
        ("x-amz-id-2", ids.host_id),
        *answer.headers,
        *extra,
    )
    return Answer(answer.status, headers, answer.body, answer.length, answer.close)


def _close(answer: Answer) -> None:
    if not isinstance(answer.body, bytes):
        stream: Stream = answer.body
        stream.close()
