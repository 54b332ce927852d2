"""What a refusal tells an administrator, and nobody else."""

import base64
import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securecart.names.access_key_id import new_access_key_id
from securecart.names.errors import ValidationError
from securecart.names.principal import IamUser
from securecart.policy import (
    DeniedByPolicy,
    Explanation,
    Layers,
    PolicyKind,
    Request,
    explain,
    parse_policy,
)
from securecart.sealing import Keyring, SealingKey
from securecart.sts import AuthorizationMessages, InvalidAuthorizationMessage
from securecart.sts.authorization_message import InvalidMessage

if TYPE_CHECKING:
    from tests.unit.sts.conftest import World

ACCOUNT = "123456789012"
EVE = IamUser(ACCOUNT, "eve", "AIDAEVE")
KEYRING = Keyring(SealingKey(b"m" * 32))
MESSAGES = AuthorizationMessages(KEYRING)
SECRET = "the name of a project that nobody may learn"
DENY: Mapping[str, Any] = {
    "Sid": "NotFromOutside",
    "Effect": "Deny",
    "Action": "s3:*",
    "Resource": "*",
    "Condition": {"StringNotEquals": {"aws:SourceVpc": [SECRET]}},
}
ALLOW: Mapping[str, Any] = {
    "Effect": "Allow",
    "Action": "s3:GetObject",
    "Resource": f"arn:aws:s3:::{SECRET.replace(' ', '-')}/*",
    "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-2"}},
}


def _explained(
    *statements: Mapping[str, Any],
    resource: str = "arn:aws:s3:::docs/plan",
    **context: str,
) -> Explanation:
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    layers = Layers(identity=(parse_policy(document, PolicyKind.IDENTITY),))
    keys = {name.replace("_", ":", 1): value for name, value in context.items()}
    return explain(layers, Request(EVE, "s3:GetObject", resource, keys, ACCOUNT))


def _encoded(explanation: Explanation) -> str:
    return MESSAGES.encode(explanation, random=os.urandom)


def test_an_explicit_deny_is_told_as_aws_tells_it() -> None:
    """Which statement, who, what, and the keys that the policy asks for."""
    found = _explained(DENY, aws_sourcevpc="vpc-1", aws_sourceip="10.0.0.1")
    message = _encoded(found)
    condition = {"key": "aws:SourceVpc", "values": {"items": [{"value": "vpc-1"}]}}
    assert json.loads(MESSAGES.decode(message)) == {
        "allowed": False,
        "explicitDeny": True,
        "matchedStatements": {
            "items": [
                {
                    "statementId": "NotFromOutside",
                    "effect": "DENY",
                    "principals": {"items": [{"value": "AIDAEVE"}]},
                    "principalGroups": {"items": []},
                    "actions": {"items": [{"value": "s3:GetObject"}]},
                    "resources": {"items": [{"value": "arn:aws:s3:::docs/plan"}]},
                    "conditions": {"items": [condition]},
                }
            ]
        },
        "failures": {"items": []},
        "context": {
            "principal": {"id": "AIDAEVE", "name": "eve", "arn": EVE.arn},
            "action": "s3:GetObject",
            "resource": "arn:aws:s3:::docs/plan",
            "conditions": {"items": [condition]},
        },
    }
    # The caller sees none of it, and it stands in XML, JSON and a shell as it is.
    assert message.replace("-", "").replace("_", "").isalnum()
    assert b"eve" not in base64.urlsafe_b64decode(message + "==")


def test_an_implicit_deny_names_no_statement() -> None:
    """And of the context only what a policy that came near asks for."""
    found = _explained(ALLOW, aws_sourcevpc="vpc-1", aws_sourceip="10.0.0.1")
    decoded = json.loads(MESSAGES.decode(_encoded(found)))
    assert decoded["explicitDeny"] is False
    assert decoded["matchedStatements"] == {"items": []}
    (condition,) = decoded["context"]["conditions"]["items"]
    assert condition["key"] == "aws:SourceVpc"
    assert SECRET not in json.dumps(decoded)


@settings(max_examples=15)
@given(st.text(max_size=2_000), st.integers(0, 60))
def test_the_length_tells_nothing(text: str, statements: int) -> None:
    """Whatever the caller wrote and the policy says, a message is as long."""
    many = [{**DENY, "Sid": f"S{number}"} for number in range(statements)]
    found = _explained(
        ALLOW, *many, resource=f"arn:aws:s3:::docs/{text}", aws_sourcevpc=text
    )
    message = _encoded(found)
    assert len(message) == 1_410
    decoded = json.loads(MESSAGES.decode(message))
    assert decoded["explicitDeny"] is bool(statements)
    assert decoded["context"]["action"] == "s3:GetObject"


def test_what_does_not_compress_is_cut() -> None:
    """Until it fits: who and what before the conditions."""
    noise = base64.b64encode(os.urandom(3_000)).decode()
    found = _explained(DENY, resource=f"arn:aws:s3:::docs/{noise}", aws_sourcevpc=noise)
    decoded = json.loads(MESSAGES.decode(_encoded(found)))
    assert decoded["context"]["resource"].startswith("arn:aws:s3:::docs/")
    assert decoded["context"]["resource"].endswith("…")


def test_a_message_of_ours_opens_and_no_other() -> None:
    """Neither a changed one nor one that was sealed for something else."""
    message = _encoded(_explained(ALLOW))
    assert MESSAGES.decode(message)
    elsewhere = KEYRING.seal(b"x" * 1_024, purpose="other", random=os.urandom)
    for other in (
        "",
        "x",
        "é" * 10,
        message[:-4],
        message[:-4] + "AAAA",
        message + "\n",
        message * 10,
        base64.urlsafe_b64encode(elsewhere).decode().rstrip("="),
    ):
        with pytest.raises(InvalidMessage):
            MESSAGES.decode(other)
    stranger = AuthorizationMessages(Keyring(SealingKey(b"n" * 32)))
    with pytest.raises(InvalidMessage):
        stranger.decode(message)


def test_decoding_needs_the_permission(world: "World", administrator: IamUser) -> None:
    """Without it, not even one's own message opens."""
    encoded = {"EncodedMessage": _encoded(_explained(ALLOW))}
    operation = "DecodeAuthorizationMessage"
    answer = world.call(operation, encoded, caller=administrator)
    assert json.loads(answer["DecodedMessage"])["allowed"] is False
    with pytest.raises(DeniedByPolicy, match="sts:DecodeAuthorizationMessage"):
        world.call(operation, encoded, caller=EVE)
    with pytest.raises(InvalidAuthorizationMessage):
        world.call(operation, {"EncodedMessage": "x"}, caller=administrator)


def test_a_key_id_tells_its_account(world: "World", administrator: IamUser) -> None:
    """Of any account, whether or not there is such a key; with permission."""
    operation = "GetAccessKeyInfo"
    asked = {"AccessKeyId": new_access_key_id("AKIA", "000000000042", os.urandom)}
    answer = world.call(operation, asked, caller=administrator)
    assert answer == {"Account": "000000000042"}
    with pytest.raises(DeniedByPolicy, match="sts:GetAccessKeyInfo"):
        world.call(operation, asked, caller=EVE)
    malformed = {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE"}
    with pytest.raises(ValidationError, match="Invalid Access Key Id"):
        world.call(operation, malformed, caller=administrator)
    session = world.session(world.with_saml())
    answer = world.call(
        operation, {"AccessKeyId": session.credential_id}, caller=administrator
    )
    assert answer == {"Account": ACCOUNT}
