"""Each condition key that a trust policy may ask: it lets in, and it keeps out."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from securecart.names.errors import AccessDenied
from securecart.names.principal import IamUser

if TYPE_CHECKING:
    from tests.unit.sts.conftest import World

ACCOUNT = "123456789012"
SAML_PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/SecureCart"
OIDC_PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/localhost:8081"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/SecureCartEmployee"
EDU_PERSON = "urn:oid:1.3.6.1.4.1.5923.1.1.1."
EDU_ORG = "urn:oid:1.3.6.1.4.1.5923.1.2.1."
WS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"

ATTRIBUTES: Mapping[str, str] = {
    "edupersonaffiliation": EDU_PERSON + "1",
    "edupersonnickname": EDU_PERSON + "2",
    "edupersonorgdn": EDU_PERSON + "3",
    "edupersonorgunitdn": EDU_PERSON + "4",
    "edupersonprimaryaffiliation": EDU_PERSON + "5",
    "edupersonprincipalname": EDU_PERSON + "6",
    "edupersonentitlement": EDU_PERSON + "7",
    "edupersonprimaryorgunitdn": EDU_PERSON + "8",
    "edupersonscopedaffiliation": EDU_PERSON + "9",
    "edupersontargetedid": EDU_PERSON + "10",
    "edupersonassurance": EDU_PERSON + "11",
    "eduorghomepageuri": EDU_ORG + "2",
    "eduorgidentityauthnpolicyuri": EDU_ORG + "3",
    "eduorglegalname": EDU_ORG + "4",
    "eduorgsuperioruri": EDU_ORG + "5",
    "eduorgwhitepagesuri": EDU_ORG + "6",
    "cn": "urn:oid:2.5.4.3",
    "name": WS + "name",
    "commonName": "http://schemas.xmlsoap.org/claims/CommonName",
    "givenName": WS + "givenname",
    "surname": WS + "surname",
    "mail": WS + "emailaddress",
    "uid": "http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid",
    "x500UniqueIdentifier": "2.5.4.45",
    "organizationStatus": "0.9.2342.19200300.100.1.45",
}
"""The keys whose values are attributes of the assertion, by AWS's table."""


def _trust(
    world: "World", principal: Mapping[str, str], condition: Mapping[str, Any]
) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": [
            "sts:AssumeRole",
            "sts:AssumeRoleWithSAML",
            "sts:AssumeRoleWithWebIdentity",
            "sts:TagSession",
            "sts:SetSourceIdentity",
        ],
        "Condition": condition,
    }
    document = {"Version": "2012-10-17", "Statement": statement}
    world.put_role(trust_policy=json.dumps(document), tags=(("team", "it"),))


@pytest.mark.parametrize("asked_key", ATTRIBUTES)
def test_attributes_of_an_assertion(world: "World", asked_key: str) -> None:
    """With the value, with another, and without the attribute."""
    told = {ATTRIBUTES[asked_key]: ["member", "staff"]}
    response = world.saml_response(others=told)

    def ask(wanted: str) -> None:
        condition = {"ForAnyValue:StringEquals": {f"saml:{asked_key}": wanted}}
        _trust(world, {"Federated": SAML_PROVIDER}, condition)

    ask("Staff")
    with pytest.raises(AccessDenied):
        world.with_saml(response)
    ask("staff")
    with pytest.raises(AccessDenied):
        world.with_saml(world.saml_response())
    session = world.session(world.with_saml(response))
    assert {name for name, _ in session.context} == {
        "saml:sub",
        "saml:sub_type",
        "saml:namequalifier",
    }


@pytest.mark.parametrize(
    ("asked_key", "value"),
    [
        ("saml:aud", "http://localhost:8080/saml/acs"),
        ("saml:iss", "http://localhost:8081/saml/metadata"),
        ("saml:doc", f"{ACCOUNT}/SecureCart"),
        ("saml:sub", "ada"),
        ("saml:sub_type", "persistent"),
        ("saml:namequalifier", "GDD3Zd1exw1J/hh2NjIP2U56SQo="),
        ("sts:RoleSessionName", "ada"),
        ("sts:SourceIdentity", "ada-source"),
        ("aws:RequestTag/Team", "ledger"),
        ("aws:ResourceTag/Team", "it"),
    ],
)
def test_keys_of_an_assertion(world: "World", asked_key: str, value: str) -> None:
    """By name, in any case of the key, and none other of the value."""
    claims = {"SourceIdentity": ["ada-source"], "PrincipalTag:team": ["ledger"]}

    response = world.saml_response(claims)

    def may(wanted: str) -> bool:
        condition = {"StringEquals": {asked_key.upper(): wanted}}
        _trust(world, {"Federated": SAML_PROVIDER}, condition)
        try:
            world.with_saml(response)
        except AccessDenied:
            return False
        return True

    assert not may(value + "x")
    assert not may(value.upper())
    assert may(value)


@pytest.mark.parametrize(
    ("claims", "asked_key", "value"),
    [
        ({}, "localhost:8081:aud", "securecart-portal"),
        ({}, "localhost:8081:oaud", "securecart-portal"),
        ({}, "localhost:8081:sub", "ada"),
        ({"amr": ["pwd", "mfa"]}, "localhost:8081:amr", "mfa"),
        ({"azp": "securecart-portal"}, "localhost:8081:azp", "securecart-portal"),
        ({}, "sts:RoleSessionName", "ada"),
        (
            {"https://aws.amazon.com/source_identity": "ada"},
            "sts:SourceIdentity",
            "ada",
        ),
        (
            {"https://aws.amazon.com/tags": {"principal_tags": {"team": ["ledger"]}}},
            "aws:RequestTag/Team",
            "ledger",
        ),
        (
            {"https://aws.amazon.com/tags": {"principal_tags": {"team": ["ledger"]}}},
            "aws:TagKeys",
            "team",
        ),
    ],
)
def test_keys_of_an_id_token(
    world: "World", claims: Mapping[str, Any], asked_key: str, value: str
) -> None:
    """With the claim and its value, and with no other."""

    def may(wanted: str, told: Mapping[str, Any]) -> bool:
        condition = {"ForAnyValue:StringEquals": {asked_key: wanted}}
        _trust(world, {"Federated": OIDC_PROVIDER}, condition)
        try:
            session = world.session(world.with_oidc(world.id_token(told)))
        except AccessDenied:
            return False
        kept = {name.rpartition(":")[2] for name, _ in session.context}
        assert kept == {"aud", "sub"} | ({"amr"} if "amr" in told else set())
        return True

    assert may(value, claims)
    assert not may(value + "x", claims)
    if claims:
        assert not may(value, {})


@pytest.mark.parametrize(
    ("operator", "asked_key", "value", "asked"),
    [
        ("StringEquals", "sts:ExternalId", "42", {"ExternalId": "42"}),
        ("StringEquals", "sts:RoleSessionName", "ada", {"RoleSessionName": "ada"}),
        ("StringEquals", "sts:SourceIdentity", "ada", {"SourceIdentity": "ada"}),
        (
            "StringEquals",
            "aws:RequestTag/Team",
            "ledger",
            {"Tags": [{"Key": "team", "Value": "ledger"}]},
        ),
        (
            "ForAnyValue:StringEquals",
            "aws:TagKeys",
            "team",
            {"Tags": [{"Key": "team", "Value": "ledger"}]},
        ),
        (
            "ForAnyValue:StringEquals",
            "sts:TransitiveTagKeys",
            "team",
            {
                "Tags": [{"Key": "team", "Value": "ledger"}],
                "TransitiveTagKeys": ["team"],
            },
        ),
        ("StringEquals", "aws:username", "root-of-all", {}),
    ],
)
def test_keys_of_an_assumption(
    world: "World",
    administrator: IamUser,
    operator: str,
    asked_key: str,
    value: str,
    asked: Mapping[str, Any],
) -> None:
    """What the caller passes, and who the caller is."""

    def may(wanted: str, told: Mapping[str, Any]) -> bool:
        _trust(world, {"AWS": administrator.arn}, {operator: {asked_key: wanted}})
        whole = {"RoleArn": ROLE, "RoleSessionName": "eve", **told}
        try:
            world.call("AssumeRole", whole, caller=administrator)
        except AccessDenied:
            return False
        return True

    assert may(value, asked)
    assert not may(value + "x", asked)
    if asked:
        assert not may(value, {})


@pytest.mark.parametrize(
    "asked_key",
    [
        # For bearer tokens of services, which there are none of here.
        "sts:AWSServiceName",
        "sts:DurationSeconds",
        # After the assumption, and of sessions alone.
        "aws:SourceIdentity",
        "aws:FederatedProvider",
        "aws:TokenIssueTime",
        "aws:PrincipalTag/team",
    ],
)
def test_keys_that_no_sign_in_has(world: "World", asked_key: str) -> None:
    """A trust policy that asks for one lets nobody in by a provider."""
    condition = {"Null": {asked_key: "false"}}
    _trust(world, {"Federated": SAML_PROVIDER}, condition)
    claims = {"SourceIdentity": ["ada"], "PrincipalTag:team": ["ledger"]}
    with pytest.raises(AccessDenied):
        world.with_saml(world.saml_response(claims), DurationSeconds=900)
