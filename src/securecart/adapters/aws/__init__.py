"""AWS's APIs by boto3: AWS itself, or whatever speaks like it at an address."""

from securecart.adapters.aws.account import AwsAccount
from securecart.adapters.aws.deployment import AwsDeployment
from securecart.adapters.aws.endpoint import Endpoint
from securecart.adapters.aws.failures import explained
from securecart.adapters.aws.revocations import AwsRevocations
from securecart.adapters.aws.sts_client import (
    AssumedRole,
    StsClient,
    StsRejected,
    StsUnavailable,
)

__all__ = [
    "AssumedRole",
    "AwsAccount",
    "AwsDeployment",
    "AwsRevocations",
    "Endpoint",
    "StsClient",
    "StsRejected",
    "StsUnavailable",
    "explained",
]
