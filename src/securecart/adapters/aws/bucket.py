"""The bucket, by boto3.

Every call names the account that must own the bucket: a bucket of the same
name that somebody else made first is refused by S3 itself.
"""

from typing import TYPE_CHECKING, cast

from botocore.exceptions import ClientError

from securecart.adapters.aws.failures import code
from securecart.blueprint import SetupBlocked
from securecart.blueprint.changes import (
    BlockPublicAccess,
    BucketChange,
    CreateBucket,
    EnableVersioning,
    EnforceOwnership,
    PutBucketPolicy,
    PutCors,
    PutEncryption,
)
from securecart.blueprint.setup import Bucket, Cors, Encryption

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.literals import BucketLocationConstraintType
    from types_boto3_s3.type_defs import (
        CORSRuleOutputTypeDef,
        ServerSideEncryptionRuleTypeDef,
    )

_FIRST_REGION = "us-east-1"
"""S3's own: named as a location constraint, it is refused."""

_BLOCKS = (
    "BlockPublicAcls",
    "IgnorePublicAcls",
    "BlockPublicPolicy",
    "RestrictPublicBuckets",
)


class AwsBucket:
    """Reads and changes one bucket of one account."""

    def __init__(self, s3: "S3Client", *, account: str, region: str) -> None:
        self._s3 = s3
        self._account = account
        self._region = region

    def read(self, name: str) -> Bucket | None:
        """The bucket, or None where there is none."""
        try:
            head = self._s3.head_bucket(Bucket=name, ExpectedBucketOwner=self._account)
        except ClientError as error:
            if code(error) in {"404", "NoSuchBucket"}:
                return None
            if code(error) == "403":
                raise SetupBlocked(
                    f"the bucket {name} belongs to somebody else, or these "
                    f"credentials may not see it: choose another name, or use an "
                    f"administrator's credentials of the account {self._account}"
                ) from error
            raise
        return Bucket(
            region=head.get("BucketRegion", self._region),
            versioned=self._versioned(name),
            encryption=self._encryption(name),
            closed=self._closed(name),
            owner_enforced=self._owner_enforced(name),
            cors=self._cors(name),
            policy=self._policy(name),
        )

    def carry_out(self, change: BucketChange) -> None:
        """Make the change; see `blueprint.changes` for each."""
        owner, s3 = self._account, self._s3
        match change:
            case CreateBucket(name, region):
                self._create(name, region)
            case BlockPublicAccess(name):
                s3.put_public_access_block(
                    Bucket=name,
                    PublicAccessBlockConfiguration={
                        "BlockPublicAcls": True,
                        "IgnorePublicAcls": True,
                        "BlockPublicPolicy": True,
                        "RestrictPublicBuckets": True,
                    },
                    ExpectedBucketOwner=owner,
                )
            case EnforceOwnership(name):
                s3.put_bucket_ownership_controls(
                    Bucket=name,
                    OwnershipControls={
                        "Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]
                    },
                    ExpectedBucketOwner=owner,
                )
            case PutEncryption(name, key_arn, bucket_key):
                s3.put_bucket_encryption(
                    Bucket=name,
                    ServerSideEncryptionConfiguration={
                        "Rules": [_encryption_rule(key_arn, bucket_key=bucket_key)]
                    },
                    ExpectedBucketOwner=owner,
                )
            case EnableVersioning(name):
                s3.put_bucket_versioning(
                    Bucket=name,
                    VersioningConfiguration={"Status": "Enabled"},
                    ExpectedBucketOwner=owner,
                )
            case PutCors(name, rule):
                s3.put_bucket_cors(
                    Bucket=name,
                    CORSConfiguration={
                        "CORSRules": [
                            {
                                "AllowedOrigins": sorted(rule.origins),
                                "AllowedMethods": sorted(rule.methods),
                                "AllowedHeaders": sorted(rule.headers),
                                "ExposeHeaders": sorted(rule.exposed),
                                "MaxAgeSeconds": rule.max_age_seconds,
                            }
                        ]
                    },
                    ExpectedBucketOwner=owner,
                )
            case PutBucketPolicy(name, policy):
                s3.put_bucket_policy(
                    Bucket=name, Policy=policy, ExpectedBucketOwner=owner
                )

    def _create(self, name: str, region: str) -> None:
        try:
            if region == _FIRST_REGION:
                self._s3.create_bucket(Bucket=name)
            else:
                # AWS checks the region; the stubs list those of one day.
                constraint = cast("BucketLocationConstraintType", region)
                self._s3.create_bucket(
                    Bucket=name,
                    CreateBucketConfiguration={"LocationConstraint": constraint},
                )
        except ClientError as error:
            if code(error) != "BucketAlreadyOwnedByYou":
                raise
        # A new bucket may be unknown for a moment to the next call.
        self._s3.get_waiter("bucket_exists").wait(
            Bucket=name, ExpectedBucketOwner=self._account
        )

    def _versioned(self, name: str) -> bool:
        answer = self._s3.get_bucket_versioning(
            Bucket=name, ExpectedBucketOwner=self._account
        )
        return answer.get("Status") == "Enabled"

    def _encryption(self, name: str) -> Encryption | None:
        try:
            answer = self._s3.get_bucket_encryption(
                Bucket=name, ExpectedBucketOwner=self._account
            )
        except ClientError as error:
            if code(error) == "ServerSideEncryptionConfigurationNotFoundError":
                return None
            raise
        for rule in answer["ServerSideEncryptionConfiguration"]["Rules"]:
            default = rule.get("ApplyServerSideEncryptionByDefault")
            if default is not None and default["SSEAlgorithm"] == "aws:kms":
                return Encryption(
                    default.get("KMSMasterKeyID"),
                    bucket_key=rule.get("BucketKeyEnabled", False),
                )
        return None

    def _closed(self, name: str) -> bool:
        try:
            answer = self._s3.get_public_access_block(
                Bucket=name, ExpectedBucketOwner=self._account
            )
        except ClientError as error:
            if code(error) == "NoSuchPublicAccessBlockConfiguration":
                return False
            raise
        block = answer["PublicAccessBlockConfiguration"]
        return all(block.get(setting) for setting in _BLOCKS)

    def _owner_enforced(self, name: str) -> bool:
        try:
            answer = self._s3.get_bucket_ownership_controls(
                Bucket=name, ExpectedBucketOwner=self._account
            )
        except ClientError as error:
            if code(error) == "OwnershipControlsNotFoundError":
                return False
            raise
        rules = answer["OwnershipControls"]["Rules"]
        return [rule["ObjectOwnership"] for rule in rules] == ["BucketOwnerEnforced"]

    def _cors(self, name: str) -> tuple[Cors, ...]:
        try:
            answer = self._s3.get_bucket_cors(
                Bucket=name, ExpectedBucketOwner=self._account
            )
        except ClientError as error:
            if code(error) == "NoSuchCORSConfiguration":
                return ()
            raise
        return tuple(_cors_rule(rule) for rule in answer["CORSRules"])

    def _policy(self, name: str) -> str | None:
        try:
            answer = self._s3.get_bucket_policy(
                Bucket=name, ExpectedBucketOwner=self._account
            )
        except ClientError as error:
            if code(error) == "NoSuchBucketPolicy":
                return None
            raise
        return answer["Policy"]


def _encryption_rule(
    key_arn: str, *, bucket_key: bool
) -> "ServerSideEncryptionRuleTypeDef":
    return {
        "ApplyServerSideEncryptionByDefault": {
            "SSEAlgorithm": "aws:kms",
            "KMSMasterKeyID": key_arn,
        },
        "BucketKeyEnabled": bucket_key,
    }


def _cors_rule(rule: "CORSRuleOutputTypeDef") -> Cors:
    return Cors(
        origins=frozenset(rule["AllowedOrigins"]),
        methods=frozenset(rule["AllowedMethods"]),
        headers=frozenset(rule.get("AllowedHeaders", ())),
        exposed=frozenset(rule.get("ExposeHeaders", ())),
        max_age_seconds=rule.get("MaxAgeSeconds", 0),
    )
