"""The identity providers, by boto3."""

from typing import TYPE_CHECKING, Final, Literal

from botocore.exceptions import ClientError

from securecart.adapters.aws.failures import code
from securecart.blueprint.changes import (
    AddClientId,
    CreateOidcProvider,
    CreateSamlProvider,
    GiveDecryptionKey,
    ProviderChange,
    SetAssertionEncryption,
    UpdateSamlProvider,
)
from securecart.blueprint.setup import OidcProvider, SamlProvider

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

FINGERPRINT_TAG: Final = "securecart-decryption-key"
"""The tag that says which private key a SAML provider was given last."""

_MAX_KEYS: Final = 2
"""Private keys of a SAML provider: IAM API Reference, "UpdateSAMLProvider"."""


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
        tags = {tag["Key"]: tag["Value"] for tag in answer.get("Tags", ())}
        return SamlProvider(
            arn,
            answer["SAMLMetadataDocument"],
            answer.get("AssertionEncryptionMode"),
            # Without a key the tag tells of one that somebody took away.
            tags.get(FINGERPRINT_TAG) if answer.get("PrivateKeyList") else None,
        )

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
            case GiveDecryptionKey():
                self._give_key(change)
            case SetAssertionEncryption(arn, mode):
                self._iam.update_saml_provider(
                    SAMLProviderArn=arn, AssertionEncryptionMode=_mode(mode)
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

    def _give_key(self, change: GiveDecryptionKey) -> None:
        answer = self._iam.get_saml_provider(SAMLProviderArn=change.arn)
        keys = sorted(
            answer.get("PrivateKeyList", ()), key=lambda key: key["Timestamp"]
        )
        if len(keys) >= _MAX_KEYS:
            self._iam.update_saml_provider(
                SAMLProviderArn=change.arn, RemovePrivateKey=keys[0]["KeyId"]
            )
        self._iam.update_saml_provider(
            SAMLProviderArn=change.arn,
            AssertionEncryptionMode=_mode(change.mode),
            AddPrivateKey=change.private_key.decode(),
        )
        # Last: if it is interrupted, the key is given again.
        self._iam.tag_saml_provider(
            SAMLProviderArn=change.arn,
            Tags=[{"Key": FINGERPRINT_TAG, "Value": change.fingerprint}],
        )


def _mode(mode: str) -> Literal["Allowed", "Required"]:
    return "Required" if mode == "Required" else "Allowed"
