"""Names that would open another's folder never name a session."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from securecart.federation.saml import NameId
from securecart.federation.saml.names import PERSISTENT
from securecart.names.errors import ServiceError
from securecart.names.principal import IamUser

if TYPE_CHECKING:
    from tests.unit.sts.conftest import World

ACCOUNT = "123456789012"
SAML_PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/SecureCart"
OIDC_PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/localhost:8081"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/SecureCartEmployee"

BAD_NAMES = [
    "",
    "a",
    "a" * 65,
    "a/b",
    "../b",
    "a*",
    "?a",
    "a\nb",
    "ada\n",
    "a b",
    "é é",
]
BAD_NAMES += ["ada:eve", "ada\u200b", "ada\x7f", "${aws:userid}", "\uff41da", "a%2Fb"]
"""What is no RoleSessionName; nor is it a SourceIdentity."""


@pytest.mark.parametrize("name", BAD_NAMES)
def test_no_session_has_a_name_that_is_a_path(
    world: "World", administrator: IamUser, name: str
) -> None:
    """Neither by SAML nor OIDC nor AssumeRole, though the trust asks for no name."""
    statement = {
        "Effect": "Allow",
        "Principal": {
            "AWS": administrator.arn,
            "Federated": [SAML_PROVIDER, OIDC_PROVIDER],
        },
        "Action": "sts:*",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    world.put_role(trust_policy=document)

    def by_user(**asked: str) -> Any:
        whole = {"RoleArn": ROLE, "RoleSessionName": "ada", **asked}
        return world.call("AssumeRole", whole, caller=administrator)

    def by_saml(attribute: str) -> Any:
        attributes = {attribute: [name]}
        return world.with_saml(world.saml_response(attributes, assertion_id="_x"))

    for refused in (
        lambda: by_user(RoleSessionName=name),
        lambda: by_user(SourceIdentity=name),
        lambda: by_saml("RoleSessionName"),
        lambda: by_saml("SourceIdentity"),
        lambda: world.with_oidc(RoleSessionName=name),
        lambda: world.with_oidc(
            world.id_token({"https://aws.amazon.com/source_identity": name})
        ),
    ):
        with pytest.raises(ServiceError):
            refused()
    assert world.session(by_user()).session_name == "ada"


@pytest.mark.parametrize(
    "subject", ["ada/eve", "*", "ad?", "ada\n", "a" * 65, "ada eve"]
)
def test_a_subject_that_is_no_name_gets_no_session_of_its_own(
    world: "World", subject: str
) -> None:
    """The role's trust pins the session name to the subject, and no name is that.

    By SAML the signed RoleSessionName is the name, whatever the NameID is.
    """
    for name in ("ada", subject):
        with pytest.raises(ServiceError):
            world.with_oidc(world.id_token({"sub": subject}), RoleSessionName=name)
    response = world.saml_response(name_id=NameId(subject, PERSISTENT))
    session = world.session(world.with_saml(response))
    assert session.userid == "AROAEXAMPLE:ada"
