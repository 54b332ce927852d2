"""GetSessionToken: a user's own rights, for a while."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.unit.sts.conftest import ACCOUNT, NOW

from securecart.names.errors import AccessDenied, ValidationError
from securecart.names.principal import Anonymous, IamUser, Root
from securecart.policy.context import principal_context
from securecart.sts import InvalidClientTokenId, SessionOver, check_credentials

if TYPE_CHECKING:
    from tests.unit.sts.conftest import World

USER = IamUser(ACCOUNT, "root-of-all", "AIDAEXAMPLE", access_key_id="AKIAEXAMPLE")


def _opened(world: "World", **parameters: Any) -> IamUser:
    made = world.call("GetSessionToken", parameters, caller=USER)["Credentials"]
    user, secret = world.issuer.open(made["SessionToken"], made["AccessKeyId"], now=NOW)
    assert secret == made["SecretAccessKey"]
    assert isinstance(user, IamUser)
    return user


def test_a_user_gets_twelve_hours(world: "World") -> None:
    """They are the same user, and say since when."""
    user = _opened(world)
    assert user.session is not None
    assert (user.arn, user.userid) == (USER.arn, USER.userid)
    assert user.access_key_id == "AKIAEXAMPLE"
    begin = NOW.replace(microsecond=0)
    assert user.session.expires_at - begin == timedelta(hours=12)
    keys = principal_context(user)
    assert keys["aws:tokenissuetime"] == "2026-03-02T09:00:00Z"
    assert keys["aws:multifactorauthpresent"] == "false"
    assert keys["aws:username"] == "root-of-all"
    assert "aws:tokenissuetime" not in principal_context(USER)


@pytest.mark.parametrize("seconds", [900, 129_600])
def test_the_bounds_are_fifteen_minutes_and_thirty_six_hours(
    world: "World", seconds: int
) -> None:
    """To the second."""
    made = world.call("GetSessionToken", {"DurationSeconds": seconds}, caller=USER)
    credentials = made["Credentials"]
    end = NOW.replace(microsecond=0) + timedelta(seconds=seconds)
    assert credentials["Expiration"] == end
    with pytest.raises(SessionOver):
        world.issuer.open(
            credentials["SessionToken"], credentials["AccessKeyId"], now=end
        )


@pytest.mark.parametrize("seconds", [899, 129_601])
def test_beyond_the_bounds_is_refused(world: "World", seconds: int) -> None:
    """In the service model's words."""
    with pytest.raises(ValidationError, match="durationSeconds"):
        world.call("GetSessionToken", {"DurationSeconds": seconds}, caller=USER)


def test_a_session_gets_no_other(world: "World") -> None:
    """Nor does who is no user."""
    for caller in (_opened(world), Root(ACCOUNT), Anonymous()):
        with pytest.raises(AccessDenied, match="session credentials"):
            world.call("GetSessionToken", {}, caller=caller)


@pytest.mark.parametrize(
    "parameters",
    [
        {"SerialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/root-of-all"},
        {"SerialNumber": "GAHT12345678", "TokenCode": "123456"},
    ],
)
def test_no_user_has_a_device(world: "World", parameters: dict[str, str]) -> None:
    """A code is never believed."""
    with pytest.raises(AccessDenied, match="MultiFactorAuthentication failed"):
        world.call("GetSessionToken", parameters, caller=USER)


def test_a_user_s_session_calls_little_of_sts(world: "World") -> None:
    """AssumeRole and GetCallerIdentity, as at AWS."""
    user, policies = _opened(world), world.ports.policies
    for operation in ("AssumeRole", "GetCallerIdentity"):
        check_credentials(operation, user, policies)
    for operation in ("GetSessionToken", "DecodeAuthorizationMessage"):
        check_credentials(operation, USER, policies)
        with pytest.raises(AccessDenied, match=f"Cannot call {operation} with session"):
            check_credentials(operation, user, policies)


def test_who_is_gone_may_not_even_ask_who_they_are(world: "World") -> None:
    """A user of that name with another id is somebody else."""
    other = IamUser(ACCOUNT, "root-of-all", "AIDAOTHER")
    with pytest.raises(InvalidClientTokenId):
        check_credentials("GetCallerIdentity", other, world.ports.policies)
