"""The port `blueprint.Account` over AWS's APIs."""

from typing import assert_never

from securecart.adapters.aws.bucket import AwsBucket
from securecart.adapters.aws.endpoint import Endpoint
from securecart.adapters.aws.failures import explained
from securecart.adapters.aws.key import AwsKey
from securecart.adapters.aws.providers import AwsProviders
from securecart.adapters.aws.role import AwsRole
from securecart.blueprint import Blueprint, Change, Setup, SetupBlocked
from securecart.blueprint.changes import (
    BucketChange,
    KeyChange,
    ProviderChange,
    RoleChange,
)


class AwsAccount:
    """An account at AWS, or at the local target, which speaks the same APIs.

    See `blueprint.Account`.
    """

    def __init__(self, endpoint: Endpoint, account: str) -> None:
        self._endpoint = endpoint
        self._account = account
        session, config, url = endpoint.session(), endpoint.config(), endpoint.url
        kms = session.client("kms", endpoint_url=url, config=config)
        s3 = session.client("s3", endpoint_url=url, config=config)
        iam = session.client("iam", endpoint_url=url, config=config)
        self._key = AwsKey(kms)
        self._bucket = AwsBucket(s3, account=account, region=endpoint.region)
        self._providers = AwsProviders(iam)
        self._role = AwsRole(iam)

    def read(self, blueprint: Blueprint) -> Setup:
        """What is there of the things that the blueprint names.

        Raises:
            SetupFailed: if it cannot be read; the message says what to do.
            SetupBlocked: if the blueprint is for another account.
        """
        if blueprint.account != self._account:
            raise SetupBlocked(
                f"the set-up is for the account {blueprint.account}, and these "
                f"credentials are for {self._account}: use those of the first"
            )
        account, saml, oidc = self._account, blueprint.saml, blueprint.oidc
        with explained("read what is set up", self._endpoint.name):
            return Setup(
                key=self._key.read(blueprint.key_alias, blueprint.key_description),
                bucket=self._bucket.read(blueprint.bucket),
                saml=self._providers.read_saml(saml.arn(account)) if saml else None,
                oidc=(
                    self._providers.read_oidc(oidc.arn(account), oidc.url)
                    if oidc
                    else None
                ),
                role=self._role.read(blueprint.role),
            )

    def carry_out(self, change: Change) -> None:
        """Make one change.

        Raises:
            SetupFailed: if it cannot be made; the message says what to do.
        """
        with explained(str(change), self._endpoint.name):
            if isinstance(change, KeyChange):
                self._key.carry_out(change)
            elif isinstance(change, BucketChange):
                self._bucket.carry_out(change)
            elif isinstance(change, ProviderChange):
                self._providers.carry_out(change)
            elif isinstance(change, RoleChange):
                self._role.carry_out(change)
            else:
                assert_never(change)
