"""The actions that there are, held to AWS's own models and spellings."""

import re

import pytest
from botocore.session import Session

from securecart.policy.casing import ascii_lower
from securecart.policy.catalogue import (
    SERVICES,
    AccessLevel,
    actions_matching,
    find_action,
)
from securecart.policy.wildcard import Glob, wildcards

# Decided as two actions, one for each key.
OTHERWISE_NAMED = {"kms:ReEncrypt"}
ALL = [action for named in SERVICES.values() for action in named.values()]


@pytest.mark.parametrize("service", ["iam", "kms", "sts"])
def test_every_operation_is_an_action(service: str) -> None:
    """A service that names actions after operations has one for each."""
    model = Session().get_service_model(service)
    named = {f"{service}:{operation}" for operation in model.operation_names}
    assert {
        name
        for name in named - OTHERWISE_NAMED
        if (action := find_action(name)) is None or action.name != name
    } == set()


def test_rows_are_well_formed() -> None:
    """Names lead back to their rows; keys are folded and of a known vendor."""
    for action in ALL:
        assert find_action(action.name) is action
        assert re.fullmatch(r"(iam|kms|s3|sts):[A-Z][A-Za-z]+", action.name)
        assert len(set(action.resource_types)) == len(action.resource_types)
        for key in action.condition_keys:
            assert key == ascii_lower(key)
            assert re.fullmatch(r"(iam|kms|s3|saml|sts):[a-z][a-z0-9_-]*[/:]?", key)


def test_an_action_is_found_in_any_case() -> None:
    """Policies may write actions as they like, in ASCII."""
    found = find_action("S3:gEtObJeCt")
    assert found is not None
    assert found.name == "s3:GetObject"
    assert found.level is AccessLevel.READ
    assert set(found.resource_types) == {"object", "accesspointobject"}


@pytest.mark.parametrize(
    "name",
    ["", "s3", "s3:", ":GetObject", "s3:GetObjects", "ec2:Run", "\u017f3:GetObject"],
)
def test_no_other_action_is_found(name: str) -> None:
    """What only resembles an action is none."""
    assert find_action(name) is None


def test_a_pattern_covers_the_actions_of_every_service() -> None:
    """As an `Action` element covers them: whole names, in lower case."""

    def covered(pattern: str) -> set[str]:
        glob = Glob(wildcards(ascii_lower(pattern)))
        return {action.name for action in actions_matching(glob)}

    assert covered("s3:GetObjectVersionT*") == {
        "s3:GetObjectVersionTagging",
        "s3:GetObjectVersionTorrent",
    }
    assert covered("*:TagR*") == {"iam:TagRole", "kms:TagResource", "s3:TagResource"}
    assert len(covered("*")) == len(ALL)


@pytest.mark.parametrize(
    ("action", "key", "known"),
    [
        ("s3:GetObject", "s3:ExistingObjectTag/team", True),
        ("s3:GetObject", "s3:ExistingObjectTag/", False),
        ("s3:GetObject", "s3:ExistingObjectTag", False),
        ("s3:GetObject", "s3:VersionId", False),
        ("s3:GetObjectVersion", "s3:VersionId", True),
        ("s3:ListBucketMultipartUploads", "s3:prefix", False),
        ("s3:PutObject", "s3:RequestObjectTag/a/b:c", True),
        ("s3:PutObject", "s3:RequestObjectTagKeys", True),
        ("kms:Decrypt", "kms:EncryptionContext:aws:s3:arn", True),
        ("kms:Decrypt", "kms:EncryptionContext:", False),
        ("kms:Decrypt", "kms:EncryptionContextKeys", True),
        ("sts:AssumeRoleWithSAML", "SAML:Sub", True),
    ],
)
def test_an_action_has_its_own_keys(
    action: str,
    key: str,
    known: bool,  # noqa: FBT001 - a table's column.
) -> None:
    """A family of keys needs a name after it, and other keys none."""
    found = find_action(action)
    assert found is not None
    assert found.has_key(key) is known
