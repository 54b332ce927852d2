"""What holds of the rules together."""

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securecart.blueprint import documents
from securecart.policy import MalformedPolicyDocument, PolicyKind, parse_policy
from securecart.policy.json_text import MAX_CHARACTERS
from securecart.policy.lint import RULES, Severity, guess_kind, lint

_ACCOUNT = "111122223333"
_KEY = f"arn:aws:kms:eu-central-1:{_ACCOUNT}:key/documents"
_OWN = {
    "folder": documents.folder_policy("docs", _KEY, "eu-central-1"),
    "bucket": documents.bucket_policy("docs", _KEY, _ACCOUNT),
    "key": documents.key_policy(_ACCOUNT),
    "trust": documents.trust_policy(
        *documents.saml_trust(
            f"arn:aws:iam::{_ACCOUNT}:saml-provider/SecureCart",
            "https://docs.example.com/saml/acs",
        ),
        *documents.oidc_trust(
            f"arn:aws:iam::{_ACCOUNT}:oidc-provider/login.example.com",
            "login.example.com",
            "portal",
        ),
    ),
}


def _changed(document: dict[str, Any], old: str, new: str) -> str:
    text = json.dumps(document)
    assert old in text
    return text.replace(old, new)


def _rules(text: str, kind: PolicyKind | None = None) -> set[str]:
    policy = parse_policy(text, kind or guess_kind(text))
    return {remark.rule for remark in lint(policy)}


@pytest.mark.parametrize("name", _OWN)
def test_the_policies_of_the_set_up_are_clean(name: str) -> None:
    """Nothing is said of what SecureCart itself writes: no danger, no note."""
    assert _rules(json.dumps(_OWN[name])) == set()


@pytest.mark.parametrize(
    ("name", "old", "new", "rule"),
    [
        ("folder", "docs/${aws:userid}/*", "docs/${aws:userid}*", "no-closing-slash"),
        ("folder", '"${aws:userid}/*"', '"${aws:userid}*"', "no-closing-slash"),
        ("folder", '"${aws:userid}/*"', '""', "prefix-of-everything"),
        ("folder", "s3:prefix", "s3:delimiter", "list-without-prefix"),
        ("folder", "docs/${", "*/${", "wildcard-before-id"),
        ("folder", "${aws:userid}", "${aws:userid, 'all'}", "shared-default"),
        ("folder", "docs/${aws:userid}/*", "docs/*", "whole-bucket"),
        ("folder", "2012-10-17", "2008-10-17", "plain-variable"),
        ("trust", "sts:RoleSessionName", "aws:SourceIp", "session-name-unpinned"),
        ("trust", "login.example.com:aud", "login.example.com:azp", "trust-without"),
        ("bucket", '"Deny"', '"Allow"', "public-principal"),
    ],
)
def test_each_slip_in_them_is_told(name: str, old: str, new: str, rule: str) -> None:
    """The holes of the usual recipes do not go unnoticed."""
    found = _rules(_changed(_OWN[name], old, new))
    assert any(identifier.startswith(rule) for identifier in found)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("folder", PolicyKind.IDENTITY),
        ("bucket", PolicyKind.RESOURCE),
        ("key", PolicyKind.RESOURCE),
        ("trust", PolicyKind.TRUST),
    ],
)
def test_the_kind_is_told_by_the_elements(name: str, kind: PolicyKind) -> None:
    """A principal makes it a resource's, STS alone a role's."""
    assert guess_kind(json.dumps(_OWN[name])) is kind


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"Statement": 1}', "{" * 50])
def test_what_is_no_policy_is_left_to_parsing(text: str) -> None:
    """Guessing never fails; the error that says what is wrong is parsing's."""
    with pytest.raises(MalformedPolicyDocument):
        parse_policy(text, guess_kind(text))


def test_identifiers_are_unique_and_plain() -> None:
    """People sort and silence by them."""
    identifiers = [rule.identifier for rule in RULES]
    assert len(set(identifiers)) == len(identifiers)
    assert all(i.replace("-", "").isalpha() and i.islower() for i in identifiers)


def test_a_misspelt_action_is_told_with_the_nearest() -> None:
    """In the spelling of AWS."""
    policy = parse_policy(
        '{"Statement":{"Effect":"Deny","Action":"s3:GetObjectVerson","Resource":"*"}}',
        PolicyKind.IDENTITY,
    )
    (remark,) = lint(policy)
    assert "s3:GetObjectVersion is the nearest" in remark.text
    assert remark.severity is Severity.DANGER


def test_a_misspelt_key_is_refused_with_the_nearest() -> None:
    """The policy language itself refuses it, and helps."""
    with pytest.raises(MalformedPolicyDocument, match="nearest is 's3:prefix'"):
        parse_policy(
            '{"Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*",'
            '"Condition":{"StringLike":{"s3:prefx":"a"}}}}',
            PolicyKind.IDENTITY,
        )


def test_a_place_is_named_as_the_errors_of_parsing_name_it() -> None:
    """Statements count from one, and carry their Sid."""
    text = _changed(_OWN["folder"], "docs/${aws:userid}/*", "docs/${aws:userid}*")
    places = {remark.place for remark in lint(parse_policy(text, PolicyKind.IDENTITY))}
    assert "Statement 2 (UseOwnFolder), Resource" in places


_TEXTS = st.lists(
    st.sampled_from(
        ["${aws:userid}", "${x, 'y'}", "${*}", "*", "?", "/", ":", "docs", "A", "$"]
    ),
    max_size=6,
).map("".join)
_KEYS = st.sampled_from(
    ["s3:prefix", "aws:userid", "sts:RoleSessionName", "a.b:aud", "aws:SourceIp", "x:y"]
)
_OPERATORS = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "ForAllValues:", "ForAnyValue:"]),
        st.sampled_from(["StringEquals", "StringNotLike", "ArnLike", "StringLike"]),
        st.sampled_from(["", "IfExists"]),
    ),
)
_STATEMENTS = st.builds(
    lambda action, resource, principal, **rest: {
        **rest,
        **action,
        **resource,
        **principal,
    },
    action=st.builds(
        lambda name, texts: {name: texts},
        st.sampled_from(["Action", "NotAction"]),
        st.lists(
            st.sampled_from(
                ["s3:*", "s3:GetObject", "s3:Lst", "*", "kms:Decrypt", "sts:*", "q:Do"]
            ),
            min_size=1,
        ),
    ),
    resource=st.builds(
        lambda name, texts: {name: [f"arn:aws:s3:::{text}" for text in texts]},
        st.sampled_from(["Resource", "NotResource"]),
        st.lists(_TEXTS, min_size=1),
    ),
    principal=st.sampled_from(
        [
            {},
            {"Principal": "*"},
            {"NotPrincipal": {"AWS": f"arn:aws:iam::{_ACCOUNT}:role/a/b"}},
        ]
    ),
    Effect=st.sampled_from(["Allow", "Deny"]),
    Condition=st.dictionaries(
        _OPERATORS, st.dictionaries(_KEYS, _TEXTS, min_size=1), max_size=3
    ),
)


@settings(max_examples=100, deadline=None)
@given(
    statements=st.lists(_STATEMENTS, min_size=1, max_size=4),
    kind=st.sampled_from(PolicyKind),
    version=st.sampled_from(["2008-10-17", "2012-10-17"]),
)
def test_no_policy_that_was_read_makes_a_rule_fail(
    statements: list[Any], kind: PolicyKind, version: str
) -> None:
    """Whatever parses is linted, each remark once and at a statement there is."""
    text = json.dumps({"Version": version, "Statement": statements})
    try:
        policy = parse_policy(text, kind)
    except MalformedPolicyDocument:
        return
    remarks = list(lint(policy))
    assert len(set(remarks)) == len(remarks)
    assert all(1 <= remark.statement <= len(statements) for remark in remarks)


def _filled(piece: str, before: str, after: str) -> str:
    times = (MAX_CHARACTERS - len(before) - len(after)) // (len(piece) + 1)
    return before + ",".join([piece] * times) + after


def _biggest() -> dict[str, str]:
    """Documents as long as may be, each with very much of one thing."""
    allow = '"Effect":"Allow","Resource":"*"'
    names = (f'"s3:{a}{b}{c}*"' for a, b, c in product("abcdefghijklm", repeat=3))
    keys = ",".join(f'"aws:PrincipalTag/{n}":"${{s3:prefix}}*"' for n in range(2500))
    return {
        "statements": _filled(
            '{"Effect":"Deny","Action":"s3:Ge","Resource":"*"}', '{"Statement":[', "]}"
        ),
        "actions": f'{{"Statement":{{{allow},"Action":[{",".join(names)}]}}}}',
        "unknown actions": _filled(
            '"s3:GetObjct"', f'{{"Statement":{{{allow},"Action":[', "]}}"
        ),
        "keys": f'{{"Version":"2012-10-17","Statement":{{{allow},"Action":"*",'
        f'"Condition":{{"StringNotLike":{{{keys}}}}}}}}}',
        "one pattern": (
            '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*",'
            '"Resource":"arn:aws:s3:::' + "a*${aws:userid}" * 8000 + '"}}'
        ),
    }


@pytest.mark.parametrize("name", _biggest())
def test_a_document_as_long_as_may_be_is_linted(name: str) -> None:
    """Work grows with the text: a rule that multiplies would never end here."""
    policy = parse_policy(_biggest()[name], PolicyKind.IDENTITY)
    assert 0 < sum(1 for _ in lint(policy)) < MAX_CHARACTERS
