"""Policies and requests that meet often, drawn from tiny alphabets.

What is drawn at random meets nothing: a policy would be about one thing and
the request about another, and both evaluators would agree that it is denied.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from securecart.names.principal import (
    Anonymous,
    Federated,
    FederatedUser,
    IamUser,
    Principal,
    Root,
    Service,
)
from securecart.names.session import RoleSession
from securecart.policy import Layers, Policy, PolicyKind, Request, parse_policy

HERE = "111122223333"
ELSEWHERE = "999999999999"
PROVIDER = f"arn:aws:iam::{HERE}:saml-provider/P"
ROLE = f"arn:aws:iam::{HERE}:role/R"
_MOMENT = datetime(2025, 1, 1, tzinfo=UTC)


def _session(
    name: str, *, account: str = HERE, mfa: bool | None = None, **tags: str
) -> RoleSession:
    return RoleSession(
        account=account,
        role_name="R",
        role_path="/",
        role_id="AROAR",
        session_name=name,
        credential_id="ASIA",
        issued_at=_MOMENT,
        expires_at=_MOMENT,
        tags=tuple(tags.items()),
        mfa_authenticated=mfa,
    )


PRINCIPALS: tuple[Principal, ...] = (
    _session("a", Folder="a"),
    _session("ab", Folder="*", mfa=True),
    _session("b", mfa=False),
    _session("a", account=ELSEWHERE),
    IamUser(HERE, "a", "AIDAA", tags=(("folder", "ab"),)),
    IamUser(ELSEWHERE, "a", "AIDAA"),
    FederatedUser(HERE, "a"),
    Root(HERE),
    Root(ELSEWHERE),
    Service(HERE, "s3.amazonaws.com"),
    Federated(HERE, PROVIDER, "a"),
    Anonymous(),
)
_principals = st.sampled_from(PRINCIPALS[:1] * 8 + PRINCIPALS[1:3] * 2 + PRINCIPALS[3:])
_names = st.one_of(
    st.just("*"),
    st.sampled_from(
        (
            *(("AWS", "*"), ("AWS", HERE), ("AWS", f"arn:aws:iam::{ELSEWHERE}:root")),
            *(("AWS", f"arn:aws:iam::{HERE}:root"), *[("AWS", ROLE)] * 5),
            *(("AWS", f"arn:aws:sts::{HERE}:assumed-role/R/{n}") for n in ("a", "ab")),
            ("AWS", f"arn:aws:sts::{ELSEWHERE}:assumed-role/R/a"),
            ("AWS", f"arn:aws:iam::{HERE}:user/a"),
            ("AWS", f"arn:aws:sts::{HERE}:federated-user/a"),
            ("Service", "s3.amazonaws.com"),
            ("Federated", PROVIDER),
        )
    ).map(lambda one: {one[0]: one[1]}),
    st.just({"AWS": [HERE, ROLE, f"arn:aws:sts::{HERE}:assumed-role/R/a"]}),
    st.just({"AWS": [ROLE, f"arn:aws:iam::{HERE}:user/a"], "Federated": PROVIDER}),
)

_ACTIONS = st.sampled_from(
    (
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:PutObject",
        "s3:ListBucket",
        "S3:getobject",
        "sts:GetCallerIdentity",
    )
)
_ACTION_PATTERNS = st.sampled_from(
    (
        "*",
        "*",
        "s3:*",
        "s3:*",
        "s3:Get*",
        "S3:GETOBJECT",
        "s3:GetObject?ersion",
        "s3:*Object",
        "s3:?etObject",
        "s3:PutObject",
        "s3:ListBucket",
    )
)
_STS_ACTIONS = st.sampled_from(
    ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:TagSession")
)
# A trust policy speaks of STS alone, so what it meets does.
_STS_ACTION_PATTERNS = st.sampled_from(
    ("sts:*", "sts:AssumeRole", "sts:AssumeRole*", "STS:tag?ession")
)
_BUCKET = "arn:aws:s3:::docs"
_keys = st.text("ab/", max_size=4)
_resources = st.one_of(
    st.just(_BUCKET),
    st.builds("{}/{}".format, st.just(_BUCKET), _keys),
    st.sampled_from(
        (
            f"{_BUCKET}/AROAR:a/b",
            f"{_BUCKET}/AROAR:ab/b",
            f"{_BUCKET}/*/b",
            f"{_BUCKET}/a\n",
            "arn:aws:s3:::docsb",
            "arn:aws:s3:eu:1:docs/a",
            "docs",
            "",
        )
    ),
)
_wide = st.sampled_from(("*", "*", "arn:aws:s3:::*", _BUCKET, f"{_BUCKET}/*"))
_resource_patterns = st.one_of(
    _wide,
    _wide,
    st.builds("{}/{}".format, st.just(_BUCKET), st.text("ab/*?", max_size=4)),
    st.sampled_from(
        (
            f"{_BUCKET}/${{aws:userid}}/*",
            f"{_BUCKET}/${{aws:PrincipalTag/folder}}*",
            f"{_BUCKET}/${{aws:PrincipalTag/FOLDER, 'a'}}*",
            f"{_BUCKET}/${{x:text,'a*'}}*",
            f"{_BUCKET}/${{ x:text }}",
            f"{_BUCKET}/${{*}}/?",
            f"{_BUCKET}*",
            "arn:aws:s3:*:?:docs/*",
            "arn:aws:s3:::${x:text}",
        )
    ),
)


@dataclass(frozen=True)
class Family:
    """Operators that compare alike, a key for them, and values that meet."""

    operators: tuple[str, ...]
    key: str
    written: tuple[Any, ...]
    met: tuple[str, ...]


_ORDER = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan")
FAMILIES = (
    Family(
        (
            "StringEquals",
            "StringNotEquals",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
            "StringLike",
            "StringNotLike",
        ),
        "x:text",
        (
            "a",
            "A",
            "ab",
            "b",
            "",
            "a*",
            "?",
            "*",
            "${*}",
            "${aws:username}",
            "${x:other}",
            "${x:other, 'a'}",
            "${aws:PrincipalTag/folder,'b'}",
        ),
        ("a", "A", "ab", "b", "", "*", "a\n", "${x:other}"),
    ),
    Family(
        (*(f"Numeric{order}" for order in _ORDER), "NumericGreaterThanEquals"),
        "x:number",
        ("9", 10, 10.0, "11", "-1"),
        ("9", "10", "10.0", "11", "ten", ""),
    ),
    Family(
        (*(f"Date{order}" for order in _ORDER), "DateGreaterThanEquals"),
        "x:date",
        ("2025-01-01T00:00:00Z", "1735689600", "2024-12-31", "1735689600"),
        ("2025-01-01T00:00:00Z", "2025-01-01T02:00:00+02:00", "1735689601", "now", ""),
    ),
    Family(("Bool",), "x:bool", (True, "false", "True"), ("true", "false", "yes", "")),
    Family(("BinaryEquals",), "x:binary", ("YQ==", "YWI="), ("YQ==", "YWI=", "*", "")),
    Family(
        ("IpAddress", "NotIpAddress"),
        "x:address",
        ("10.0.0.0/8", "10.0.0.1", "2001:db8::/32", "0.0.0.0/0"),
        ("10.0.0.1", "::ffff:10.0.0.1", "2001:db8::1", "11.0.0.1", "home", ""),
    ),
    Family(
        ("ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"),
        "x:arn",
        (
            _BUCKET,
            f"{_BUCKET}/*",
            "arn:*:*:*:*:*",
            "arn:aws:s3:::${x:text}",
            f"{_BUCKET}/${{x:other}}*",
            "arn:aws:s3:::d?cs/${x:other, 'a'}",
            "*",
        ),
        (
            _BUCKET,
            f"{_BUCKET}/a",
            "arn:aws:s3:::a",
            "arn:aws:s3:eu:1:docs/a:b",
            "docs",
            "",
        ),
    ),
)
_OF_THE_PRINCIPAL: tuple[tuple[str, str, tuple[Any, ...]], ...] = (
    ("StringEquals", "aws:username", ("a",)),
    ("StringNotEquals", "aws:PrincipalAccount", (HERE,)),
    ("StringLike", "aws:PrincipalTag/Folder", ("a*", "${x:text}")),
    ("StringEquals", "aws:ResourceAccount", (HERE, ELSEWHERE)),
    ("StringLike", "aws:userid", ("*:a", "AROAR:*")),
    ("ArnLike", "aws:PrincipalArn", (ROLE, f"arn:aws:iam::{HERE}:*")),
    ("Bool", "aws:MultiFactorAuthPresent", ("true", "false")),
    ("Bool", "aws:PrincipalIsAWSService", ("true", "false")),
    ("DateLessThan", "aws:TokenIssueTime", ("2025-01-01T00:00:01Z", "2024-01-01")),
    ("StringEquals", "aws:PrincipalType", ("AssumedRole", "User")),
)

_some = st.sampled_from
_Condition = tuple[str, str, list[Any]]


def _several(values: tuple[Any, ...], least: int) -> st.SearchStrategy[list[Any]]:
    return st.lists(_some(values), min_size=least, max_size=3)


# Every operator as often as another, however many its family has.
_of_families = _some(
    [(family, operator) for family in FAMILIES for operator in family.operators]
).flatmap(
    lambda one: st.tuples(
        st.builds(
            "{}{}{}".format,
            _some(("", "", "", "ForAllValues:", "ForAnyValue:")),
            st.just(one[1]),
            _some(("", "", "IfExists")),
        ),
        st.just(one[0].key),
        _several(one[0].written, 1),
    )
)
_conditions: st.SearchStrategy[_Condition] = st.one_of(
    _of_families,
    _of_families,
    _of_families,
    _some(_OF_THE_PRINCIPAL).flatmap(
        lambda one: st.tuples(
            st.builds("{}{}".format, st.just(one[0]), _some(("", "IfExists"))),
            st.just(one[1]),
            _several(one[2], 1),
        )
    ),
    st.tuples(
        st.just("Null"),
        _some((*(family.key for family in FAMILIES), "aws:username")),
        _some((["true"], [False], ["true", "false"])),
    ),
)


def _met(values: tuple[str, ...]) -> st.SearchStrategy[str | tuple[str, ...]]:
    # One value most of the time: many under an ordinary operator decide
    # nothing.
    one = _some(values)
    return st.one_of(one, one, one, _several(values, 0).map(tuple))


_contexts = st.fixed_dictionaries(
    {},
    optional={
        **{family.key: _met(family.met) for family in FAMILIES},
        "x:other": _met(("a", "ab", "*")),
        # Nobody's to choose; both must pass them over.
        "aws:username": st.just("b"),
        "aws:principaltag/folder": st.just("b"),
    },
)


@st.composite
def statements(
    draw: st.DrawFn, kind: PolicyKind, patterns: st.SearchStrategy[str]
) -> dict[str, Any]:
    """One statement; three Allows to a Deny, which would prevail too often."""
    statement: dict[str, Any] = {
        "Effect": draw(_some(("Allow", "Allow", "Allow", "Deny")))
    }
    # Negations match nearly everything, so they are rare; in a trust policy
    # they have no place.
    negations = ("Action", "Resource", "Principal")
    trust = kind is PolicyKind.TRUST
    excluded = draw(_some((None, None, None, *(() if trust else negations))))

    def put(element: str, value: Any) -> None:
        statement[f"Not{element}" if element == excluded else element] = value

    put("Action", draw(st.lists(patterns, min_size=1, max_size=2)))
    if not trust:
        put("Resource", draw(st.lists(_resource_patterns, min_size=1, max_size=2)))
    if kind in {PolicyKind.TRUST, PolicyKind.RESOURCE}:
        put("Principal", draw(_names))
    # Two conditions rarely hold at once.
    count = draw(_some((0, 0, 0, 1, 1, 2)))
    conditions = draw(st.lists(_conditions, min_size=count, max_size=count))
    if conditions:
        element: dict[str, Any] = {}
        for operator, key, values in conditions:
            element.setdefault(operator, {})[key] = values
        statement["Condition"] = element
    return statement


@st.composite
def policies(
    draw: st.DrawFn, kind: PolicyKind, patterns: st.SearchStrategy[str]
) -> Policy:
    """A policy of one to three statements, of either version."""
    document = {
        "Version": draw(_some(("2012-10-17", "2012-10-17", "2008-10-17"))),
        "Statement": draw(st.lists(statements(kind, patterns), min_size=1, max_size=3)),
    }
    return parse_policy(json.dumps(document), kind)


_EVERYTHING = parse_policy(
    json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
        }
    ),
    PolicyKind.SESSION,
)


@dataclass(frozen=True)
class Asked:
    """One principal's layers, and what it asks for, one after the other.

    `owners` are the policies that the resource has in turn, one a request.
    """

    decides: str
    layers: Layers
    requests: list[Request]
    owners: list[Policy | None]


@st.composite
def asked(draw: st.DrawFn) -> Asked:
    """What the evaluators have to agree on."""
    decides = draw(_some(("", "", "key", "trust")))
    sts = decides == "trust"
    patterns = _STS_ACTION_PATTERNS if sts else _ACTION_PATTERNS
    identity = policies(PolicyKind.IDENTITY, patterns)
    # What cuts is a policy that allows all, half the time: most others cut all.
    everything = st.just(_EVERYTHING)
    session = st.lists(policies(PolicyKind.SESSION, patterns), max_size=2).map(tuple)
    count = draw(_some((0, 1, 1, 2)))
    layers = Layers(
        identity=tuple(draw(st.lists(identity, min_size=count, max_size=count))),
        boundary=draw(st.one_of(st.none(), everything, identity)),
        session=draw(st.one_of(st.none(), st.tuples(everything), session)),
    )
    owner = policies(PolicyKind.TRUST if sts else PolicyKind.RESOURCE, patterns)
    changing = draw(
        st.lists(
            owner if sts else st.one_of(st.none(), owner, owner),
            min_size=1,
            max_size=2,
        )
    )
    principal = draw(_principals)
    if isinstance(principal, Root):
        # An account's root has no policies of its own.
        layers = Layers()
    # Few of each, so that what is kept of one request meets the next.
    actions = draw(st.lists(_STS_ACTIONS if sts else _ACTIONS, min_size=1, max_size=2))
    resources = draw(st.lists(_resources, min_size=1, max_size=3))
    requests = draw(
        st.lists(
            st.builds(
                Request,
                st.just(principal),
                _some(actions),
                _some(resources),
                _contexts,
                _some((HERE, HERE, ELSEWHERE)),
            ),
            min_size=2,
            max_size=8,
        )
    )
    return Asked(
        decides,
        layers,
        requests,
        [draw(_some(changing)) for _ in requests],
    )
