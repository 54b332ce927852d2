"""The permissions of every operation, held to AWS's model and the catalogue."""

from collections.abc import Iterator

import pytest
from botocore.session import Session

from securecart.policy.casing import ascii_lower
from securecart.policy.catalogue import SERVICES, find_action
from securecart.s3 import OPERATIONS, Scope
from securecart.s3.permissions import (
    CREATES_AN_OBJECT,
    HEADER_KEYS,
    PARAMETER_KEYS,
    PERMISSIONS,
    On,
)

MODEL = Session().get_service_model("s3")
# Of directory buckets, and of Object Lambda.
ELSEWHERE = {
    "CreateSession",
    "ListDirectoryBuckets",
    "RenameObject",
    "WriteGetObjectResponse",
}
# What the signature says, not the operation.
OF_THE_SIGNATURE = "s3:x-amz-content-sha256"
RESOURCES = {On.BUCKET: "bucket", On.OBJECT: "object", On.SOURCE: "object"}
HERE = sorted(set(PERMISSIONS) - ELSEWHERE)
S3_KEYS = frozenset(
    key for action in SERVICES["s3"].values() for key in action.condition_keys
)


def members(operation: str, location: str) -> set[str]:
    """What a client of the operation can send: header or parameter names."""
    shape = MODEL.operation_model(operation).input_shape
    found = shape.members.values() if shape is not None else ()
    return {
        member.serialization["name"]
        for member in found
        if member.serialization.get("location") == location
    }


def keys_of_members(location: str) -> Iterator[tuple[str, str]]:
    """Members that are named as a condition key is, and the key."""
    for operation in HERE:
        for name in members(operation, location):
            folded = ascii_lower(name)
            for bare in (folded, folded.removeprefix("x-amz-")):
                if f"s3:{bare}" in S3_KEYS - {OF_THE_SIGNATURE}:
                    yield folded if location == "header" else name, f"s3:{bare}"


def test_every_operation_has_its_permissions() -> None:
    """A new botocore with a new operation is noticed here."""
    assert set(PERMISSIONS) == set(MODEL.operation_names)


@pytest.mark.parametrize("operation", HERE)
def test_actions_are_aws_s_own(operation: str) -> None:
    """Each is in the catalogue, in AWS's spelling, and on such a resource."""
    for permission in PERMISSIONS[operation]:
        for name in {permission.action, permission.for_version("v")}:
            action = find_action(name)
            assert action is not None
            assert action.name == name
            assert permission.on is On.ACCOUNT or (
                RESOURCES[permission.on] in action.resource_types
            )


@pytest.mark.parametrize("operation", sorted(ELSEWHERE))
def test_other_services_are_marked(operation: str) -> None:
    """They have actions of their own, and are not spoken here."""
    assert all(not each.action.startswith("s3:") for each in PERMISSIONS[operation])
    assert operation not in {row.name for row in OPERATIONS}


@pytest.mark.parametrize("operation", HERE)
def test_rows_say_what_can_be_sent(operation: str) -> None:
    """Headers that ask for more are the operation's, and so is the version."""
    headers = {ascii_lower(name) for name in members(operation, "header")}
    versions = "versionId" in members(operation, "querystring")
    scope = MODEL.operation_model(operation).http["requestUri"]
    first, *rest = PERMISSIONS[operation]
    assert not first.headers
    for permission in rest:
        # One set serves buckets and objects, of which few have every header.
        assert not permission.headers or permission.headers & headers
    assert ("x-amz-copy-source" in headers) is any(p.on is On.SOURCE for p in rest)
    for permission in (first, *rest):
        if permission.on is On.OBJECT and operation != "DeleteObjects":
            assert "{Key+}" in scope
            assert (
                not permission.versioned
                or versions
                or "Torrent" in operation
                or (operation == "SelectObjectContent")
            )


@pytest.mark.parametrize(
    "header",
    ["x-amz-acl", "x-amz-tagging", "x-amz-bypass-governance-retention"],
)
def test_a_header_that_asks_for_more_needs_more(header: str) -> None:
    """Wherever the model has it, unless the operation is that very action."""
    for operation in HERE:
        asking = any(header in each.headers for each in PERMISSIONS[operation])
        itself = operation in {"PutBucketAcl", "PutObjectAcl"}
        assert asking is (header in members(operation, "header") and not itself)


def test_keys_are_those_of_the_members() -> None:
    """A member named as a condition key is supplied, and nothing else is."""
    assert dict(keys_of_members("header")) == HEADER_KEYS
    assert dict(keys_of_members("querystring")) == PARAMETER_KEYS


def test_what_creates_an_object() -> None:
    """Every operation that needs PutObject says whether it makes one."""
    assert set(CREATES_AN_OBJECT) == {
        name
        for name in HERE
        if any(each.action == "s3:PutObject" for each in PERMISSIONS[name])
    }
    makes = {name for name, creates in CREATES_AN_OBJECT.items() if creates}
    assert makes == {"CompleteMultipartUpload", "CopyObject", "PutObject"}


def test_what_is_spoken_here_has_the_model_s_scope() -> None:
    """Bucket rows need actions on buckets, but for DeleteObjects."""
    for row in OPERATIONS:
        first = PERMISSIONS[row.name][0]
        expected = {
            Scope.SERVICE: On.ACCOUNT,
            Scope.BUCKET: On.BUCKET,
            Scope.OBJECT: On.OBJECT,
        }[row.scope]
        assert first.on is expected or row.name == "DeleteObjects"
