"""What the policies allow and deny, asked of the policy engine itself."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from securecart.blueprint import Blueprint, setup_for
from securecart.names.principal import Anonymous, Federated, IamUser, Principal
from securecart.names.session import RoleSession
from securecart.policy import (
    Decision,
    Layers,
    Policy,
    PolicyKind,
    Request,
    decide,
    decide_key,
    decide_trust,
    parse_policy,
)

ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0f1e2d3c"
OTHER_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/other"
BUCKET = "arn:aws:s3:::securecart-user-docs"
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SECURE = {"aws:securetransport": "true"}

ALGORITHM = "s3:x-amz-server-side-encryption"
KEY_ID = "s3:x-amz-server-side-encryption-aws-kms-key-id"
CUSTOMER = "s3:x-amz-server-side-encryption-customer-algorithm"


def employee(name: str, account: str = ACCOUNT) -> RoleSession:
    """A session of the role, under a person's name."""
    return RoleSession(
        account=account,
        role_name="SecureCartEmployee",
        role_path="/",
        role_id="AROAEXAMPLEROLEID",
        session_name=name,
        credential_id="ASIAEXAMPLE",
        issued_at=NOW,
        expires_at=NOW + timedelta(hours=1),
    )


ADMINISTRATOR = IamUser(ACCOUNT, "admin", "AIDAADMIN")
EVERYTHING = parse_policy(
    json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
        }
    ),
    PolicyKind.IDENTITY,
)


@pytest.fixture
def layers(blueprint: Blueprint) -> Layers:
    """An employee's policies on the bucket."""
    setup = setup_for(blueprint, KEY)
    assert setup.role is not None
    assert setup.bucket is not None
    assert setup.bucket.policy is not None
    identity = tuple(
        parse_policy(text, PolicyKind.IDENTITY) for _, text in setup.role.inline
    )
    return Layers(
        identity, resource=parse_policy(setup.bucket.policy, PolicyKind.RESOURCE)
    )


@pytest.fixture
def administrator(layers: Layers) -> Layers:
    """Everything, on the same bucket."""
    return Layers((EVERYTHING,), resource=layers.resource)


@pytest.fixture
def trust(blueprint: Blueprint) -> Policy:
    """Who may take the role on."""
    role = setup_for(blueprint, KEY).role
    assert role is not None
    return parse_policy(role.trust, PolicyKind.TRUST)


def asked(
    layers: Layers,
    principal: Principal,
    action: str,
    resource: str,
    **context: str,
) -> Decision:
    """What the engine decides, over TLS."""
    request = Request(principal, action, resource, SECURE | context, ACCOUNT)
    return decide(layers, request).decision


OBJECT_ACTIONS = [
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
]


@pytest.mark.parametrize("action", OBJECT_ACTIONS)
def test_ones_own_folder_is_open(layers: Layers, action: str) -> None:
    """Everything that the portal does with a document."""
    document = f"{BUCKET}/AROAEXAMPLEROLEID:alice/reports/q3.pdf"
    assert asked(layers, employee("alice"), action, document) is Decision.ALLOW


@pytest.mark.parametrize("action", OBJECT_ACTIONS)
@pytest.mark.parametrize(
    "key",
    [
        "AROAEXAMPLEROLEID:bob/q3.pdf",
        "AROAEXAMPLEROLEID:alicea/q3.pdf",
        "AROAEXAMPLEROLEID:alice",
        "AROAEXAMPLEROLEID:Alice/q3.pdf",
        "AROAOTHERROLE:alice/q3.pdf",
        "alice/q3.pdf",
        "q3.pdf",
    ],
)
def test_everything_else_is_closed(layers: Layers, action: str, key: str) -> None:
    """Others' folders, the root, a name that only begins like one's own."""
    decision = asked(layers, employee("alice"), action, f"{BUCKET}/{key}")
    assert decision is Decision.IMPLICIT_DENY


@pytest.mark.parametrize("action", ["s3:ListBucket", "s3:ListBucketVersions"])
@pytest.mark.parametrize(
    ("prefix", "decision"),
    [
        ("AROAEXAMPLEROLEID:ab/", Decision.ALLOW),
        ("AROAEXAMPLEROLEID:ab/reports/", Decision.ALLOW),
        ("AROAEXAMPLEROLEID:ab", Decision.IMPLICIT_DENY),
        ("AROAEXAMPLEROLEID:abc/", Decision.IMPLICIT_DENY),
        ("AROAEXAMPLEROLEID:", Decision.IMPLICIT_DENY),
        ("", Decision.IMPLICIT_DENY),
        (None, Decision.IMPLICIT_DENY),
    ],
)
def test_only_ones_own_folder_is_listed(
    layers: Layers, action: str, prefix: str | None, decision: Decision
) -> None:
    """Never without a prefix, and never by the beginning of a longer name."""
    context = {} if prefix is None else {"s3:prefix": prefix}
    assert asked(layers, employee("ab"), action, BUCKET, **context) is decision


@pytest.mark.parametrize(
    ("name", "acl", "decision"),
    [
        ("alice", "bucket-owner-full-control", Decision.ALLOW),
        ("bob", "bucket-owner-full-control", Decision.IMPLICIT_DENY),
        ("alice", "private", Decision.IMPLICIT_DENY),
        ("alice", "public-read", Decision.IMPLICIT_DENY),
        ("alice", None, Decision.IMPLICIT_DENY),
    ],
)
def test_an_access_control_list_may_only_say_what_holds_anyway(
    layers: Layers, name: str, acl: str | None, decision: Decision
) -> None:
    """Clients that cannot do without one may write; nobody grants by one."""
    document = f"{BUCKET}/AROAEXAMPLEROLEID:{name}/q3.pdf"
    context = {} if acl is None else {"s3:x-amz-acl": acl}
    found = asked(layers, employee("alice"), "s3:PutObjectAcl", document, **context)
    assert found is decision


@pytest.mark.parametrize(
    "action",
    ["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:PutEncryptionConfiguration"],
)
def test_the_bucket_itself_is_not_an_employees_affair(
    layers: Layers, action: str
) -> None:
    """Neither to read nor to change."""
    decision = asked(layers, employee("alice"), action, BUCKET)
    assert decision is Decision.IMPLICIT_DENY


def test_no_version_is_deleted_for_good_by_an_employee(layers: Layers) -> None:
    """So what was overwritten or deleted can be brought back."""
    document = f"{BUCKET}/AROAEXAMPLEROLEID:alice/q3.pdf"
    decision = asked(layers, employee("alice"), "s3:DeleteObjectVersion", document)
    assert decision is Decision.IMPLICIT_DENY


@pytest.mark.parametrize(
    ("headers", "decision"),
    [
        ({}, Decision.ALLOW),
        ({ALGORITHM: "aws:kms", KEY_ID: KEY}, Decision.ALLOW),
        ({ALGORITHM: "aws:kms"}, Decision.EXPLICIT_DENY),
        ({ALGORITHM: "aws:kms", KEY_ID: OTHER_KEY}, Decision.EXPLICIT_DENY),
        ({KEY_ID: OTHER_KEY}, Decision.EXPLICIT_DENY),
        ({ALGORITHM: "AES256"}, Decision.EXPLICIT_DENY),
        ({ALGORITHM: "AES256", KEY_ID: KEY}, Decision.EXPLICIT_DENY),
        ({ALGORITHM: "aws:kms:dsse", KEY_ID: KEY}, Decision.EXPLICIT_DENY),
        ({ALGORITHM: "AWS:KMS", KEY_ID: KEY}, Decision.EXPLICIT_DENY),
        ({ALGORITHM: ""}, Decision.EXPLICIT_DENY),
        ({CUSTOMER: "AES256"}, Decision.EXPLICIT_DENY),
    ],
)
def test_a_put_is_encrypted_with_the_buckets_key_or_refused(
    layers: Layers, administrator: Layers, headers: dict[str, str], decision: Decision
) -> None:
    """Without a header the default does it; an administrator is held to it too."""
    document = f"{BUCKET}/AROAEXAMPLEROLEID:alice/q3.pdf"
    for who, policies in ((employee("alice"), layers), (ADMINISTRATOR, administrator)):
        request = Request(who, "s3:PutObject", document, SECURE | headers, ACCOUNT)
        assert decide(policies, request).decision is decision


def test_nothing_is_done_without_tls(administrator: Layers) -> None:
    """Not even by an administrator."""
    request = Request(
        ADMINISTRATOR,
        "s3:GetObject",
        f"{BUCKET}/doc",
        {"aws:securetransport": "false"},
        ACCOUNT,
    )
    assert decide(administrator, request).decision is Decision.EXPLICIT_DENY


def test_nobody_deletes_the_bucket(administrator: Layers) -> None:
    """The policy must be taken off first, and that is on the record."""
    decision = asked(administrator, ADMINISTRATOR, "s3:DeleteBucket", BUCKET)
    assert decision is Decision.EXPLICIT_DENY


@pytest.mark.parametrize("action", ["s3:GetBucketPolicy", "s3:DeleteBucketPolicy"])
def test_an_administrator_is_not_locked_out(administrator: Layers, action: str) -> None:
    """The account can always change its mind."""
    assert asked(administrator, ADMINISTRATOR, action, BUCKET) is Decision.ALLOW


@pytest.mark.parametrize(
    "stranger",
    [
        Anonymous(),
        IamUser("999988887777", "mallory", "AIDAMALLORY"),
        employee("alice", account="999988887777"),
    ],
)
def test_nobody_from_outside_gets_in(
    administrator: Layers, stranger: Principal
) -> None:
    """Even if another statement of the policy let them."""
    document = f"{BUCKET}/AROAEXAMPLEROLEID:alice/q3.pdf"
    decision = asked(administrator, stranger, "s3:GetObject", document)
    assert decision is Decision.EXPLICIT_DENY


def test_the_key_serves_ones_own_folder_through_s3_alone(
    blueprint: Blueprint, layers: Layers
) -> None:
    """Not directly, and not for the encryption context of another's folder."""
    key = setup_for(blueprint, KEY).key
    assert key is not None
    on_key = Layers(
        layers.identity, resource=parse_policy(key.policy, PolicyKind.RESOURCE)
    )
    own = f"{BUCKET}/AROAEXAMPLEROLEID:alice/q3.pdf"
    others = f"{BUCKET}/AROAEXAMPLEROLEID:bob/q3.pdf"
    via, context = "kms:viaservice", "kms:encryptioncontext:aws:s3:arn"
    s3 = "s3.us-east-1.amazonaws.com"
    for action in ("kms:GenerateDataKey", "kms:Decrypt"):
        for given, allowed in (
            ({via: s3, context: own}, True),
            ({via: s3, context: others}, False),
            ({via: s3}, False),
            ({context: own}, False),
            ({via: "dynamodb.us-east-1.amazonaws.com", context: own}, False),
        ):
            request = Request(employee("alice"), action, KEY, given, ACCOUNT)
            assert decide_key(on_key, request).allowed is allowed, given


SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/SecureCart"
OIDC = f"arn:aws:iam::{ACCOUNT}:oidc-provider/localhost:8081"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/SecureCartEmployee"


def trusted(trust: Policy, action: str, provider: str, **context: str) -> bool:
    """Whether somebody vouched for by the provider may do it."""
    who = Federated(ACCOUNT, provider, "alice")
    return decide_trust(trust, Request(who, action, ROLE, context, ACCOUNT)).allowed


def by_oidc(trust: Policy, **given: str) -> bool:
    """Whether a token with `sub` and `aud` opens a session under `name`."""
    keys = {
        "aud": "localhost:8081:aud",
        "sub": "localhost:8081:sub",
        "name": "sts:rolesessionname",
    }
    context = {keys[short]: value for short, value in given.items()}
    return trusted(trust, "sts:AssumeRoleWithWebIdentity", OIDC, **context)


@pytest.mark.parametrize(
    "action", ["sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"]
)
def test_an_assertion_for_our_portal_is_trusted(trust: Policy, action: str) -> None:
    """And one for another recipient, or of another provider, is not."""
    ours = {"saml:aud": "http://localhost:8080/saml/acs"}
    assert trusted(trust, action, SAML, **ours)
    assert not trusted(trust, action, SAML, **{"saml:aud": "https://elsewhere/acs"})
    assert not trusted(trust, action, SAML)
    assert not trusted(trust, action, SAML + "2", **ours)


def test_by_oidc_one_signs_in_under_ones_own_name(trust: Policy) -> None:
    """The session name is the token's subject."""
    assert by_oidc(trust, aud="securecart-portal", sub="alice", name="alice")


@pytest.mark.parametrize(
    "given",
    [
        {"aud": "securecart-portal", "sub": "alice", "name": "bob"},
        {"aud": "securecart-portal", "sub": "alice", "name": "Alice"},
        {"aud": "securecart-portal", "sub": "al*", "name": "alice"},
        {"aud": "securecart-portal", "sub": "alice"},
        {"aud": "securecart-portal", "name": "alice"},
        {"aud": "another-client", "sub": "alice", "name": "alice"},
        {"sub": "alice", "name": "alice"},
    ],
)
def test_by_oidc_nobody_takes_anothers_name(
    trust: Policy, given: dict[str, str]
) -> None:
    """The caller sends the session name, and so the folder."""
    assert not by_oidc(trust, **given)


def test_neither_way_in_serves_the_other(trust: Policy) -> None:
    """A SAML provider vouches by SAML only, an OpenID provider by tokens only."""
    saml = {"saml:aud": "http://localhost:8080/saml/acs"}
    oidc = {
        "localhost:8081:aud": "securecart-portal",
        "localhost:8081:sub": "alice",
        "sts:rolesessionname": "alice",
    }
    assert not trusted(trust, "sts:AssumeRoleWithWebIdentity", SAML, **saml, **oidc)
    assert not trusted(trust, "sts:AssumeRoleWithSAML", OIDC, **saml, **oidc)
    assert not trusted(trust, "sts:AssumeRole", SAML, **saml, **oidc)


def test_the_inline_policy_fits_into_iams_limit(blueprint: Blueprint) -> None:
    """10,240 characters of inline policies for a role, without white space."""
    role = setup_for(blueprint, KEY).role
    assert role is not None
    length = sum(len("".join(text.split())) for _, text in role.inline)
    assert length < 10_240
    # And a trust policy's 2,048 by default.
    assert len("".join(role.trust.split())) < 2048
