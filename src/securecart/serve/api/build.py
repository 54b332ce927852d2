"""Joining the rooms below to one API."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from botocore.model import ServiceModel

from securecart import iam, kms, sts
from securecart.names.clock import Clock, Random
from securecart.sealing import Keyring
from securecart.serve.api.api import Api
from securecart.serve.api.iam_backend import IamBackend
from securecart.serve.api.kms_backend import KmsBackend
from securecart.serve.api.sts_backend import StsBackend
from securecart.serve.refusal import Refusals
from securecart.trail import Journal
from securecart.wire.service import Service

_GLOBAL_REGION = "us-east-1"
"""Where AWS's global endpoints of IAM and STS are signed for."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """The keys that secrets of access keys and key material are sealed with."""

    iam: Keyring = field(repr=False)
    kms: Keyring = field(repr=False)


def build_api(
    *,
    ports: sts.Ports,
    authenticator: sts.Authenticator,
    authorizer: iam.Authorizer,
    key_authorizer: kms.KeyAuthorizer,
    secrets: Secrets,
    journal: Journal,
    models: Mapping[str, ServiceModel],
    account: str,
    region: str,
    clock: Clock,
    random: Random,
) -> Api:
    """Build the API over what the gateway uses too.

    `models` are botocore's, by `iam`, `sts` and `kms`; all three services
    keep their entities in `ports.entities`.
    """
    regions = frozenset({region, _GLOBAL_REGION})
    wires = {name: Service(model) for name, model in models.items()}
    return Api(
        {
            "iam": IamBackend(
                wires["iam"],
                ports.entities,
                authorizer,
                account=account,
                keyring=secrets.iam,
                regions=regions,
                random=random,
            ),
            "sts": StsBackend(
                wires["sts"], ports, account=account, regions=regions, random=random
            ),
            "kms": KmsBackend(
                wires["kms"],
                ports.entities,
                key_authorizer,
                account=account,
                region=region,
                keyring=secrets.kms,
                random=random,
            ),
        },
        authenticator,
        journal,
        Refusals(ports.authorization_messages, random),
        account=account,
        region=region,
        clock=clock,
        random=random,
    )
