"""Users, access keys, and the administrator."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from securecart.iam import (
    AccessKey,
    AccessKeys,
    create_administrator,
    service_credentials,
)
from securecart.iam.errors import (
    DeleteConflict,
    EntityAlreadyExists,
    LimitExceeded,
    NoSuchEntity,
)
from securecart.names.entities import InMemoryEntities
from securecart.names.errors import ValidationError
from securecart.names.principal import IamUser, Service
from securecart.sealing import Keyring, SealingKey, Unsealable

Run = Callable[..., Any]
Random = Callable[[int], bytes]
ACCOUNT = "123456789012"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
ALLOW = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
    }
)


def test_a_user_is_named_or_the_caller(run: Run) -> None:
    """Without a name the operations speak of the caller, if that is a user."""
    made = run("CreateUser", UserName="ada", Path="/it/")["User"]
    assert made["Arn"] == "arn:aws:iam::123456789012:user/it/ada"
    ada = IamUser(ACCOUNT, "ada", made["UserId"], "/it/")
    assert run("GetUser", caller=ada)["User"] == made
    with pytest.raises(ValidationError, match="Must specify userName"):
        run("GetUser")
    with pytest.raises(EntityAlreadyExists):
        run("CreateUser", UserName="ADA")
    assert [user["UserName"] for user in run("ListUsers")["Users"]] == ["ada"]


def test_a_user_with_keys_or_policies_is_not_deleted(run: Run) -> None:
    """What hangs on the user goes first, in AWS's order."""
    run("CreateUser", UserName="ada")
    key = run("CreateAccessKey", UserName="ada")["AccessKey"]
    run("PutUserPolicy", UserName="ada", PolicyName="p", PolicyDocument=ALLOW)
    arn = run("CreatePolicy", PolicyName="m", PolicyDocument=ALLOW)["Policy"]["Arn"]
    run("AttachUserPolicy", UserName="ada", PolicyArn=arn)
    with pytest.raises(DeleteConflict, match="delete access keys"):
        run("DeleteUser", UserName="ada")
    run("DeleteAccessKey", UserName="ada", AccessKeyId=key["AccessKeyId"])
    with pytest.raises(DeleteConflict, match="detach all policies"):
        run("DeleteUser", UserName="ada")
    run("DetachUserPolicy", UserName="ada", PolicyArn=arn)
    with pytest.raises(DeleteConflict, match="delete policies"):
        run("DeleteUser", UserName="ada")
    run("DeleteUserPolicy", UserName="ada", PolicyName="p")
    run("DeleteUser", UserName="ada")
    with pytest.raises(NoSuchEntity, match="user with name ada cannot be found"):
        run("GetUser", UserName="ada")


def test_user_policies_have_their_own_quota(run: Run) -> None:
    """A user's inline policies have 2,048 characters together."""
    run("CreateUser", UserName="ada")
    document = json.loads(ALLOW)
    document["Statement"]["Sid"] = "x" * 2048
    with pytest.raises(LimitExceeded, match="2048 bytes exceeded for user ada"):
        run(
            "PutUserPolicy",
            UserName="ada",
            PolicyName="p",
            PolicyDocument=json.dumps(document),
        )


def test_a_secret_is_answered_once_and_sealed(
    run: Run, entities: InMemoryEntities, keyring: Keyring
) -> None:
    """The store holds no secret that the root key is not needed for."""
    run("CreateUser", UserName="ada")
    made = run("CreateAccessKey", UserName="ada")["AccessKey"]
    assert len(made["AccessKeyId"]) == 20
    assert made["AccessKeyId"].startswith("AKIA")
    assert len(made["SecretAccessKey"]) == 40
    listed = run("ListAccessKeys", UserName="ada")["AccessKeyMetadata"]
    assert "SecretAccessKey" not in listed[0]
    with entities.reading() as store:
        stored = store.get(AccessKey, made["AccessKeyId"])
    assert made["SecretAccessKey"] not in f"{stored!r}{stored and stored.sealed_secret}"
    found = AccessKeys(entities, keyring).find(made["AccessKeyId"])
    assert found is not None
    assert found[1] == made["SecretAccessKey"]
    stranger = Keyring(SealingKey(b"s" * 32))
    with pytest.raises(Unsealable):
        AccessKeys(entities, stranger).find(made["AccessKeyId"])


def test_a_secret_does_not_open_under_another_key_id(
    run: Run, entities: InMemoryEntities, keyring: Keyring
) -> None:
    """Whoever can write to the store still cannot swap two secrets."""
    run("CreateUser", UserName="ada")
    first = run("CreateAccessKey", UserName="ada")["AccessKey"]["AccessKeyId"]
    second = run("CreateAccessKey", UserName="ada")["AccessKey"]["AccessKeyId"]
    with entities.writing() as store:
        stolen = store.get(AccessKey, first)
        assert stolen is not None
        store.put(AccessKey(second, "ada", stolen.sealed_secret, stolen.created))
    with pytest.raises(Unsealable):
        AccessKeys(entities, keyring).find(second)


def test_a_user_has_two_keys_at_most(run: Run) -> None:
    """The third is refused in AWS's words."""
    run("CreateUser", UserName="ada")
    for _ in range(2):
        run("CreateAccessKey", UserName="ada")
    with pytest.raises(
        LimitExceeded, match=r"^Cannot exceed quota for AccessKeysPerUser: 2$"
    ):
        run("CreateAccessKey", UserName="ada")


def test_a_key_that_is_off_or_gone_is_nobodys(
    run: Run, entities: InMemoryEntities, keyring: Keyring
) -> None:
    """A change holds for the next request, whatever was kept before."""
    run("CreateUser", UserName="ada", Tags=[{"Key": "team", "Value": "it"}])
    key_id = run("CreateAccessKey", UserName="ada")["AccessKey"]["AccessKeyId"]
    keys = AccessKeys(entities, keyring)
    found = keys.find(key_id)
    assert found is not None
    assert isinstance(found[0], IamUser)
    assert found[0].tags == (("team", "it"),)
    off = {"UserName": "ada", "AccessKeyId": key_id}
    run("UpdateAccessKey", Status="Inactive", **off)
    assert keys.find(key_id) is None
    run("UpdateAccessKey", Status="Active", **off)
    assert keys.find(key_id) == found
    run("DeleteAccessKey", **off)
    assert keys.find(key_id) is None
    assert keys.find("AKIANOBODY") is None


def test_a_key_is_its_owners_alone(run: Run) -> None:
    """Naming another user does not reach the key."""
    run("CreateUser", UserName="ada")
    run("CreateUser", UserName="bob")
    key_id = run("CreateAccessKey", UserName="ada")["AccessKey"]["AccessKeyId"]
    for operation in ("DeleteAccessKey", "UpdateAccessKey"):
        with pytest.raises(NoSuchEntity):
            run(operation, UserName="bob", AccessKeyId=key_id, Status="Inactive")


def test_the_administrator_is_made_once(
    run: Run, entities: InMemoryEntities, keyring: Keyring, random: Random
) -> None:
    """Every start answers the same key; one that was deleted is replaced."""

    def start() -> str:
        made = create_administrator(
            entities, ACCOUNT, keyring=keyring, now=NOW, random=random
        )
        found = AccessKeys(entities, keyring).find(made.access_key_id)
        assert found is not None
        assert found[0].arn == "arn:aws:iam::123456789012:user/admin"
        assert found[1] == made.secret_access_key
        return made.access_key_id

    first = start()
    generation = entities.generation()
    assert start() == first
    assert entities.generation() == generation
    run("DeleteAccessKey", UserName="admin", AccessKeyId=first)
    assert start() != first


def test_a_service_key_comes_from_the_root_key(
    entities: InMemoryEntities, keyring: Keyring
) -> None:
    """Same root key and service, same key; and it is found as the service."""
    s3 = Service(ACCOUNT, "s3.amazonaws.com")
    made = service_credentials(b"r" * 32, s3)
    assert made == service_credentials(b"r" * 32, s3)
    assert made != service_credentials(b"q" * 32, s3)
    other = service_credentials(b"r" * 32, Service(ACCOUNT, "kms.amazonaws.com"))
    assert made.access_key_id != other.access_key_id
    assert len(made.access_key_id) == 20
    assert len(made.secret_access_key) == 40
    keys = AccessKeys(entities, keyring, {s3: made})
    assert keys.find(made.access_key_id) == (s3, made.secret_access_key)
