"""What is refused when a policy is put, and how the place is named."""

import json
from typing import Any

import pytest

from securecart.policy import (
    MalformedPolicyDocument,
    PolicyKind,
    json_text,
    parse_policy,
)

GOOD: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def refused(text: str, kind: PolicyKind = PolicyKind.IDENTITY) -> str:
    """The message with which a document is refused."""
    with pytest.raises(MalformedPolicyDocument) as raised:
        parse_policy(text, kind)
    return raised.value.message


def statement_refused(kind: PolicyKind = PolicyKind.IDENTITY, **changes: Any) -> str:
    """The message when one good statement is changed; None takes away."""
    statement = {k: v for k, v in (GOOD | changes).items() if v is not None}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return refused(json.dumps(document), kind)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{",
        '{"Statement": NaN}',
        '{"Version": "2012-10-17"}',
        '{"Version": "2012-10-17", "Statement": []}',
        '{"Version": "2012-10-18", "Statement": {}}',
        '{"Version": 20121017, "Statement": {}}',
        '{"Version": "2012-10-17", "Statement": 1}',
        '{"Version": "2012-10-17", "Statement": [1]}',
        '{"Version": "2012-10-17", "Id": 1, "Statement": [{}]}',
        '{"Version": "2012-10-17", "Extra": 1, "Statement": [{}]}',
        '\ufeff{"Statement": []}',
        '{"Statement": {"Sid": "\\ud800"}}',
    ],
)
def test_documents_that_are_none(text: str) -> None:
    """A clear refusal, whatever is wrong."""
    assert refused(text)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 50_000,
        '"' + "\\" * 100_001,
        "1" * 100_000,
        " " * 200_000,
        '{"Statement": "' + "a" * 131_072 + '"}',
        '\\"' * 60_000,
        '"' + '\\"' * 60_000 + "\\",
    ],
)
def test_deep_and_huge_documents_are_refused_at_once(text: str) -> None:
    """By their length or depth, before anything is made of them."""
    assert refused(text)


def test_length_alone_is_refused() -> None:
    """A good policy behind too many blanks is too long."""
    good = json.dumps({"Version": "2012-10-17", "Statement": GOOD})
    assert "longer than" in refused(" " * 131_072 + good)


class Counted(str):
    """A name that counts how often it is compared."""

    __slots__ = ()

    compared = 0

    def __eq__(self, other: object) -> bool:
        """Count one comparison."""
        Counted.compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def test_finding_a_name_twice_does_not_compare_all_with_all() -> None:
    """Sixteen thousand members fit into a document."""
    names = [Counted(f"{number:x}") for number in range(16_000)]
    hook = json_text._DECODER.object_pairs_hook  # noqa: SLF001
    assert hook is not None
    with pytest.raises(ValueError, match="'3e7f' stands twice"):
        hook([(name, 1) for name in [*names, Counted("3e7f")]])
    assert Counted.compared < 16_000


@pytest.mark.parametrize("place", ["Action", "Resource", "Condition"])
def test_a_million_entries_do_not_fit(place: str) -> None:
    """The length of a document bounds what can be made of it."""
    entries: Any = ["*"] * 1_000_000
    if place == "Condition":
        entries = {"StringLike": {"a:b": entries}}
    assert "longer than" in statement_refused(**{place: entries})


def test_a_name_twice_in_an_object_is_refused() -> None:
    """Or the second would silently stand for the first."""
    text = (
        '{"Version": "2012-10-17", "Statement":'
        ' {"Effect": "Deny", "Effect": "Allow", "Action": "*", "Resource": "*"}}'
    )
    assert "'Effect' stands twice" in refused(text)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"Sid": "a b"}, "Statement 1 (a b), Sid"),
        ({"Sid": 1}, "Statement 1, Sid"),
        ({"Effect": "allow"}, "Statement 1, Effect"),
        ({"Effect": None}, "Statement 1, Effect"),
        ({"Effect": ["Allow"]}, "Statement 1, Effect"),
        ({"Action": None}, "Statement 1: Action is missing"),
        ({"NotAction": "s3:*"}, "Statement 1: both Action and NotAction"),
        ({"Action": []}, "Statement 1, Action"),
        ({"Action": "s3"}, "Statement 1, Action"),
        ({"Action": "s*:GetObject"}, "Statement 1, Action"),
        ({"Action": "\u017f3:GetObject"}, "Statement 1, Action"),
        ({"Action": "s3:GetObject\n"}, "Statement 1, Action"),
        ({"Action": "s3:${aws:userid}"}, "Statement 1, Action"),
        ({"Action": [1]}, "Statement 1, Action"),
        ({"Resource": None}, "Statement 1: Resource is missing"),
        ({"Resource": []}, "Statement 1, Resource"),
        ({"Resource": "docs"}, "Statement 1, Resource"),
        ({"Resource": "arn:aws:s3:::${"}, "Statement 1, Resource"),
        ({"Resource": "arn:aws:*:::docs"}, "Statement 1, Resource"),
        ({"Resource": "arn:aws:S3:::docs"}, "'S3' is no service's name"),
        ({"Resource": "arn:aws:s3:"}, "neither an ARN"),
        ({"Resource": "arn:aws:s3:docs"}, "neither an ARN"),
        ({"Resource": "arn:aws:*"}, "'*' is no service's name"),
        ({"Resource": "arn:*"}, "'*' is no partition of AWS"),
        ({"Resource": "arn*"}, "neither an ARN"),
        ({"Resource": "**"}, "neither an ARN"),
        ({"Resource": "arn:asw:s3:::docs"}, "'asw' is no partition of AWS"),
        ({"Resource": "arn:aws:s3:${a:b}*"}, "before the fifth colon"),
        ({"Resource": "arn:aws:s3:::docs", "NotResource": "*"}, "both Resource"),
        ({"Action": "*:"}, "Statement 1, Action"),
        ({"Action": "s3:Get:Object"}, "Statement 1, Action"),
        ({"Action": "s3:"}, "Statement 1, Action"),
        ({"Action": ""}, "Statement 1, Action"),
        ({"Action": None, "NotAction": []}, "Statement 1, NotAction"),
        ({"Condition": []}, "Statement 1, Condition"),
        ({"Condition": {"StringEquals": {}}}, "StringEquals wants"),
        ({"Condition": {"StringEquals": {"a:b": []}}}, "StringEquals a:b"),
        ({"Condition": {"StringEquals": {"a:b": [["c"]]}}}, "StringEquals a:b"),
        ({"Condition": {"StringEquals": {"a:b": None}}}, "StringEquals a:b"),
        ({"Condition": {"stringequals": {"a:b": "c"}}}, "no condition operator"),
        ({"Condition": {"NullIfExists": {"a:b": "true"}}}, "no condition operator"),
        ({"Condition": {"ForAllValues:Null": {"a:b": "true"}}}, "no condition oper"),
        ({"Condition": {"ForSomeValues:Bool": {"a:b": "true"}}}, "ForSomeValues:Bool"),
        ({"Condition": {"ArnLike": {"a:b": "arn:aws:s3:*"}}}, "segments left out"),
        ({"Condition": {"ArnLike": {"a:b": "arn:aws:s3:${c:d}"}}}, "segments left"),
        ({"Condition": {"ArnLike": {"a:b": "arn:aws:${c::::"}}}, "ArnLike a:b"),
        ({"Condition": {"Bool": {"a:b": "${c:d}"}}}, "Bool a:b"),
        ({"Condition": {"DateEquals": {"a:b": "2025-13"}}}, "DateEquals a:b"),
        ({"Condition": {"DateEquals": {"a:b": "0000"}}}, "DateEquals a:b"),
        ({"Condition": {"NumericEquals": {"a:b": "1" * 200}}}, "NumericEquals a:b"),
        ({"Condition": {"NumericEquals": {"a:b": "1e9999"}}}, "NumericEquals a:b"),
        ({"Condition": {"StringEquals": {"nothing": "c"}}}, "unknown condition key"),
        ({"Resource": "arn:aw?:s3:::docs"}, "Statement 1, Resource"),
        ({"Resource": "arn:aws:s3::${a:b}:d"}, "Statement 1, Resource"),
        ({"Resource": True}, "Statement 1, Resource"),
        ({"Principal": "*"}, "Statement 1: Principal has no place"),
        ({"Extra": 1}, "Statement 1: unknown element 'Extra'"),
        ({"Condition": {"StringIs": {"a:b": "c"}}}, "StringIs"),
        ({"Condition": {"stringequals": {"a:b": "c"}}}, "stringequals"),
        ({"Condition": {"StringEqualsIfExistsIfExists": {"a:b": "c"}}}, "IfExists"),
        ({"Condition": {"ForSomeValues:StringEquals": {"a:b": "c"}}}, "ForSome"),
        ({"Condition": {"NullIfExists": {"a:b": "true"}}}, "NullIfExists"),
        ({"Condition": {"ForAllValues:Null": {"a:b": "true"}}}, "ForAllValues:Null"),
        ({"Condition": {"StringEquals": {"a:b": {}}}}, "StringEquals a:b"),
        ({"Condition": {"StringEquals": {"a:b": "c", "A:B": "d"}}}, "twice"),
        ({"Condition": {"StringEquals": {"nokey": "c"}}}, "'nokey'"),
        ({"Condition": {"StringEquals": {"aws:UserIdd": "c"}}}, "'aws:UserIdd'"),
        ({"Condition": {"StringEquals": {"s3:prefixx": "c"}}}, "'s3:prefixx'"),
        ({"Condition": {"StringEquals": {"a:b": "${"}}}, "StringEquals a:b"),
        ({"Condition": {"NumericEquals": {"a:b": "one"}}}, "NumericEquals a:b"),
        ({"Condition": {"NumericEquals": {"a:b": "${a:c}"}}}, "NumericEquals a:b"),
        ({"Condition": {"DateEquals": {"a:b": "2025-13-01"}}}, "DateEquals a:b"),
        ({"Condition": {"DateEquals": {"a:b": "2025-01-01T00:00"}}}, "DateEquals"),
        ({"Condition": {"Bool": {"a:b": "yes"}}}, "Bool a:b"),
        ({"Condition": {"Null": {"a:b": "1"}}}, "Null a:b"),
        ({"Condition": {"BinaryEquals": {"a:b": "?"}}}, "BinaryEquals a:b"),
        ({"Condition": {"IpAddress": {"a:b": "10.0.0.0/33"}}}, "IpAddress a:b"),
        ({"Condition": {"IpAddress": {"a:b": "10.0.0.0/255.0.0.0"}}}, "IpAddress"),
        ({"Condition": {"ArnLike": {"a:b": "docs/*"}}}, "ArnLike a:b"),
    ],
)
def test_statements_that_are_not_understood(
    changes: dict[str, Any], place: str
) -> None:
    """The message names the statement and the element."""
    message = statement_refused(**changes)
    assert message.startswith("Statement 1")
    assert place in message


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({}, "Statement 1: Principal is missing"),
        ({"Principal": []}, "Principal"),
        ({"Principal": {}}, "Principal"),
        ({"Principal": "admin"}, "Principal"),
        ({"Principal": {"AWS": []}}, "Principal"),
        ({"Principal": {"AWS": 111122223333}}, "Principal"),
        ({"Principal": {"AWS": "1111"}}, "Principal"),
        ({"Principal": {"AWS": "arn:aws:iam::111122223333:role/*"}}, "Principal"),
        ({"Principal": {"AWS": "arn:aws:iam::111122223333:group/g"}}, "Principal"),
        ({"Principal": {"AWS": "arn:aws:iam::111122223333:user/a b"}}, "Principal"),
        ({"Principal": {"AWS": "arn:asw:iam::111122223333:root"}}, "Principal"),
        ({"Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/R/*"}}, "AWS"),
        ({"Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/R"}}, "AWS"),
        ({"Principal": {"AWS": "AIDA*"}}, "Principal"),
        ({"Principal": {"AWS": "AKIAIOSFODNN7EXAMPLE"}}, "Principal"),
        ({"Principal": {"aws": "111122223333"}}, "Principal"),
        ({"Principal": {"CanonicalUser": "A" * 64}}, "Principal"),
        ({"Principal": {"CanonicalUser": "*"}}, "Principal"),
        ({"Principal": {"Federated": "login.example.com"}}, "Principal"),
        ({"Principal": {"Service": "*"}}, "Principal"),
        ({"Principal": {"Federated": "*"}}, "Principal"),
        ({"Principal": "*", "NotPrincipal": "*"}, "both"),
    ],
)
def test_principals_that_are_not_understood(
    changes: dict[str, Any], place: str
) -> None:
    """In a policy of a resource."""
    assert place in statement_refused(PolicyKind.RESOURCE, **changes)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"Resource": "*"}, "Resource has no place"),
        ({"Action": "s3:GetObject"}, "no action of STS"),
        ({"Action": "*"}, "no action of STS"),
        ({"Action": None, "NotAction": "sts:AssumeRole"}, "NotAction has no place"),
        ({"Principal": None, "NotPrincipal": "*"}, "NotPrincipal has no place"),
        (
            {"Principal": {"CanonicalUser": "a" * 64}},
            "Statement 1, Principal: CanonicalUser has no place",
        ),
    ],
)
def test_trust_policies_that_are_not_understood(
    changes: dict[str, Any], place: str
) -> None:
    """A trust policy speaks of assuming a role, and of nothing else."""
    base = {"Action": "sts:AssumeRole", "Principal": "*", "Resource": None}
    assert place in statement_refused(PolicyKind.TRUST, **(base | changes))


def test_sids_are_unique() -> None:
    """The second statement of a name is the one at fault."""
    statements = [GOOD | {"Sid": "Same"}, GOOD | {"Sid": "Same"}]
    message = refused(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    assert message == "Statement 2 (Same), Sid: used by another statement"


def test_a_policy_keeps_its_text_and_can_be_a_key() -> None:
    """Equal texts of one kind are equal policies."""
    text = json.dumps({"Version": "2012-10-17", "Statement": GOOD})
    policy = parse_policy(text, PolicyKind.IDENTITY)
    assert policy.text == text
    assert {policy, parse_policy(text, PolicyKind.IDENTITY)} == {policy}
    assert policy != parse_policy(text, PolicyKind.SESSION)
