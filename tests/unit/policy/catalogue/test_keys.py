"""The condition keys that a policy may name, held to the catalogue."""

import pytest

from securecart.policy.catalogue import SERVICES
from securecart.policy.conditions.keys import is_known


def test_every_key_of_an_action_may_be_named() -> None:
    """A family may with a name after it, and not by itself."""
    for named in SERVICES.values():
        for action in named.values():
            for key in action.condition_keys:
                family = key.endswith(("/", ":"))
                assert is_known(key) is not family
                assert not family or is_known(key.upper() + "Name")


@pytest.mark.parametrize(
    "key",
    [
        "aws:PrincipalTag/team",
        "aws:UserID",
        "kms:ScheduleKeyDeletionPendingWindowInDays",
        "login.example.com:sub",
        "ec2:Region",
    ],
)
def test_known(key: str) -> None:
    """Global keys, and those of vendors that are not spoken here."""
    assert is_known(key)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "userid",
        ":userid",
        "aws:",
        "aws:User-Id",
        "aws:PrincipalTag/",
        "aws:PrincipalTag",
        "aws:PrincipalTagX/team",
        "s3:ExistingObjectTag",
        "s3:RequestObjectTagKeysX",
        "s3:EncryptionContext:a",
        "saml:subject",
        "sts:sub",
    ],
)
def test_unknown(key: str) -> None:
    """A key that is nearly one would never be met."""
    assert not is_known(key)
