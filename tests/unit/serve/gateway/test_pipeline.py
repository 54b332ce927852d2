"""The steps of every request, over a store that is a fake."""

import asyncio
import hashlib
import os
import re
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from securecart.iam.authorizer import Authorizer
from securecart.iam.entities import Role
from securecart.kms import Key, KeyAuthorizer
from securecart.names.credentials import Credentials
from securecart.names.entities import InMemoryEntities
from securecart.names.session import RoleSession
from securecart.names.waiting import about_to_wait
from securecart.policy import PolicyKind, parse_policy
from securecart.s3 import OPERATIONS as ROWS
from securecart.s3 import Bucket, InMemoryBuckets, Scope, Versioning
from securecart.s3.permissions import PERMISSIONS, On
from securecart.sealing import Keyring, SealingKey
from securecart.serve.gateway import Limits
from securecart.serve.gateway.exposition import exposition
from securecart.serve.gateway.gateway import build_gateway
from securecart.serve.gateway.message import Answer, Application, Incoming
from securecart.serve.gateway.meter import Meter
from securecart.serve.gateway.operations import DECIDE_THEMSELVES, OPERATIONS
from securecart.serve.gateway.refusals import IncompleteBody
from securecart.sts import Authenticator, AuthorizationMessages, Issuer
from securecart.trail import InMemoryJournal
from securecart.wire.http import HttpRequest, HttpResponse
from securecart.wire.sigv4 import sign

Run = Callable[[Coroutine[Any, Any, None]], None]

ACCOUNT, REGION = "111122223333", "us-east-1"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
POLICY = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
        "Resource": "arn:aws:s3:::docs/${aws:userid}/*",
    },
}
OURS, THEIRS = "/docs/AROAROLE%3Aalice/x", "/docs/AROAROLE%3Abob/x"


class FakeExchange:
    """One request to the fake store."""

    def __init__(self, store: "FakeStore", request: HttpRequest) -> None:
        self.request = request
        self.received = request.body
        self.ended = False
        self.closed = False
        self._store = store
        self._pieces = list(store.body)

    @property
    def answered(self) -> bool:
        return False

    async def send(self, data: bytes) -> None:
        self.received += data

    async def end(self) -> None:
        self.ended = True

    async def head(self) -> HttpResponse:
        return self._store.head

    async def read(self) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""

    def close(self) -> None:
        self.closed = True


class FakeStore:
    """Answers everything alike, and remembers what it was asked."""

    def __init__(self) -> None:
        self.head = HttpResponse(200, (("content-length", "5"),))
        self.body: list[bytes] = [b"hello"]
        self.failure: Exception | None = None
        self.exchanges: list[FakeExchange] = []
        self.busy = self.idle = self.waiting = self.answered = 0

    def abandon(self) -> None:
        """Nothing is ever under way."""

    async def open(
        self,
        request: HttpRequest,
        *,
        length: int | None = None,  # noqa: ARG002 - the port's signature
        chunked: bool = False,  # noqa: ARG002
    ) -> FakeExchange:
        if self.failure is not None:
            raise self.failure
        self.exchanges.append(FakeExchange(self, request))
        return self.exchanges[-1]


class FakeBody:
    """A body in given pieces; `asked` says that somebody read it."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)
        self.length: int | None = sum(map(len, pieces))
        self.asked = False

    async def read(self) -> bytes:
        self.asked = True
        return self._pieces.pop(0) if self._pieces else b""


class NoKeys:
    """There are sessions only."""

    def find(self, _access_key_id: str) -> None:
        return None


class Scene:
    """A pipeline with everything around it in memory."""

    def __init__(self, executor: ThreadPoolExecutor, **options: Any) -> None:
        self.store = FakeStore()
        self.journal = InMemoryJournal()
        self.handed_over: list[HttpRequest] = []
        self.delays: dict[str, threading.Event] = {}
        self.held = threading.Event()
        self.entities = entities = InMemoryEntities()
        with entities.writing() as writer:
            writer.put(
                Role(
                    ACCOUNT,
                    "Role",
                    "/",
                    "AROAROLE",
                    NOW,
                    trust_policy="{}",
                    inline_policies={"folder": orjson.dumps(POLICY).decode()},
                )
            )
        self.buckets = buckets = InMemoryBuckets()
        versions = Versioning.ENABLED
        buckets.create(Bucket("docs", ACCOUNT, REGION, NOW, versioning=versions))
        issuer = Issuer(lambda: Keyring(SealingKey(bytes(32))))
        session = RoleSession(
            account=ACCOUNT,
            role_name="Role",
            role_path="/",
            role_id="AROAROLE",
            session_name="alice",
            credential_id="",
            issued_at=NOW,
            expires_at=NOW + timedelta(hours=1),
        )
        self.credentials, _ = issuer.issue(session, random=os.urandom)
        authorizer = Authorizer(entities)
        server = build_gateway(
            account=ACCOUNT,
            region=REGION,
            entities=entities,
            authenticator=Authenticator(issuer, NoKeys()),
            authorizer=authorizer,
            key_authorizer=KeyAuthorizer(
                entities, authorizer.session_for, account=ACCOUNT, region=REGION
            ),
            buckets=buckets,
            upstream=self.store,
            store_credentials=Credentials("STORE", "store-secret"),
            journal=self.journal,
            authorization_messages=AuthorizationMessages(
                Keyring(SealingKey(bytes(32)))
            ),
            api=self._api,
            executor=executor,
            clock=lambda: NOW,
            random=os.urandom,
            **options,
        )
        self.application: Application = server.application
        self.readiness = server.readiness

    def _api(self, request: HttpRequest) -> HttpResponse:
        for service, event in self.delays.items():
            if f"/{service}/" in (request.header("authorization") or ""):
                about_to_wait()
                self.held.set()
                event.wait(10)
        self.handed_over.append(request)
        return HttpResponse(200, (("content-type", "text/xml"),), b"<Api/>")

    async def ask(
        self,
        method: str,
        target: str,
        *headers: tuple[str, str],
        body: FakeBody | None = None,
        claimed: str = "UNSIGNED-PAYLOAD",
        service: str = "s3",
    ) -> Answer:
        """Answer what a signed request is answered."""
        request = sign(
            HttpRequest(method, target, (("host", "localhost"), *headers), secure=True),
            self.credentials,
            region=REGION,
            service=service,
            now=NOW,
            payload_hash=claimed,
        )
        return await self.application.answer(Incoming(request, body or FakeBody()))

    @property
    def records(self) -> list[dict[str, Any]]:
        return [orjson.loads(line) for line in self.journal.records]


@pytest.fixture
def scene() -> Iterator[Scene]:
    """A fresh pipeline."""
    with ThreadPoolExecutor(1) as executor:
        yield Scene(executor)


def test_every_operation_that_is_resolved_is_carried_out() -> None:
    """And those that decide for themselves are the five that have to."""
    assert OPERATIONS.keys() == {row.name for row in ROWS}
    undecided = {
        row.name
        for row in ROWS
        if row.scope is Scope.BUCKET and PERMISSIONS[row.name][0].on is On.OBJECT
    }
    with_bodies = {"PutObjectLegalHold", "PutObjectRetention", "PutObjectTagging"}
    assert undecided | with_bodies | {"CreateBucket"} == DECIDE_THEMSELVES


def test_an_allowed_request_is_recorded_and_answered(run: Run, scene: Scene) -> None:
    """With the store's bytes and none of its names."""
    scene.store.head = HttpResponse(
        200,
        (
            ("content-length", "5"),
            ("etag", '"1"'),
            ("server", "SeaweedFS"),
            ("seaweed-x-amz-owner", "gw"),
            ("x-amz-request-id", "theirs"),
            ("x-amz-server-side-encryption-context", "e30="),
            ("x-amz-meta-colour", "blue"),
        ),
    )

    async def act() -> None:
        answer = await scene.ask("GET", OURS)
        assert answer.status == 200
        names = [name for name, _ in answer.headers]
        assert names == ["x-amz-request-id", "x-amz-id-2", "etag", "x-amz-meta-colour"]
        assert answer.headers[0][1] != "theirs"
        assert not isinstance(answer.body, bytes)
        assert await answer.body.read() == b"hello"
        assert [each["eventName"] for each in scene.records] == ["GetObject"]

    run(act())


def test_nothing_of_the_callers_reaches_the_store_unasked(
    run: Run, scene: Scene
) -> None:
    """Neither credentials nor a header or parameter that is not known."""

    async def act() -> None:
        await scene.ask(
            "GET",
            OURS,
            ("range", "bytes=0-1"),
            ("cookie", "secret"),
            ("x-forwarded-for", "1.2.3.4"),
            ("seaweed-x-amz-owner", "me"),
            ("x-seaweedfs-anything", "x"),
            ("accept-encoding", "gzip"),
        )
        sent = scene.store.exchanges[0].request
        assert {name for name, _ in sent.headers} == {
            "host",
            "range",
            "x-amz-date",
            "x-amz-content-sha256",
            "authorization",
        }
        assert "Credential=STORE/" in (sent.header("authorization") or "")
        assert sent.target == OURS
        assert str(scene.credentials.session_token) not in str(sent)

    run(act())


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", THEIRS),
        ("PUT", THEIRS),
        ("DELETE", THEIRS),
        ("POST", f"{THEIRS}?uploads"),
        ("GET", "/docs?list-type=2"),
        ("PUT", "/docs?policy"),
        ("DELETE", "/docs"),
        ("GET", "/"),
        ("GET", "/absent/x"),
    ],
)
def test_a_denied_request_reaches_neither_store_nor_body(
    run: Run, scene: Scene, method: str, target: str
) -> None:
    """And leaves its record."""

    async def act() -> None:
        body = FakeBody(b"x" * 100)
        answer = await scene.ask(method, target, body=body)
        assert answer.status == 403
        assert b"<Code>AccessDenied</Code>" in bytes(answer.body)  # type: ignore[arg-type] # an error is never a stream
        assert scene.store.exchanges == []
        assert not body.asked
        assert [each["errorCode"] for each in scene.records] == ["AccessDenied"]

    run(act())


def test_an_upload_without_a_first_byte_never_reaches_the_store(
    run: Run, scene: Scene
) -> None:
    """It would keep an empty object of one that breaks off there."""

    class Gone(FakeBody):
        async def read(self) -> bytes:
            raise IncompleteBody("The body ended before its announced length.")

    async def act() -> None:
        body = Gone()
        body.length = 300_000
        answer = await scene.ask("PUT", OURS, body=body)
        assert answer.status == 400
        assert scene.store.exchanges == []

    run(act())


@pytest.mark.parametrize("size", [10, 300_000])
def test_a_payload_that_is_not_what_was_signed_is_never_completed(
    run: Run, scene: Scene, size: int
) -> None:
    """A small one is not sent at all, of a large one the end is held back."""

    async def act() -> None:
        body = os.urandom(size)
        pieces = [body[start : start + 65536] for start in range(0, size, 65536)]
        wrong = hashlib.sha256(body + b"!").hexdigest()
        answer = await scene.ask("PUT", OURS, body=FakeBody(*pieces), claimed=wrong)
        assert answer.status == 400
        assert scene.records[0]["errorCode"] == "XAmzContentSHA256Mismatch"
        if size < 65536:
            assert scene.store.exchanges == []
        else:
            (exchange,) = scene.store.exchanges
            assert len(exchange.received) < size
            assert exchange.closed
        right = hashlib.sha256(body).hexdigest()
        answer = await scene.ask("PUT", OURS, body=FakeBody(*pieces), claimed=right)
        assert answer.status == 200
        assert scene.store.exchanges[-1].received == body

    run(act())


@pytest.mark.parametrize(
    "failure", [ConnectionError("gone"), TimeoutError("full"), ConnectionResetError()]
)
def test_a_store_that_is_away_is_told_and_comes_back(
    run: Run, scene: Scene, failure: Exception
) -> None:
    """503, recorded; and the next request that finds it is answered."""

    async def act() -> None:
        scene.store.failure = failure
        assert (await scene.ask("GET", OURS)).status == 503
        assert scene.records[0]["errorCode"] == "ServiceUnavailable"
        scene.store.failure = None
        assert (await scene.ask("GET", OURS)).status == 200

    run(act())


def test_decisions_and_answers_are_counted(run: Run) -> None:
    """By what was decided, and by operation and class of status."""
    meter = Meter.alone()
    with ThreadPoolExecutor(1) as executor:
        scene = Scene(executor, meter=meter)

    async def act() -> None:
        await scene.ask("GET", OURS)
        await scene.ask("GET", THEIRS)
        told = exposition(meter.scoreboard).decode()
        for line in (
            'decisions_total{effect="allow"} 1',
            'decisions_total{effect="deny"} 1',
            'requests_total{service="s3",operation="GetObject",code="2xx"} 1',
            'requests_total{service="s3",operation="GetObject",code="4xx"} 1',
        ):
            assert f"securecart_{line}\n" in told

    run(act())


def test_an_access_log_has_who_what_and_how_long_but_no_names(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    """A line for each request, allowed or not, by whomever; keys are the journal's."""
    with ThreadPoolExecutor(1) as executor:
        scene = Scene(executor, access_log=True)

    async def act() -> None:
        with caplog.at_level("INFO", logger="securecart.serve.gateway.access_log"):
            await scene.ask("GET", OURS)
            stranger = HttpRequest("GET", f"{OURS}?X-Secret=1", (("host", "a"),))
            await scene.application.answer(Incoming(stranger, FakeBody()))
        allowed, refused = (
            vars(each) for each in caplog.records if each.message == "request"
        )
        assert allowed["operation"] == "GetObject"
        assert allowed["principal"].endswith("assumed-role/Role/alice")
        assert (allowed["status"], allowed["bytes"]) == (200, 5)
        assert allowed["request_id"] == scene.records[0]["requestID"]
        assert refused["status"] >= 400
        assert refused["error"]
        told = repr((allowed, refused))
        assert "Secret" not in told
        assert "alice/x" not in told

    run(act())


def test_a_store_that_is_full_up_is_told_as_such(run: Run, scene: Scene) -> None:
    """SlowDown, which clients obey, and not an outage."""

    async def act() -> None:
        scene.store.failure = BlockingIOError("taken")
        assert (await scene.ask("GET", OURS)).status == 503
        assert scene.records[0]["errorCode"] == "SlowDown"

    run(act())


def test_a_session_is_held_to_its_requests_until_they_have_ended(run: Run) -> None:
    """A body that is still being sent is one; other callers are not held up."""
    with ThreadPoolExecutor(1) as executor:
        scene = Scene(executor, limits=Limits(session_requests=1))

    async def act() -> None:
        first = await scene.ask("GET", OURS)
        assert not isinstance(first.body, bytes)
        assert (await scene.ask("GET", OURS)).status == 503
        assert scene.records[1]["errorCode"] == "SlowDown"
        stranger = HttpRequest("GET", OURS, (("host", "a"),))
        refused = await scene.application.answer(Incoming(stranger, FakeBody()))
        assert refused.status == 403
        first.body.close()
        assert (await scene.ask("GET", THEIRS)).status == 403
        assert (await scene.ask("GET", OURS)).status == 200

    run(act())


def test_without_room_a_document_is_refused_before_its_body(run: Run) -> None:
    """And nobody who may not put one learns that there is none."""
    with ThreadPoolExecutor(1) as executor:
        scene = Scene(executor, room=lambda: False)

    async def act() -> None:
        scene.readiness.look()
        body = FakeBody(b"x")
        assert (await scene.ask("PUT", OURS, body=body)).status == 503
        assert not body.asked
        assert not scene.store.exchanges
        assert (await scene.ask("PUT", THEIRS, body=FakeBody(b"x"))).status == 403
        assert (await scene.ask("GET", OURS)).status == 200
        assert (await scene.ask("DELETE", OURS)).status == 200

    run(act())


class Disk:
    """Notes how many requests the store had seen when each sync began."""

    def __init__(self) -> None:
        self.scene: Scene | None = None
        self.seen: list[int] = []
        self.failure: OSError | None = None

    def sync(self) -> None:
        assert self.scene is not None
        self.seen.append(len(self.scene.store.exchanges))
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def durable() -> Iterator[tuple[Scene, Disk]]:
    """A pipeline that acknowledges what is on the disk."""
    disk = Disk()
    with ThreadPoolExecutor(1) as executor:
        disk.scene = Scene(executor, sync=disk.sync)
        yield disk.scene, disk


def test_a_write_is_acknowledged_after_a_sync_that_saw_it(
    run: Run, durable: tuple[Scene, Disk]
) -> None:
    """Reading, and what is refused, waits for none."""
    scene, disk = durable

    async def act() -> None:
        assert (await scene.ask("PUT", OURS, body=FakeBody(b"x"))).status == 200
        assert disk.seen == [1]
        assert (await scene.ask("DELETE", OURS)).status == 200
        assert disk.seen == [1, 2]
        assert (await scene.ask("GET", OURS)).status == 200
        assert (await scene.ask("PUT", THEIRS, body=FakeBody(b"x"))).status == 403
        assert disk.seen == [1, 2]

    run(act())


def test_a_write_that_may_not_be_on_the_disk_is_not_acknowledged(
    run: Run, durable: tuple[Scene, Disk]
) -> None:
    """An error, recorded as one."""
    scene, disk = durable
    disk.failure = OSError(5, "Input/output error")

    async def act() -> None:
        assert (await scene.ask("PUT", OURS, body=FakeBody(b"x"))).status == 500
        assert scene.records[0]["errorCode"] == "InternalError"

    run(act())


def test_without_a_record_nothing_leaves(
    run: Run, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The object's stream is closed unread."""

    def full(_: bytes) -> None:
        raise OSError(28, "No space left on device")

    async def act() -> None:
        monkeypatch.setattr(scene.journal, "append", full)
        answer = await scene.ask("GET", OURS)
        assert answer.status == 500
        assert isinstance(answer.body, bytes)
        assert b"space" not in answer.body
        assert scene.store.exchanges[0].closed

    run(act())


def test_the_stores_errors_are_told_in_our_words(run: Run, scene: Scene) -> None:
    """An unknown one is ours, and nothing of its document leaves."""
    document = (
        b"<Error><Code>%b</Code><Message>volume 7 at 127.0.0.1:9333</Message>"
        b"<Resource>/buckets/docs</Resource></Error>"
    )

    async def act() -> None:
        for code, status, told in (
            (b"InvalidRange", 416, b"InvalidRange"),
            (b"SignatureDoesNotMatch", 403, b"InternalError"),
            (b"<", 500, b"InternalError"),
        ):
            scene.store.head = HttpResponse(status)
            scene.store.body = [document % code]
            answer = await scene.ask("PUT", OURS)
            assert isinstance(answer.body, bytes)
            assert b"<Code>%b</Code>" % told in answer.body
            assert b"127.0.0.1" not in answer.body

    run(act())


@pytest.mark.parametrize(("owner", "status"), [(ACCOUNT, 403), ("999999999999", 200)])
def test_policies_know_whose_bucket_it_is(
    run: Run, scene: Scene, owner: str, status: int
) -> None:
    """`s3:ResourceAccount` is the account of the bucket, not the caller's."""
    document = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::docs/*",
            "Condition": {"StringEquals": {"s3:ResourceAccount": owner}},
        },
    }
    policy = parse_policy(orjson.dumps(document).decode(), PolicyKind.RESOURCE)
    scene.buckets.update("docs", lambda bucket: replace(bucket, policy=policy))
    scene.store.head = HttpResponse(200, (("content-length", "5"), ("etag", '"1"')))

    async def act() -> None:
        assert (await scene.ask("GET", OURS)).status == status

    run(act())


def test_a_caller_may_insist_on_the_owner(run: Run, scene: Scene) -> None:
    """x-amz-expected-bucket-owner."""

    async def act() -> None:
        for owner, status in ((ACCOUNT, 200), ("444455556666", 403)):
            header = ("x-amz-expected-bucket-owner", owner)
            assert (await scene.ask("GET", OURS, header)).status == status

    run(act())


def test_kms_is_answered_while_sts_waits_for_somebody(run: Run) -> None:
    """The store asks it within every write; it may wait for the database itself."""
    waited_for, there = threading.Event(), threading.Event()
    there.set()
    with ThreadPoolExecutor(1) as executor:
        scene = Scene(executor)
        scene.delays = {"sts": waited_for, "kms": there}

        async def act() -> None:
            waiting = asyncio.create_task(scene.ask("POST", "/", service="sts"))
            assert await asyncio.to_thread(scene.held.wait, 5)
            async with asyncio.timeout(5):
                assert (await scene.ask("POST", "/", service="kms")).status == 200
            assert not waiting.done()
            waited_for.set()
            assert (await waiting).status == 200

        run(act())


@pytest.mark.parametrize("service", ["iam", "kms", "sts"])
def test_other_services_are_handed_over_whole(
    run: Run, scene: Scene, service: str
) -> None:
    """By the scope of their signature; what they answer is theirs."""

    async def act() -> None:
        body = FakeBody(b"Action=", b"GetUser")
        answer = await scene.ask("POST", "/", body=body, service=service)
        assert answer.body == b"<Api/>"
        assert scene.handed_over[0].body == b"Action=GetUser"
        assert scene.journal.records == []

    run(act())


def test_an_unsigned_form_is_for_sts(run: Run, scene: Scene) -> None:
    """AssumeRoleWithSAML has no signature; other forms have no business here."""

    async def act() -> None:
        form = ("content-type", "application/x-www-form-urlencoded; charset=utf-8")
        request = HttpRequest("POST", "/", (("host", "a"), form))
        too_long = FakeBody()
        too_long.length = 2_000_000
        for body, status in ((FakeBody(b"Action=x"), 200), (too_long, 400)):
            answer = await scene.application.answer(Incoming(request, body))
            assert answer.status == status
        elsewhere = HttpRequest("POST", "/docs", (("host", "a"), form))
        answer = await scene.application.answer(Incoming(elsewhere, FakeBody()))
        assert answer.status in {403, 405}
        assert len(scene.handed_over) == 1

    run(act())


def test_a_failure_of_ours_is_no_traceback(
    run: Run, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500 with a request id, and a record."""

    async def act() -> None:
        scene.store.failure = ZeroDivisionError("a secret path /etc")
        answer = await scene.ask("GET", OURS)
        assert answer.status == 500
        assert isinstance(answer.body, bytes)
        assert b"secret" not in answer.body
        assert scene.records[0]["errorCode"] == "InternalError"

    monkeypatch.setattr("securecart.serve.gateway.pipeline._log.disabled", True)
    run(act())


def test_a_refusal_is_explained_to_the_log_and_the_audit_alone(
    run: Run, scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller is told what AWS would say, and nothing of the statements."""

    async def act() -> None:
        with caplog.at_level("INFO", logger="securecart"):
            answer = await scene.ask("GET", THEIRS)
        assert answer.status == 403
        assert isinstance(answer.body, bytes)
        assert b"its Resource" not in answer.body
        assert re.search(
            rb"allows the s3:GetObject action\. Encoded authorization failure message: "
            rb"[\w-]+</Message>",
            answer.body,
        )
        additional = scene.records[-1]["additionalEventData"]
        assert 'its Resource is "arn:aws:s3:::docs/AROAROLE:alice/*"' in str(
            additional["explanation"]
        )
        (logged,) = caplog.messages
        request_id = vars(caplog.records[0])["request_id"]
        assert scene.records[-1]["requestID"] == request_id
        assert "assumed-role/Role/alice may not s3:GetObject on" in logged
        assert logged.endswith(additional["explanation"][-1])

    run(act())


def test_what_is_allowed_is_not_explained(
    run: Run, scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither logged nor recorded."""

    async def act() -> None:
        with caplog.at_level("INFO", logger="securecart"):
            await scene.ask("GET", OURS)
        assert "explanation" not in scene.records[-1]["additionalEventData"]
        assert not caplog.messages

    run(act())


def test_a_keys_refusal_is_explained_as_any_other(run: Run, scene: Scene) -> None:
    """With the key's policy, and with what S3 tells of the object and itself."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ACCOUNT},
        "Action": "kms:GenerateDataKey",
        "Resource": "*",
        "Condition": {
            "StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"},
            "StringLike": {"kms:EncryptionContext:aws:s3:arn": "*/elsewhere/*"},
        },
    }
    document = {"Version": "2012-10-17", "Statement": statement}
    key = Key(ACCOUNT, REGION, "k", NOW, orjson.dumps(document).decode(), ("",))
    with scene.entities.writing() as store:
        store.put(key)
    asked = (
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption-aws-kms-key-id", "k"),
    )

    async def act() -> None:
        answer = await scene.ask("PUT", OURS, *asked, ("content-length", "0"))
        assert answer.status == 403
        assert isinstance(answer.body, bytes)
        assert b"no resource-based policy allows the kms:GenerateDataKey" in answer.body
        assert b"elsewhere" not in answer.body
        first, *_, verdict = scene.records[-1]["additionalEventData"]["explanation"]
        assert first == (
            "Statement 1 of the key policy would allow kms:GenerateDataKey, but "
            "kms:EncryptionContext:aws:s3:arn is "
            '"arn:aws:s3:::docs/AROAROLE:alice/x", which is not like "*/elsewhere/*".'
        )
        assert verdict.startswith("Denied, since no key policy allows")

    run(act())


def test_what_cannot_be_explained_is_refused_all_the_same(
    run: Run,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """403 in AWS's words and on record; what failed is in the log."""

    def fail(_explanation: object) -> None:
        raise RecursionError("the secret cause")

    async def act() -> None:
        answer = await scene.ask("GET", THEIRS)
        assert answer.status == 403
        assert isinstance(answer.body, bytes)
        assert b"is not authorized to perform: s3:GetObject" in answer.body
        assert scene.records[-1]["errorCode"] == "AccessDenied"
        assert "explanation" not in scene.records[-1]["additionalEventData"]
        assert "the secret cause" in caplog.text

    monkeypatch.setattr("securecart.serve.refusal.sentences", fail)
    run(act())


@pytest.mark.parametrize("prefix", ["a//b", "%2F", "a%2F..%2Fb", "a%5Cb", "a%01"])
def test_a_prefix_of_no_key_is_not_asked_for(
    run: Run, scene: Scene, prefix: str
) -> None:
    """The store would take it for another; there can be nothing to list."""
    with scene.entities.writing() as writer:
        (role,) = writer.list(Role)
        everything = {**POLICY["Statement"], "Action": "s3:*", "Resource": "*"}  # type: ignore[dict-item]
        policy = orjson.dumps({**POLICY, "Statement": everything}).decode()
        writer.put(replace(role, inline_policies={"all": policy}))

    async def act() -> None:
        answer = await scene.ask("GET", f"/docs?list-type=2&prefix={prefix}")
        assert answer.status == 200
        assert b"<KeyCount>0</KeyCount>" in bytes(answer.body)  # type: ignore[arg-type] # a listing is whole
        assert scene.store.exchanges == []

    run(act())
