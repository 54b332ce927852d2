"""When the tags of an object are asked for, before anybody decides."""

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from securecart.names.principal import Root
from securecart.policy import Policy, PolicyKind, parse_policy
from securecart.s3 import resolve
from securecart.serve.gateway.guard import Guard
from securecart.serve.gateway.object_tags import tags_bear
from securecart.wire.http import HttpRequest

WHO = Root("111122223333")
COPY = (("x-amz-copy-source", "/other/b"),)


def policy(key: str | None) -> Policy:
    """Answer a policy that has a condition on this key, or none."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::docs/*",
    }
    if key is not None:
        statement["Condition"] = {"StringEquals": {key: "x"}}
    document = {"Version": "2012-10-17", "Statement": statement}
    return parse_policy(json.dumps(document), PolicyKind.IDENTITY)


def asked(
    line: str, *, docs: Policy, other: Policy, headers: tuple[tuple[str, str], ...] = ()
) -> bool:
    """Say whether the store would be asked, of a request on the bucket `docs`."""
    policies = {"docs": (docs,), "other": (other,)}
    guard = SimpleNamespace(policies=lambda _, bucket: policies[bucket])
    method, target = line.split()
    request = resolve(HttpRequest(method, target, headers))
    return tags_bear(cast("Guard", guard), WHO, request)


PLAIN = policy(None)


@pytest.mark.parametrize(
    "key",
    [
        "s3:ExistingObjectTag/Class",
        "S3:EXISTINGOBJECTTAG/class",
    ],
)
def test_a_policy_that_names_the_key_is_answered(key: str) -> None:
    """In any case of its letters, and however JSON spells them."""
    named = policy(key)
    assert asked("GET /docs/a", docs=named, other=PLAIN)
    spelt = named.text.replace("e", "\\u0065").replace("E", "\\u0045")
    escaped = parse_policy(spelt, PolicyKind.IDENTITY)
    assert asked("GET /docs/a", docs=escaped, other=PLAIN)


def test_nobody_else_pays_for_it() -> None:
    """Not a plain GET, nor what no such key bears on."""
    tags = policy("s3:ExistingObjectTag/Class")
    assert not asked("GET /docs/a", docs=PLAIN, other=tags)
    sent = policy("s3:RequestObjectTag/Class")
    assert not asked("GET /docs/a", docs=sent, other=PLAIN)
    for line in ("PUT /docs/a", "DELETE /docs/a", "GET /docs"):
        assert not asked(line, docs=tags, other=PLAIN)


def test_an_action_that_a_header_needs_is_decided_by_them_too() -> None:
    """A comparison of entity tags reads the object."""
    tags = policy("s3:ExistingObjectTag/Class")
    matching = (("if-match", '"x"'),)
    assert asked("PUT /docs/a", docs=tags, other=PLAIN, headers=matching)


def test_a_copy_asks_for_its_sources_tags() -> None:
    """By the policies on the source's bucket."""
    tags = policy("s3:ExistingObjectTag/Class")
    line = "PUT /docs/a"
    assert asked(line, docs=PLAIN, other=tags, headers=COPY)
    assert not asked(line, docs=PLAIN, other=PLAIN, headers=COPY)
