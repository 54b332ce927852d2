"""The policies of the set-up.

Source: AWS IAM User Guide, "Create a role for SAML 2.0 federation", "Create a
role for OpenID Connect federation" and "IAM policy elements: Variables and
tags"; Amazon S3 User Guide, "Bucket policy examples using condition keys" and
"Specifying server-side encryption with AWS KMS"; AWS KMS Developer Guide,
"Default key policy" and "kms:ViaService".
"""

from typing import Any

Document = dict[str, Any]

VERSION = "2012-10-17"

_ALGORITHM = "s3:x-amz-server-side-encryption"
_KEY_ID = "s3:x-amz-server-side-encryption-aws-kms-key-id"
_CUSTOMER_ALGORITHM = "s3:x-amz-server-side-encryption-customer-algorithm"


def key_policy(account: str) -> Document:
    """AWS's default: the account's IAM policies decide."""
    return _policy(
        {
            "Sid": "AccountDecidesByIam",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    )


def saml_trust(provider_arn: str, acs: str) -> list[Document]:
    """Whoever the SAML provider vouches for, to our portal and no other.

    `SAML:aud` is the assertion's Recipient: the portal's own ACS address.
    """
    return _trust(
        "Saml",
        provider_arn,
        "sts:AssumeRoleWithSAML",
        aud={"SAML:aud": acs},
        pinned={},
    )


def oidc_trust(provider_arn: str, issuer: str, client_id: str) -> list[Document]:
    """Whoever the OpenID provider vouches for, under no name but their own.

    With OIDC the caller chooses the session name, and with it the folder;
    only `sts:RoleSessionName` pinned to the subject stops one person from
    opening another's.
    """
    return _trust(
        "Oidc",
        provider_arn,
        "sts:AssumeRoleWithWebIdentity",
        aud={f"{issuer}:aud": client_id},
        pinned={"sts:RoleSessionName": f"${{{issuer}:sub}}"},
    )


def trust_policy(*statements: Document) -> Document:
    """The trust of each way to sign in, in one document."""
    return _policy(*statements)


def folder_policy(bucket: str, key_arn: str, region: str) -> Document:
    """One's own folder, and nothing besides.

    There is no `s3:DeleteObjectVersion`: what was deleted or overwritten can
    be brought back, whoever did it. The data keys are bound to the folder a
    second time, by the encryption context that S3 gives to KMS; that needs a
    bucket without an S3 Bucket Key, whose context is the bucket alone.

    Some clients, rclone 1.60 among them, send an access control list with all
    that they write. The one allowed is the bucket's own state.
    """
    folder = f"arn:aws:s3:::{bucket}/${{aws:userid}}/*"
    return _policy(
        {
            "Sid": "ListOwnFolder",
            "Effect": "Allow",
            "Action": ["s3:ListBucket", "s3:ListBucketVersions"],
            "Resource": f"arn:aws:s3:::{bucket}",
            # The slash is what keeps `ab` out of `abc/`.
            "Condition": {"StringLike": {"s3:prefix": "${aws:userid}/*"}},
        },
        {
            "Sid": "UseOwnFolder",
            "Effect": "Allow",
            "Action": [
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:GetObjectVersion",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
            ],
            "Resource": folder,
        },
        {
            "Sid": "LeaveTheBucketItsOwner",
            "Effect": "Allow",
            "Action": "s3:PutObjectAcl",
            "Resource": folder,
            "Condition": {
                "StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}
            },
        },
        {
            "Sid": "EncryptOwnFolder",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": key_arn,
            "Condition": {
                "StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"},
                "StringLike": {"kms:EncryptionContext:aws:s3:arn": folder},
            },
        },
    )


def bucket_policy(bucket: str, key_arn: str, account: str) -> Document:
    """What nobody may do, whatever else they are allowed.

    A put without an encryption header passes: the bucket's default encrypts
    it. (`StringNotEquals` alone would deny it, and so would the IfExists
    form: both hold where the key is absent.) A put that asks for `aws:kms`
    but names no key would be encrypted with the key that AWS manages for S3,
    not with the bucket's.

    AWS services that act for themselves have no account; they are let pass,
    and are granted nothing.
    """
    own, objects = f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"
    present, absent = "false", "true"
    return _policy(
        _deny(
            "NoInsecureTransport",
            "s3:*",
            [own, objects],
            {"Bool": {"aws:SecureTransport": "false"}},
        ),
        _deny(
            "NoOneFromOutside",
            "s3:*",
            [own, objects],
            {
                "StringNotEquals": {"aws:PrincipalAccount": account},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
            },
        ),
        _deny("NoDeletionOfTheBucket", "s3:DeleteBucket", [own], {}),
        _deny(
            "NoOtherEncryption",
            "s3:PutObject",
            [objects],
            {
                "Null": {_ALGORITHM: present},
                "StringNotEquals": {_ALGORITHM: "aws:kms"},
            },
        ),
        _deny(
            "NoOtherKey",
            "s3:PutObject",
            [objects],
            {"Null": {_KEY_ID: present}, "StringNotEquals": {_KEY_ID: key_arn}},
        ),
        _deny(
            "NoUnnamedKey",
            "s3:PutObject",
            [objects],
            {"Null": {_ALGORITHM: present, _KEY_ID: absent}},
        ),
        _deny(
            "NoKeyOfTheCaller",
            "s3:PutObject",
            [objects],
            {"Null": {_CUSTOMER_ALGORITHM: present}},
        ),
    )


def _trust(
    name: str,
    provider_arn: str,
    action: str,
    *,
    aud: dict[str, str],
    pinned: dict[str, str],
) -> list[Document]:
    shared = {"Effect": "Allow", "Principal": {"Federated": provider_arn}}
    return [
        {
            **shared,
            "Sid": f"{name}SignIn",
            "Action": action,
            "Condition": {"StringEquals": {**aud, **pinned}},
        },
        # Apart, because AWS documents `sts:RoleSessionName` for the sign-in
        # alone; without the statement above these two lead nowhere.
        {
            **shared,
            "Sid": f"{name}SessionTags",
            "Action": ["sts:SetSourceIdentity", "sts:TagSession"],
            "Condition": {"StringEquals": aud},
        },
    ]


def _deny(sid: str, action: str, resources: list[str], condition: Document) -> Document:
    statement: Document = {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resources,
    }
    return statement | ({"Condition": condition} if condition else {})


def _policy(*statements: Document) -> Document:
    return {"Version": VERSION, "Statement": list(statements)}
