"""SAML providers: an identity provider's metadata under a name.

Source: AWS IAM API Reference; each function is the action of its name.
"""

from dataclasses import replace
from datetime import timedelta

from securecart.federation.saml import IdpMetadata, InvalidMetadata
from securecart.iam.call import Call, Change, Result
from securecart.iam.entities import SamlProvider
from securecart.iam.errors import EntityAlreadyExists, InvalidInput, LimitExceeded
from securecart.iam.find import saml_provider_in
from securecart.iam.ids import unique_id
from securecart.iam.rules import checked_provider_name, tags_from
from securecart.iam.shapes import tag_list

_MAX_PROVIDERS = 100
_VALID_FOR = timedelta(days=36525)
"""AWS shows a hundred years where the metadata names no end."""


def _metadata_in(call: Call) -> str:
    for unsupported in ("AssertionEncryptionMode", "AddPrivateKey", "RemovePrivateKey"):
        if unsupported in call.parameters:
            raise InvalidInput(f"{unsupported} is not supported.")
    metadata = call.text("SAMLMetadataDocument")
    try:
        IdpMetadata.parse(metadata.encode())
    except InvalidMetadata as error:
        raise InvalidInput(f"Could not parse metadata: {error}") from error
    return metadata


def create_saml_provider(change: Change) -> Result:
    """Create a provider from its metadata document."""
    provider = SamlProvider(
        account=change.account,
        name=checked_provider_name(change.text("Name")),
        metadata=_metadata_in(change),
        provider_id=unique_id("ASPA", change.random),
        created=change.now.replace(microsecond=0),
        valid_until=change.now.replace(microsecond=0) + _VALID_FOR,
        tags=tags_from(change.parameters.get("Tags", ())),
    )
    if change.store.get(SamlProvider, provider.key) is not None:
        raise EntityAlreadyExists(f"Provider with name {provider.name} already exists.")
    if len(change.store.list(SamlProvider)) >= _MAX_PROVIDERS:
        raise LimitExceeded(
            f"Cannot exceed quota for SAMLProvidersPerAccount: {_MAX_PROVIDERS}"
        )
    change.store.put(provider)
    return {"SAMLProviderArn": provider.arn} | _tags(provider)


def get_saml_provider(call: Call) -> Result:
    """Answer a provider's metadata document."""
    provider = saml_provider_in(call)
    return {
        "SAMLProviderUUID": provider.provider_id,
        "SAMLMetadataDocument": provider.metadata,
        "CreateDate": provider.created,
        "ValidUntil": provider.valid_until,
    } | _tags(provider)


def list_saml_providers(call: Call) -> Result:
    """Answer all providers; this list comes whole."""
    return {
        "SAMLProviderList": [
            {
                "Arn": provider.arn,
                "ValidUntil": provider.valid_until,
                "CreateDate": provider.created,
            }
            for provider in call.store.list(SamlProvider)
        ]
    }


def update_saml_provider(change: Change) -> Result:
    """Replace a provider's metadata document."""
    provider = saml_provider_in(change)
    change.store.put(replace(provider, metadata=_metadata_in(change)))
    return {"SAMLProviderArn": provider.arn}


def delete_saml_provider(change: Change) -> Result:
    """Delete a provider; roles that trust it trust nobody by it any more."""
    change.store.delete(SamlProvider, saml_provider_in(change).key)
    return {}


def _tags(provider: SamlProvider) -> dict[str, list[dict[str, str]]]:
    return {"Tags": tag_list(provider.tags)} if provider.tags else {}
