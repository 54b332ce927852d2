"""The identity providers, by boto3."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from securecart.adapters.aws.failures import code
from securecart.blueprint.changes import (
    AddClientId,
    CreateOidcProvider,
    CreateSamlProvider,
    ProviderChange,
    UpdateSamlProvider,
)
from securecart.blueprint.setup import OidcProvider, SamlProvider

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient


class AwsProviders:
    """Reads and changes SAML and OpenID providers."""

    def __init__(self, iam: "IAMClient") -> None:
        self._iam = iam

    def read_saml(self, arn: str) -> SamlProvider | None:
        """The SAML provider, or None where there is none."""
        try:
            answer = self._iam.get_saml_provider(SAMLProviderArn=arn)
        except ClientError as error:
            if code(error) == "NoSuchEntity":
                return None
            raise
        return SamlProvider(arn, answer["SAMLMetadataDocument"])

    def read_oidc(self, arn: str, url: str) -> OidcProvider | None:
        """The OpenID provider, or None where there is none."""
        try:
            answer = self._iam.get_open_id_connect_provider(
                OpenIDConnectProviderArn=arn
            )
        except ClientError as error:
            if code(error) == "NoSuchEntity":
                return None
            raise
        return OidcProvider(arn, url, frozenset(answer["ClientIDList"]))

    def carry_out(self, change: ProviderChange) -> None:
        """Make the change; see `blueprint.changes` for each."""
        match change:
            case CreateSamlProvider(arn, metadata):
                self._iam.create_saml_provider(
                    Name=arn.rpartition("/")[2], SAMLMetadataDocument=metadata
                )
            case UpdateSamlProvider(arn, metadata):
                self._iam.update_saml_provider(
                    SAMLProviderArn=arn, SAMLMetadataDocument=metadata
                )
            case CreateOidcProvider(_, url, client_id):
                # No thumbprint: AWS trusts the issuer's certificate by its CA.
                self._iam.create_open_id_connect_provider(
                    Url=url, ClientIDList=[client_id]
                )
            case AddClientId(arn, client_id):
                self._iam.add_client_id_to_open_id_connect_provider(
                    OpenIDConnectProviderArn=arn, ClientID=client_id
                )
