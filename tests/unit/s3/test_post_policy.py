"""A form's policy: every field is named, and is as it must be."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securecart.names.errors import AccessDenied, ServiceError
from securecart.s3.post_policy import PostPolicy

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EXPIRES = "2026-11-23T13:00:00Z"
KEY = ["starts-with", "$key", "user/"]
BUCKET = {"bucket": "docs"}


def encoded(document: Any) -> str:
    """Encode a policy as forms carry it."""
    text = document if isinstance(document, str) else json.dumps(document)
    return base64.b64encode(text.encode()).decode()


def policy(*conditions: Any, expiration: Any = EXPIRES) -> PostPolicy:
    """Read a policy of these conditions."""
    return PostPolicy.parse(
        encoded({"expiration": expiration, "conditions": list(conditions)})
    )


def refusal(parsed: PostPolicy, fields: dict[str, str], now: datetime = NOW) -> str:
    """Answer what is said of a form, empty if it passes."""
    try:
        parsed.check(fields, bucket="docs", now=now)
    except AccessDenied as refused:
        return refused.message.removeprefix("Invalid according to Policy: ")
    return ""


@pytest.mark.parametrize(
    ("condition", "field", "value", "holds"),
    [
        ({"acl": "private"}, "acl", "private", True),
        ({"acl": "private"}, "acl", "Private", False),
        ({"ACL": "private"}, "acl", "private", True),
        (["eq", "$acl", "private"], "acl", "private", True),
        (["EQ", "$Acl", "private"], "acl", "private", True),
        (["eq", "$acl", "private"], "acl", "private ", False),
        (["eq", "$acl", ""], "acl", "", True),
        (["starts-with", "$acl", ""], "acl", "anything", True),
        (["starts-with", "$acl", ""], "acl", "", True),
        (["Starts-With", "$acl", "pri"], "acl", "private", True),
        (["starts-with", "$acl", "pri"], "acl", "public", False),
        (["starts-with", "$acl", "pri"], "acl", " private", False),
        (["starts-with", "$Content-Type", "image/"], "content-type", "image/png", True),
        (
            ["starts-with", "$Content-Type", "image/"],
            "content-type",
            "image/png, image/jpeg",
            True,
        ),
        (
            ["starts-with", "$Content-Type", "image/"],
            "content-type",
            "image/png,text/html",
            False,
        ),
        (["starts-with", "$Content-Type", ""], "content-type", "a/b,c/d", True),
        (["eq", "$x-amz-meta-a", "\\$x"], "x-amz-meta-a", "\\$x", True),
    ],
)
def test_a_condition_holds_or_does_not(
    condition: Any,
    field: str,
    value: str,
    holds: bool,  # noqa: FBT001 - a parametrized expectation
) -> None:
    """Names and operators ignore case, values do not."""
    told = refusal(policy(BUCKET, condition), {field: value})
    assert told == "" if holds else told.startswith("Policy Condition failed: ")


@pytest.mark.parametrize("condition", [{"acl": ""}, ["starts-with", "$acl", ""]])
def test_a_field_that_is_not_there_meets_nothing(condition: Any) -> None:
    """Not even a condition that anything meets."""
    told = refusal(policy(BUCKET, condition), {})
    assert told.startswith("Policy Condition failed: [")


def test_every_field_needs_a_condition() -> None:
    """So that nobody adds one to a form that somebody signed."""
    fields = {"key": "user/a", "acl": "private"}
    assert refusal(policy(BUCKET, KEY), fields) == "Extra input fields: acl"
    assert refusal(policy(BUCKET, KEY, {"acl": "private"}), fields) == ""


@pytest.mark.parametrize(
    "field", ["file", "policy", "x-amz-signature", "x-ignore-me", "x-ignore-"]
)
def test_these_fields_need_none(field: str) -> None:
    """What is signed otherwise, and what is there to be ignored."""
    assert refusal(policy(BUCKET, KEY), {"key": "user/a", field: "x"}) == ""


@pytest.mark.parametrize(
    "field",
    [
        "x-amz-security-token",
        "x-amz-algorithm",
        "x-amz-credential",
        "x-amz-date",
        "success_action_redirect",
        "success_action_status",
        "x-amz-meta-a",
        "content-type",
        "tagging",
        "submit",
        "x-ignored",
    ],
)
def test_and_these_do(field: str) -> None:
    """Above all the session token, and where the browser is sent."""
    told = refusal(policy(BUCKET, KEY), {"key": "user/a", field: "x"})
    assert told == f"Extra input fields: {field}"


def test_the_bucket_must_be_named() -> None:
    """Or else a policy for one bucket would open all of its signer's."""
    fields = {"key": "user/a"}
    assert refusal(policy(KEY), fields) == "Extra input fields: bucket"
    other = policy({"bucket": "other"}, KEY)
    assert refusal(other, fields).startswith("Policy Condition failed")
    assert refusal(other, {**fields, "bucket": "other"}).startswith("Policy Condition")


@pytest.mark.parametrize(
    ("expiration", "expired"),
    [
        ("2026-11-23T12:00:01Z", False),
        ("2026-11-23T12:00:00Z", True),
        ("2026-11-23T12:00:00.001Z", False),
        ("2007-12-01T12:00:00.000Z", True),
    ],
)
def test_a_policy_ends(
    expiration: str,
    expired: bool,  # noqa: FBT001 - a parametrized expectation
) -> None:
    """At the moment that it names."""
    told = refusal(policy(BUCKET, expiration=expiration), {})
    assert told == ("Policy expired." if expired else "")


def test_lengths_are_bounded_from_both_sides() -> None:
    """Of several ranges each must hold."""
    parsed = policy(
        BUCKET, ["content-length-range", 1, 100], ["Content-Length-Range", 0, 50]
    )
    assert (parsed.least, parsed.most) == (1, 50)


def test_escapes_that_json_does_not_have_are_read() -> None:
    """AWS's policies may have a dollar sign and a vertical tab escaped."""
    text = (
        f'{{"expiration": "{EXPIRES}", '
        '"conditions": [["eq", "\\$x-amz-meta-a", "\\$\\\\$\\v\\u0041"]]}'
    )
    (condition,) = PostPolicy.parse(encoded(text)).conditions
    assert condition.field == "x-amz-meta-a"
    assert condition.value == "$\\$\x0bA"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "null",
        json.dumps({"expiration": EXPIRES}),
        json.dumps({"conditions": []}),
        json.dumps({"expiration": EXPIRES, "conditions": [], "more": 1}),
        json.dumps({"expiration": EXPIRES, "conditions": {}}),
        json.dumps({"expiration": 1, "conditions": []}),
        json.dumps({"expiration": "tomorrow", "conditions": []}),
        json.dumps({"expiration": "2026-13-23T13:00:00Z", "conditions": []}),
        json.dumps({"expiration": "2026-11-23T13:00:00", "conditions": []}),
        json.dumps({"expiration": "2026-11-23T13:00:00+02:00", "conditions": []}),
        f'{{"expiration": "{EXPIRES}", "expiration": "{EXPIRES}", "conditions": []}}',
        "[" * 10_000,
        '{"expiration": 1e999, "conditions": []}',
        '{"expiration": ' + "9" * 10_000 + ', "conditions": []}',
    ],
)
def test_what_is_no_policy_is_refused(text: str) -> None:
    """Whoever signed it."""
    with pytest.raises(ServiceError) as refused:
        PostPolicy.parse(encoded(text))
    assert refused.value.code == "InvalidPolicyDocument"


@pytest.mark.parametrize(
    "condition",
    [
        "acl",
        1,
        None,
        [],
        {"success_action_status": 201},
        {"acl": None},
        ["eq", "acl", "private"],
        ["eq", "$acl"],
        ["eq", "$acl", "private", "more"],
        ["eq", "$acl", 1],
        ["ends-with", "$key", "x"],
        ["in", "$acl", ["private"]],
        ["content-length-range", 1],
        ["content-length-range", "1", "2"],
        ["content-length-range", -1, 2],
        ["content-length-range", 1.5, 2],
        ["content-length-range", True, 2],
        ["content-length-range", 0, 2**63],
    ],
    ids=str,
)
def test_a_condition_that_is_not_understood_is_refused(condition: Any) -> None:
    """None is taken for one that holds."""
    with pytest.raises(ServiceError) as refused:
        policy(BUCKET, condition)
    assert refused.value.code == "InvalidPolicyDocument"


@pytest.mark.parametrize("text", ["", "====", "e30", "e30=\n", "e3 0=", "é", "_-=="])
def test_base64_is_read_strictly(text: str) -> None:
    """One policy has one spelling."""
    with pytest.raises(ServiceError) as refused:
        PostPolicy.parse(text)
    assert refused.value.code == "InvalidPolicyDocument"


@pytest.mark.parametrize("added", ["\n", " ", "!", "=", "-", "é"])
def test_nothing_in_between_is_read_past(added: str) -> None:
    """Or another field than the signed one would say the same."""
    good = encoded({"expiration": EXPIRES, "conditions": []})
    PostPolicy.parse(good)
    for place in (0, 8, len(good)):
        with pytest.raises(ServiceError):
            PostPolicy.parse(good[:place] + added + good[place:])


names = st.from_regex(r"[a-z][a-z0-9-]{0,10}", fullmatch=True)
fields = st.dictionaries(names, st.text(max_size=10), max_size=5)


@given(fields, names, st.text(max_size=5))
def test_a_form_passes_only_as_it_was_signed(
    sent: dict[str, str], name: str, value: str
) -> None:
    """A policy of exact matches lets through that form and no other."""
    sent.pop("bucket", None)
    parsed = policy(BUCKET, *({field: value} for field, value in sent.items()))
    assert refusal(parsed, sent) == ""
    changed = {**sent, name: value}
    ignored = name in {"bucket", "file", "policy"} and name not in sent
    assert (refusal(parsed, changed) == "") is (changed == sent or ignored)
