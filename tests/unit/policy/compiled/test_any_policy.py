"""The compiled form says what `decide` says, whatever the policies."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from securecart.names.principal import (
    Anonymous,
    IamUser,
    Principal,
    Root,
    Service,
)
from securecart.names.session import RoleSession
from securecart.policy import (
    Layers,
    Policy,
    PolicyKind,
    Request,
    decide,
    decide_key,
    parse_policy,
)
from securecart.policy.compiled import CompiledSession

ACCOUNT, OTHER = "111122223333", "444455556666"
ISSUED = datetime(2025, 3, 1, 12, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Employee"
SESSION = RoleSession(
    account=ACCOUNT,
    role_name="Employee",
    role_path="/",
    role_id="AROA",
    session_name="ab",
    credential_id="ASIA",
    issued_at=ISSUED,
    expires_at=ISSUED + timedelta(hours=1),
    tags=(("team", "b"), ("star", "*")),
    context=(("saml:sub", "ab"),),
)
PRINCIPALS: tuple[Principal, ...] = (
    SESSION,
    IamUser(ACCOUNT, "ada", "AIDA", tags=(("team", "a"),)),
    Root(ACCOUNT),
    Root(OTHER),
    Anonymous(),
    Service(ACCOUNT, "s3.amazonaws.com"),
)
# One of each kind: settled by the principal, known to be absent, the
# request's own, with a default, and what only looks like a variable.
VARIABLES = (
    "${aws:userid}",
    "${aws:PrincipalTag/team}",
    "${aws:PrincipalTag/none}",
    "${aws:PrincipalTag/none, 'b'}",
    "${aws:ResourceAccount}",
    "${saml:sub}",
    "${s3:prefix}",
    "${s3:prefix, 'a'}",
    "${*}",
)
ACTIONS = ("s3:GetObject", "s3:ListBucket", "kms:Decrypt")
RESOURCES = (
    "*",
    "arn:aws:s3:::b",
    "arn:aws:s3:::b/",
    "arn:aws:s3:::b/AROA:ab/x",
    "arn:aws:s3:::b/a/*",
    "arn:aws:s3:::b/a/b",
    "arn:aws:s3:::b/b",
    "arn:aws:s3:::bb/b",
    "arn:aws:s3:::b/*/\n",
    "arn:aws/s3:::b/b",
    "b/a",
    "",
    f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1",
)
KEYS = {
    "s3:prefix": ("a", "AROA:ab/", "*", ""),
    "aws:SecureTransport": ("true", "false", "TRUE", "odd"),
    "aws:SourceIp": ("203.0.113.9", "198.51.100.1", "odd"),
    "s3:max-keys": ("1", "10", "odd"),
    "aws:CurrentTime": ("2025-03-01T00:00:00Z", "0", "odd"),
    "aws:userid": ("AROA:ab", "AIDA", "a"),
    "aws:PrincipalTag/team": ("a", "b"),
    "aws:PrincipalTag/none": ("a", "b"),
    "aws:PrincipalAccount": (ACCOUNT, OTHER),
    "aws:PrincipalArn": (ROLE, "arn:aws:iam::111122223333:role/*"),
    "aws:ResourceAccount": (ACCOUNT, OTHER),
    "saml:sub": ("ab", "b"),
    "saml:iss": ("ab", "b"),
    "aws:TagKeys": ("a", "b"),
}
TEXTS = ("String", "Arn")
VALUES = {
    "StringEquals": (*VARIABLES, "a", "b", "AROA:ab/", "*", ACCOUNT),
    "StringNotEquals": (*VARIABLES, "a", "b", ACCOUNT),
    "StringEqualsIgnoreCase": (*VARIABLES, "A", "aroa:AB/"),
    "StringLike": (*VARIABLES, "*", "a*", "?", "*b", "", "${aws:userid}/*"),
    "StringNotLike": (*VARIABLES, "a*", "?", "*b", "${aws:userid}/*"),
    "ArnLike": (ROLE, "arn:aws:iam::*:role/*", "arn:aws:iam::*:role/${saml:sub}"),
    "ArnNotEquals": (ROLE, "arn:aws:iam::*:role/*"),
    "Bool": ("true", "false"),
    "IpAddress": ("203.0.113.0/24", "::/0"),
    "NotIpAddress": ("203.0.113.0/24",),
    "NumericLessThan": ("5", "10"),
    "DateGreaterThan": ("2025-01-01", "2030-01-01T00:00:00Z"),
}


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    """Answer up to three lines of operator, key and values."""
    found: dict[str, Any] = {}
    for _ in range(draw(st.integers(0, 3))):
        key = draw(st.sampled_from(tuple(KEYS)))
        if draw(st.integers(0, 4)) == 0:
            values = draw(st.lists(st.sampled_from(("true", "false")), min_size=1))
            found.setdefault("Null", {})[key] = values
            continue
        name = draw(st.sampled_from(tuple(VALUES)))
        values = draw(st.lists(st.sampled_from(VALUES[name]), min_size=1, max_size=2))
        prefix = draw(st.sampled_from(("", "", "ForAllValues:", "ForAnyValue:")))
        suffix = draw(st.sampled_from(("", "IfExists")))
        found.setdefault(f"{prefix}{name}{suffix}", {})[key] = values
    return found


PATTERNS = st.lists(
    st.one_of(
        st.just("*"),
        st.sampled_from(RESOURCES[1:9]).map(lambda text: text + "*"),
        st.builds(
            "arn:aws:{}:{}:{}:{}{}{}".format,
            st.sampled_from(("s3", "kms")),
            st.sampled_from(("", "*")),
            st.sampled_from(("", "*", "1*")),
            st.sampled_from(("b/", "b", "?/", "*", "", "key/")),
            st.sampled_from(("", "*", "AROA:ab", *VARIABLES)),
            st.sampled_from(("", "/*", "*", "/x", "?")),
        ),
    ),
    min_size=1,
    max_size=3,
)
WHO = st.one_of(
    st.just("*"),
    st.lists(
        st.sampled_from((ACCOUNT, OTHER, ROLE, SESSION.arn)), min_size=1, max_size=3
    ).map(lambda arns: {"AWS": arns}),
)


@st.composite
def policies(draw: st.DrawFn, kind: PolicyKind) -> Policy:
    """Answer a policy of one to four statements."""
    statements = []
    for number in range(draw(st.integers(1, 4))):
        exclude = st.sampled_from(("", "", "Not"))
        statement: dict[str, Any] = {
            "Sid": f"s{number}",
            "Effect": draw(st.sampled_from(("Allow", "Deny"))),
            draw(exclude) + "Action": draw(
                st.sampled_from(("*", "s3:*", "s3:Get*", "S3:LISTBUCKET", "kms:*"))
            ),
            draw(exclude) + "Resource": draw(PATTERNS),
            "Condition": draw(conditions()),
        }
        if kind is PolicyKind.RESOURCE:
            statement[draw(exclude) + "Principal"] = draw(WHO)
        statements.append(statement)
    version = draw(st.sampled_from(("2012-10-17", "2012-10-17", "2008-10-17")))
    return parse_policy(json.dumps({"Version": version, "Statement": statements}), kind)


def contexts() -> st.SearchStrategy[dict[str, Any]]:
    """Answer what a request brings along; of its principal too, untruly."""
    return st.dictionaries(
        st.sampled_from(tuple(key.lower() for key in KEYS)),
        st.sampled_from(tuple(v for values in KEYS.values() for v in values)).flatmap(
            lambda value: st.sampled_from((value, (value,), (value, "a"), ()))
        ),
        max_size=5,
    )


@given(
    identity=st.lists(policies(PolicyKind.IDENTITY), max_size=2),
    boundary=st.none() | policies(PolicyKind.IDENTITY),
    session=st.none() | st.lists(policies(PolicyKind.SESSION), max_size=2),
    resource=st.none() | policies(PolicyKind.RESOURCE),
    principal=st.sampled_from(PRINCIPALS),
    asked=st.lists(
        st.tuples(
            st.sampled_from(ACTIONS),
            st.sampled_from(RESOURCES),
            contexts(),
            st.sampled_from((ACCOUNT, ACCOUNT, OTHER)),
        ),
        min_size=1,
        max_size=6,
    ),
)
def test_says_what_decide_says(
    *,
    identity: list[Policy],
    boundary: Policy | None,
    session: list[Policy] | None,
    resource: Policy | None,
    principal: Principal,
    asked: list[tuple[str, str, dict[str, Any], str]],
) -> None:
    """One session, asked again and again, by either rule."""
    layers = Layers(
        tuple(identity), boundary, None if session is None else tuple(session), resource
    )
    compiled = CompiledSession(layers, principal)
    for action, arn, context, account in asked * 2:
        request = Request(principal, action, arn, context, account)
        for answer, expected in (
            (compiled.decide, decide),
            (compiled.decide_key, decide_key),
        ):
            found = answer(action, arn, context, account, resource)
            assert found == expected(layers, request)
