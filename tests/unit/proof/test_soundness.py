"""What is proved holds for everybody of a tiny world, in the real engine.

Policies are put together at random. Whatever `prove` says of them, every
request of a few people, over every short key and prefix, is decided too.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations, product
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.proof.replaying import assert_allowed
from tests.unit.proof.vectors import ACCOUNT

from securecart.names.session import RoleSession
from securecart.policy import Layers, PolicyKind, Request, decide, parse_policy
from securecart.proof.counterexample import Counterexample
from securecart.proof.deployment import DeployedRole, Deployment
from securecart.proof.isolation import Proof, prove
from securecart.proof.principals import role_session
from securecart.proof.trust import sessions_of
from securecart.proof.wildcard import Search

_ROLE: Final = f"arn:aws:iam::{ACCOUNT}:role/Employee"
_BUCKET: Final = "arn:aws:s3:::d"
_NAMES: Final = ("aa", "ab", "aab")
_TRUST: Final = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/Corp"},
        "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
    },
}
_ACTIONS: Final = (
    "s3:GetObject",
    "s3:PutObject",
    "s3:ListBucket",
    "s3:PutBucketPolicy",
)
_FOLDERS: Final = ("${aws:userid}/", "${aws:userid}", "${aws:PrincipalTag/t, 'a'}/")
_UNIQUE: Final = frozenset({"aws:principaltag/t"})

_part = st.sampled_from(
    [
        "${aws:userid}",
        "${aws:PrincipalTag/t}",
        "${aws:PrincipalTag/t, 'a'}",
        "R:aa",
        "R:",
        "a",
        "/",
        "/",
        "*",
        "?",
    ]
)
_word = st.lists(_part, max_size=4).map("".join)
_resource = st.one_of(
    st.just("*"), st.just(_BUCKET), _word.map(lambda word: f"{_BUCKET}/{word}")
)
_operator = st.sampled_from(
    [
        "StringLike",
        "StringNotLike",
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringLikeIfExists",
        "StringNotLikeIfExists",
        "ForAllValues:StringLike",
        "ForAnyValue:StringNotLike",
    ]
)
_key = st.sampled_from(
    ["s3:prefix", "s3:prefix", "s3:prefix", "aws:userid", "aws:PrincipalTag/t"]
)
_condition = st.one_of(
    st.just({}),
    st.builds(
        lambda operator, key, values: {operator: {key: values}},
        _operator,
        _key,
        st.lists(_word, min_size=1, max_size=2),
    ),
    st.builds(
        lambda key, wanted: {"Null": {key: wanted}},
        _key,
        st.sampled_from(["true", "false"]),
    ),
)


def _statement(
    effect: str, action: list[str], resource: list[str], inverted: int, when: Any
) -> dict[str, Any]:
    return {
        "Effect": effect,
        "NotAction" if inverted == 1 else "Action": action,
        "NotResource" if inverted == 2 else "Resource": resource,
        "Condition": when,
    }


_statements = st.lists(
    st.builds(
        _statement,
        st.sampled_from(["Allow", "Allow", "Deny"]),
        st.lists(
            st.sampled_from([*_ACTIONS, "s3:*", "s3:Get*"]), min_size=1, max_size=2
        ),
        st.lists(_resource, min_size=1, max_size=2),
        st.sampled_from([0, 0, 0, 1, 2]),
        _condition,
    ),
    min_size=1,
    max_size=3,
)
_principal = st.sampled_from(
    [
        "*",
        {"AWS": _ROLE},
        {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/Employee/aa"},
    ]
)
_of_bucket = st.lists(
    st.builds(
        lambda statement, principal: {**statement, "Principal": principal},
        _statements.map(lambda found: found[0]),
        _principal,
    ),
    max_size=2,
)


@settings(max_examples=40, deadline=None)
@given(
    _statements,
    st.one_of(st.none(), _statements),
    _of_bucket,
    st.sampled_from(_FOLDERS),
    st.sampled_from([frozenset[str](), _UNIQUE]),
    st.sampled_from([frozenset[str](), _UNIQUE]),
)
def test_nothing_contradicts_what_is_said(
    identity: list[Any],
    boundary: list[Any] | None,
    bucket: list[Any],
    folder: str,
    unique: frozenset[str],
    slash_free: frozenset[str],
) -> None:
    """A proof is contradicted by no request, and a counterexample is allowed."""

    def policy(statements: Any, kind: PolicyKind) -> Any:
        document = {"Version": "2012-10-17", "Statement": statements}
        return parse_policy(json.dumps(document), kind)

    role = DeployedRole(
        "Employee",
        _ROLE,
        "R",
        parse_policy(json.dumps(_TRUST), PolicyKind.TRUST),
        (policy(identity, PolicyKind.IDENTITY),),
        policy(boundary, PolicyKind.IDENTITY) if boundary else None,
    )
    deployment = Deployment(
        ACCOUNT,
        "d",
        (role,),
        policy(bucket, PolicyKind.RESOURCE) if bucket else None,
        folder=folder,
        unique=unique,
        slash_free=slash_free,
    )
    found = prove(deployment)
    if isinstance(found, Counterexample):
        assert_allowed(deployment, found)
    if isinstance(found, Proof):
        assert not list(_violations(deployment))


def _people(deployment: Deployment) -> Iterator[RoleSession]:
    """Everybody of the tiny world, with a tag or without one."""
    first = sessions_of(deployment, Search())[0]
    values: list[str | None] = [None, "", "a", "b", "ab"]
    if not deployment.slash_free:
        values += ["/", "a/"]
    for name, value in product(_NAMES, values):
        tags = () if value is None else (("t", value),)
        yield replace(role_session(first, name), tags=tags)


def _folder(deployment: Deployment, person: RoleSession) -> str:
    if "Tag" not in deployment.folder:
        return deployment.folder.replace("${aws:userid}", person.userid)
    return f"{dict(person.tags).get('t', 'a')}/"


def _violations(deployment: Deployment) -> Iterator[object]:
    role = deployment.roles[0]
    layers = Layers(role.identity, role.boundary, None, deployment.bucket_policy)
    for asker, owner in permutations(_people(deployment), 2):
        same_tag = asker.tags and asker.tags == owner.tags
        if asker.session_name == owner.session_name or (deployment.unique and same_tag):
            continue
        folder = _folder(deployment, owner)
        prefixes = [None, *(folder[:end] for end in range(len(folder) + 1))]
        prefixes += [folder + more for more in ("a", "/", "a/")]
        tries: list[tuple[str, str, dict[str, str]]] = [
            ("s3:PutBucketPolicy", _BUCKET, {})
        ]
        for prefix in prefixes:
            sent = {} if prefix is None else {"s3:prefix": prefix}
            tries.append(("s3:ListBucket", _BUCKET, sent))
        for more in ("", "a", "/", "a/"):
            key = f"{_BUCKET}/{folder}{more}"
            tries += [("s3:GetObject", key, {}), ("s3:PutObject", key, {})]
        for action, resource, context in tries:
            request = Request(asker, action, resource, context, ACCOUNT)
            if decide(layers, request).allowed:
                yield request, folder
                return
