"""What a compiled session believes, keeps and lets go."""

import gc
import json
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from securecart.names.session import RoleSession
from securecart.policy import Decision, Layers, Policy, PolicyKind, parse_policy
from securecart.policy.compiled import CompiledSession
from securecart.policy.compiled.specialisation import Specialisation
from securecart.policy.compiled.unspecialised import Unspecialised

ACCOUNT, OTHER = "111122223333", "444455556666"
ISSUED = datetime(2025, 3, 1, 12, tzinfo=UTC)
ADA = RoleSession(
    account=ACCOUNT,
    role_name="Employee",
    role_path="/",
    role_id="AROA",
    session_name="ada",
    credential_id="ASIA",
    issued_at=ISSUED,
    expires_at=ISSUED + timedelta(hours=1),
    context=(("saml:sub", "ada"),),
)


def _policy(kind: PolicyKind, effect: str = "Allow", **more: Any) -> Policy:
    statement = {"Effect": effect, "Action": "s3:*", "Resource": "*", **more}
    if kind is PolicyKind.RESOURCE:
        statement["Principal"] = "*"
    return parse_policy(
        json.dumps({"Version": "2012-10-17", "Statement": statement}), kind
    )


def _session(**more: Any) -> CompiledSession:
    policy = _policy(PolicyKind.IDENTITY, **more)
    return CompiledSession(Layers(identity=(policy,)), ADA)


def _kept(session: CompiledSession) -> int:
    return len(session._kept)  # noqa: SLF001


def test_believes_no_request_about_its_principal() -> None:
    """Not its id, nor a tag it lacks, nor what its provider said of it."""
    for key, value in (
        ("aws:userid", "AROA:bob"),
        ("aws:PrincipalTag/team", "hr"),
        ("aws:SourceIdentity", "bob"),
        ("saml:sub", "bob"),
        ("aws:ResourceAccount", OTHER),
    ):
        claimed = {key.lower(): value}
        fixed = _session(Condition={"StringEquals": {key: value}})
        put_in = _session(Resource=f"arn:aws:s3:::docs/${{{key}}}/*")
        joined = _session(
            Condition={"StringEquals": {"s3:prefix": f"${{{key}}}${{aws:Referer}}"}}
        )
        told = {**claimed, "s3:prefix": value, "aws:referer": ""}
        for session, context in ((fixed, claimed), (put_in, claimed), (joined, told)):
            answer = session.decide(
                "s3:GetObject", f"arn:aws:s3:::docs/{value}/x", context, ACCOUNT
            )
            assert answer.decision is Decision.IMPLICIT_DENY, key


def test_a_swapped_resource_policy_holds_at_once() -> None:
    """Nothing that was specialised for one policy speaks for another."""
    session = _session()
    ask = ("s3:GetObject", "arn:aws:s3:::docs/a", dict[str, str](), ACCOUNT)
    deny = _policy(PolicyKind.RESOURCE, "Deny")
    allow = _policy(PolicyKind.RESOURCE)
    for _ in range(2):
        assert session.decide(*ask).decision is Decision.ALLOW
        assert session.decide(*ask, deny).decision is Decision.EXPLICIT_DENY
        assert session.decide(*ask, allow).decision is Decision.ALLOW


def test_a_swapped_key_policy_holds_at_once() -> None:
    """The same for keys, and one key's policy does not speak for another's."""
    session = _session(Action="kms:*")
    grant = _policy(PolicyKind.RESOURCE, Action="kms:*")
    deny = _policy(PolicyKind.RESOURCE, "Deny", Action="kms:*")
    for key in "1", "2":
        arn = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{key}"
        ask = ("kms:Decrypt", arn, dict[str, str](), ACCOUNT)
        assert session.decide_key(*ask, grant).decision is Decision.ALLOW
        assert session.decide_key(*ask, deny).decision is Decision.EXPLICIT_DENY
        assert session.decide_key(*ask, None).decision is Decision.IMPLICIT_DENY


def test_another_owner_of_the_resource_is_another_question() -> None:
    """Across accounts the resource's policy must allow as well."""
    session = _session()
    ask = ("s3:GetObject", "arn:aws:s3:::docs/a", dict[str, str]())
    for _ in range(2):
        assert session.decide(*ask, ACCOUNT).decision is Decision.ALLOW
        assert session.decide(*ask, OTHER).decision is Decision.IMPLICIT_DENY


def test_a_bucket_and_its_objects_are_apart() -> None:
    """What holds for `docs/…` says nothing of `docs`, nor of `docs2/…`."""
    session = _session(Resource="arn:aws:s3:::docs/*")
    for _ in range(2):
        for name, allowed in (("docs/", True), ("docs", False), ("docs2/a", False)):
            arn = f"arn:aws:s3:::{name}"
            answer = session.decide("s3:GetObject", arn, {}, ACCOUNT)
            assert answer.allowed is allowed


def test_names_that_callers_choose_fill_no_memory() -> None:
    """Buckets, keys and actions without end keep a few specialisations only."""
    session = _session()
    for number in range(500):
        name = f"arn:aws:s3:::b{number}"
        session.decide("s3:GetObject", f"{name}/x", {}, ACCOUNT)
        session.decide("s3:ListBucket", name, {}, ACCOUNT)
        session.decide(f"s3:Action{number}", name, {}, ACCOUNT)
        session.decide_key("kms:Decrypt", f"arn:aws:kms:r:a:key/{number}", {}, "", None)
        assert _kept(session) <= 32


def _conditional(key: str, values: int) -> list[dict[str, Any]]:
    return [
        {
            "Effect": "Deny",
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {"StringLike": {key: f"{number}-${{aws:userid}}"}},
        }
        for number in range(values)
    ]


def _session_of(statements: list[dict[str, Any]]) -> CompiledSession:
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    policy = parse_policy(text, PolicyKind.IDENTITY)
    return CompiledSession(Layers(identity=(policy,)), ADA)


def test_a_session_takes_no_more_memory_than_it_may() -> None:
    """However much each of the things asked for takes, and however varied."""
    for statements in 1, 4, 12, 36:
        session = _session_of(_conditional("s3:prefix", statements))
        tracemalloc.start()
        for number in range(200):
            session.decide(
                f"s3:A{number % 40}",
                f"arn:aws:s3:::b/{number}",
                {"s3:prefix": f"{number}" * 30},
                ACCOUNT,
            )
        gc.collect()  # Of what the interpreter keeps for the next objects, too.
        held, _peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert _kept(session) > 0
        assert held < 96 * 1024, statements


def test_what_is_too_much_to_keep_is_decided_all_the_same() -> None:
    """A policy of a thousand statements; nothing of it stays behind."""
    session = _session_of(_conditional("s3:prefix", 1000))
    for prefix, decision in (
        (f"7-{ADA.userid}", Decision.EXPLICIT_DENY),
        ("7-AROA:bob", Decision.IMPLICIT_DENY),
    ):
        ask = ("s3:GetObject", "arn:aws:s3:::b/x", {"s3:prefix": prefix}, ACCOUNT)
        assert session.decide(*ask).decision is decision
    (kept,) = session._kept.values()  # noqa: SLF001
    assert isinstance(kept, Unspecialised)


def test_statements_of_other_buckets_leave_nothing() -> None:
    """A decision looks at as much as it would without them."""
    own = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::docs/${aws:userid}/*",
        "Condition": {"StringLike": {"s3:prefix": "*"}},
    }
    others = [
        {**own, "Resource": f"arn:aws:s3:::other-{number}/${{aws:userid}}/*"}
        for number in range(100)
    ]
    weights = []
    for statements in ([own], [own, *others]):
        session = _session_of(statements)
        session.decide("s3:GetObject", "arn:aws:s3:::docs/a", {}, ACCOUNT)
        (kept,) = session._kept.values()  # noqa: SLF001
        weights.append(kept.weight)
    assert weights[0] == weights[1]


def test_many_conditions_on_one_key_are_asked_once_a_value() -> None:
    """What a value said is remembered; a few values, and no long ones."""
    session = _session_of(_conditional("s3:prefix", 20))
    for number in range(100):
        context = {"s3:prefix": str(number % 20) + "x" * number * 3}
        session.decide("s3:GetObject", "arn:aws:s3:::b/x", context, ACCOUNT)
    (kept,) = session._kept.values()  # noqa: SLF001
    assert isinstance(kept, Specialisation)
    ((_key, outcomes),) = kept._sides[0][1]  # noqa: SLF001
    assert 0 < len(outcomes) <= 4
    assert all(len(value) <= 128 for value in outcomes)


def test_nothing_odd_is_kept() -> None:
    """Neither what is too long, nor what is cut before its sixth segment."""
    session = _session()
    for action, resource in (
        ("s3:GetObject", "arn:aws:s3:::" + "b" * 300 + "/x"),
        ("s3:" + "a" * 300, "arn:aws:s3:::b/x"),
        ("s3:GetObject", "arn:aws/s3:::b"),
    ):
        session.decide(action, resource, {}, ACCOUNT)
        session.decide_key(action, resource + "b" * 300, {}, ACCOUNT, None)
    assert _kept(session) == 0


def test_long_values_are_not_remembered() -> None:
    """Nor are answers without end, whatever the caller's values are."""
    session = _session(Condition={"StringEqualsIgnoreCase": {"aws:Referer": "A"}})
    for referer, allowed in (("a", True), ("b" * 9000, False), ("a", True)):
        for _ in range(2):
            answer = session.decide(
                "s3:GetObject", "arn:aws:s3:::b/x", {"aws:referer": referer}, ACCOUNT
            )
            assert answer.allowed is allowed


def test_threads_do_not_disturb_each_other() -> None:
    """Each has its own request's answer, while specialisations come and go."""
    session = _session(
        Resource="arn:aws:s3:::b*/${aws:userid}/*",
        Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    )

    def decide(number: int) -> bool:
        inside, own = number % 2 == 0, number % 3 == 0
        answer = session.decide(
            "s3:GetObject",
            f"arn:aws:s3:::b{number % 40}/{ADA.userid if own else 'AROA:bob'}/x",
            {"aws:sourceip": "203.0.113.9" if inside else "198.51.100.1"},
            ACCOUNT,
        )
        return answer.allowed is (inside and own)

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(decide, range(4000)))
