"""`securecart policy evaluate`: lines in, lines out."""

import io
import json
import sys
from typing import Any

import pytest
from click.testing import CliRunner, Result

from securecart.cli.main import main
from securecart.cli.policy_evaluate import evaluate_lines

ACCOUNT = "111122223333"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/Employee/ab"


def allow(sid: str | None = None, **changes: Any) -> dict[str, Any]:
    """A policy of one statement."""
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", **changes}
    if sid:
        statement["Sid"] = sid
    return {"Version": "2012-10-17", "Statement": [statement]}


def when(**condition: Any) -> dict[str, Any]:
    """A policy that allows under a condition alone."""
    return allow(Condition=condition)


def line(**fields: Any) -> dict[str, Any]:
    """A session that reads a document."""
    return {
        "principal": SESSION,
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::docs/x",
        **fields,
    }


def run(*lines: Any) -> Result:
    """Run the command over lines; what is no text is written as JSON."""
    texts = (one if isinstance(one, str) else json.dumps(one) for one in lines)
    written = "".join(f"{text}\n" for text in texts)
    return CliRunner().invoke(main, ["policy", "evaluate"], input=written)


def answers(*lines: Any) -> list[dict[str, Any]]:
    """What the command says of each."""
    return [json.loads(one) for one in run(*lines).stdout.splitlines()]


def decision(**fields: Any) -> str:
    """The decision on one line that is right."""
    (answer,) = answers(line(**fields))
    return str(answer["decision"])


def test_it_names_the_statements_that_decided() -> None:
    """By layer, policy and statement, and by Sid where there is one."""
    denying = allow("Shut", Effect="Deny", Principal="*")
    told = answers(
        line(identity_policies=[allow(), allow("Open")]),
        line(identity_policies=allow(), resource_policy=denying),
        line(),
    )
    assert told == [
        {
            "decision": "ALLOW",
            "statements": [
                {"layer": "identity", "policy": 0, "statement": 0},
                {"layer": "identity", "policy": 1, "statement": 0, "sid": "Open"},
            ],
        },
        {
            "decision": "EXPLICIT_DENY",
            "statements": [
                {"layer": "resource", "policy": 0, "statement": 0, "sid": "Shut"}
            ],
        },
        {"decision": "IMPLICIT_DENY", "statements": []},
    ]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("{", "no JSON object"),
        ("[]", "no JSON object"),
        ("[" * 200_000, "nested too deep"),
        ('{"principal": "a", "principal": "b"}', "'principal' stands twice"),
        ("x" * 2**21, "longer than"),
        (line(principal="somebody"), "principal: not an ARN"),
        (line(principal=None), "principal: missing"),
        (line(principal=f"arn:aws:iam::{ACCOUNT}:group/x"), "principal: "),
        (line(principal_account="999999999999"), "principal: "),
        (line(principal_account="9"), "principal_account: "),
        (line(action="GetObject"), "action: "),
        (line(action="s3:*"), "action: "),
        (line(resource="docs/x"), "resource: not an ARN"),
        (line(resource="arn:aws:s3:::docs/\ud800"), "resource: half a surrogate"),
        (line(context=[]), "context: not an object"),
        (line(context={"s3:prefix": {}}), "context, 's3:prefix': "),
        (line(context={"s3:prefix": "a", "S3:Prefix": "b"}), "context: a key"),
        (line(principal_tags={"a": []}), "principal_tags, 'a': "),
        (line(identity_policies=[allow(), 7]), "identity_policies[1]: neither"),
        (line(session_policies=allow(Effect="Maybe")), "session_policies: Statement 1"),
        (line(resource_policy=allow()), "Principal is missing"),
        (line(identity_policy=allow()), "'identity_policy': no such field"),
    ],
)
def test_a_wrong_line_is_named_and_the_rest_go_on(wrong: Any, told: str) -> None:
    """With its number, which counts blank lines too, and its field."""
    result = run("", wrong, line())
    first, second = map(json.loads, result.stdout.splitlines())
    assert first["error"].startswith("line 2: ")
    assert told in first["error"]
    assert second["decision"] == "IMPLICIT_DENY"
    assert result.exit_code == 1


def test_bytes_that_are_no_utf8_are_a_wrong_line() -> None:
    """And no end of the program."""
    result = CliRunner().invoke(main, ["policy", "evaluate"], input=b"\xff\n")
    assert "no UTF-8" in json.loads(result.stdout)["error"]


def test_it_answers_before_the_next_line_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A program at the other end of a pipe may wait for each answer."""
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(_Raw(out))))

    class OneByOne(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            assert out.getvalue().count(b"\n") == self.tell() // len(first)
            return super().readline(size)

    first = json.dumps(line()).encode() + b"\n"
    evaluate_lines(OneByOne(first * 3))


class _Raw(io.RawIOBase):
    """What lies under a buffer: bytes that were flushed."""

    def __init__(self, kept: io.BytesIO) -> None:
        self._kept = kept

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        return self._kept.write(data)


def test_a_policy_may_be_an_object_or_its_text() -> None:
    """And is read alike, numbers and doubled members too."""
    doubled = json.dumps(allow())[:-1] + ', "Version": "2012-10-17"}'
    assert decision(identity_policies=json.dumps(allow())) == "ALLOW"
    assert decision(identity_policies=[json.dumps(allow())]) == "ALLOW"
    whole = json.dumps(line())[:-1] + f', "identity_policies": {doubled}}}'
    assert "stands twice" in answers(whole)[0]["error"]
    numbered = when(StringEquals={"s3:max-keys": 1.0})
    assert decision(identity_policies=numbered, context={"s3:max-keys": "1.0"}) == (
        "ALLOW"
    )


@pytest.mark.parametrize(
    ("given", "condition"),
    [
        ({"S3:Prefix": "a"}, {"StringEquals": {"s3:prefix": "a"}}),
        ({"aws:SecureTransport": True}, {"Bool": {"aws:SecureTransport": "true"}}),
        ({"s3:max-keys": 10}, {"NumericEquals": {"s3:max-keys": "10"}}),
        ({"s3:prefix": []}, {"Null": {"s3:prefix": "true"}}),
        ({"s3:prefix": None}, {"Null": {"s3:prefix": "true"}}),
        (
            {"aws:TagKeys": ["a", "b"]},
            {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b", "c"]}},
        ),
        ({"aws:userid": "AROA:ab"}, {"StringEquals": {"aws:userid": "AROA:ab"}}),
        ({}, {"Null": {"aws:userid": "true", "aws:TokenIssueTime": "true"}}),
        ({}, {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}),
        ({}, {"StringEquals": {"aws:ResourceAccount": ACCOUNT}}),
        ({}, {"StringEquals": {"aws:PrincipalType": "AssumedRole"}}),
        ({}, {"Null": {"aws:MultiFactorAuthPresent": "true"}}),
    ],
)
def test_what_the_line_says_is_believed(given: Any, condition: Any) -> None:
    """And what it leaves out is taken from the principal's ARN, or absent."""
    assert decision(context=given, identity_policies=when(**condition)) == "ALLOW"


def test_tags_of_the_principal_are_condition_keys() -> None:
    """`principal_tags` become aws:PrincipalTag/…."""
    policy = when(StringEquals={"aws:PrincipalTag/Team": "red"})
    assert decision(identity_policies=policy, principal_tags={"team": "red"}) == "ALLOW"
    assert decision(identity_policies=policy) == "IMPLICIT_DENY"


@pytest.mark.parametrize(
    ("principal", "listed"),
    [
        (SESSION, {"AWS": SESSION}),
        (SESSION, {"AWS": f"arn:aws:iam::{ACCOUNT}:role/Employee"}),
        (
            f"arn:aws:iam::{ACCOUNT}:user/a/b",
            {"AWS": f"arn:aws:iam::{ACCOUNT}:user/a/b"},
        ),
        (
            f"arn:aws:sts::{ACCOUNT}:federated-user/b",
            {"AWS": f"arn:aws:sts::{ACCOUNT}:federated-user/b"},
        ),
        (f"arn:aws:iam::{ACCOUNT}:root", {"AWS": ACCOUNT}),
        (ACCOUNT, {"AWS": ACCOUNT}),
        ("s3.amazonaws.com", {"Service": "s3.amazonaws.com"}),
        ("anonymous", "*"),
        ("*", "*"),
    ],
)
def test_every_kind_of_principal_is_known(principal: str, listed: Any) -> None:
    """Named by a bucket policy, each of them gets in, and no stranger does."""
    if isinstance(listed, dict) and "role/" in str(listed):
        identity = None
    else:
        identity = allow(Effect="Deny", Resource="arn:aws:s3:::other")
    policy = allow(Principal=listed)
    assert (
        decision(
            principal=principal, resource_policy=policy, identity_policies=identity
        )
        == "ALLOW"
    )
    others = allow(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/other"})
    if not principal.endswith((":root", ACCOUNT)):
        assert decision(principal=principal, resource_policy=others) == "IMPLICIT_DENY"


def test_a_role_stands_for_a_session_of_it_without_a_name() -> None:
    """A grant to the role reaches it, one to a session never does."""
    role = f"arn:aws:iam::{ACCOUNT}:role/Employee"
    to_role = allow(Principal={"AWS": role})
    to_session = allow(Principal={"AWS": SESSION})
    assert decision(principal=role, resource_policy=to_role) == "ALLOW"
    assert decision(principal=role, resource_policy=to_session) == "IMPLICIT_DENY"
    named = when(StringLike={"aws:userid": "*:*"})
    assert decision(principal=role, identity_policies=named) == "IMPLICIT_DENY"


@pytest.mark.parametrize(
    "provider", ["saml-provider/Okta", "oidc-provider/idp.example"]
)
def test_a_role_is_asked_by_its_trust_policy(provider: str) -> None:
    """Whoever a provider vouches for has no policies of their own."""
    arn = f"arn:aws:iam::{ACCOUNT}:{provider}"
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Federated": arn},
            "Action": "sts:AssumeRoleWith*",
        },
    }
    asked = {
        "action": "sts:AssumeRoleWithSAML",
        "resource": f"arn:aws:iam::{ACCOUNT}:role/Employee",
        "resource_policy": trust,
    }
    (found,) = answers(line(principal=arn, **asked))
    assert found["statements"][0]["layer"] == "trust"
    assert decision(principal=f"{arn}x", **asked) == "IMPLICIT_DENY"


def test_a_key_is_asked_by_its_key_policy() -> None:
    """The caller's own policies are not enough."""
    asked = {
        "action": "kms:Decrypt",
        "resource": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1",
        "identity_policies": allow(Action="kms:*"),
    }
    mute = allow(Action="kms:*", Principal={"AWS": "999999999999"})
    account = allow(Action="kms:*", Principal={"AWS": ACCOUNT})
    assert decision(resource_policy=mute, **asked) == "IMPLICIT_DENY"
    assert decision(resource_policy=account, **asked) == "ALLOW"


def test_each_of_several_boundaries_must_allow() -> None:
    """And a Deny of any one prevails, named by its place."""
    own = allow()
    narrow = allow(Resource="arn:aws:s3:::other")
    shut = allow("Shut", Effect="Deny")
    assert decision(identity_policies=own, permissions_boundaries=[own, own]) == "ALLOW"
    assert (
        decision(identity_policies=own, permissions_boundaries=[own, narrow])
        == "IMPLICIT_DENY"
    )
    (found,) = answers(line(identity_policies=own, permissions_boundaries=[own, shut]))
    assert found["decision"] == "EXPLICIT_DENY"
    assert found["statements"] == [
        {"layer": "boundary", "policy": 1, "statement": 0, "sid": "Shut"}
    ]


def test_no_session_policies_are_none_that_allow_nothing() -> None:
    """An empty list says that the session has none."""
    own = allow()
    assert decision(identity_policies=own, session_policies=[]) == "ALLOW"
    assert (
        decision(
            identity_policies=own,
            session_policies=[allow(Resource="arn:aws:s3:::other")],
        )
        == "IMPLICIT_DENY"
    )


def test_across_accounts_both_must_allow() -> None:
    """The account of the resource may be given where its ARN has none."""
    own = allow()
    named = allow(Principal={"AWS": ACCOUNT})
    abroad = {"identity_policies": own, "resource_account": "999999999999"}
    assert decision(**abroad) == "IMPLICIT_DENY"
    assert decision(**abroad, resource_policy=named) == "ALLOW"
