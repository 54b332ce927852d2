"""SAML providers: an identity provider's metadata under a name.

Source: AWS IAM API Reference; each function is the action of its name.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from securecart.federation.saml import IdpMetadata, InvalidMetadata
from securecart.iam.call import Call, Change, Result
from securecart.iam.decryption_keys import with_encryption
from securecart.iam.entities import SamlProvider
from securecart.iam.errors import EntityAlreadyExists, InvalidInput, LimitExceeded
from securecart.iam.find import saml_provider_in
from securecart.iam.ids import long_id
from securecart.iam.paging import page
from securecart.iam.rules import checked_provider_name, merged_tags, tags_from
from securecart.iam.shapes import tag_list

_MAX_PROVIDERS = 100
_VALID_FOR = timedelta(days=36525)
"""AWS shows a hundred years where the metadata names no end."""


def _metadata_in(call: Call) -> tuple[str, datetime]:
    """Answer the document, and until when the provider is trusted by it."""
    document = call.text("SAMLMetadataDocument")
    try:
        metadata = IdpMetadata.parse(document.encode())
    except InvalidMetadata as error:
        raise InvalidInput(f"Could not parse metadata: {error}") from error
    valid_until = metadata.valid_until
    if valid_until is None:
        return document, call.now.replace(microsecond=0) + _VALID_FOR
    if valid_until <= call.now:
        raise InvalidInput(f"The metadata expired on {valid_until:%Y-%m-%d}.")
    return document, valid_until


def create_saml_provider(change: Change) -> Result:
    """Create a provider from its metadata document."""
    document, valid_until = _metadata_in(change)
    provider = SamlProvider(
        account=change.account,
        name=checked_provider_name(change.text("Name")),
        metadata=document,
        provider_id=long_id(change.random),
        created=change.now.replace(microsecond=0),
        valid_until=valid_until,
        tags=tags_from(change.parameters.get("Tags", ())),
    )
    if change.store.get(SamlProvider, provider.key) is not None:
        raise EntityAlreadyExists(f"Provider with name {provider.name} already exists.")
    if len(change.store.list(SamlProvider)) >= _MAX_PROVIDERS:
        raise LimitExceeded(
            f"Cannot exceed quota for SAMLProvidersPerAccount: {_MAX_PROVIDERS}"
        )
    change.store.put(with_encryption(change, provider))
    return {"SAMLProviderArn": provider.arn} | _tags(provider)


def get_saml_provider(call: Call) -> Result:
    """Answer a provider's metadata document, and which keys it has."""
    provider = saml_provider_in(call)
    shape: dict[str, Any] = {
        "SAMLProviderUUID": provider.provider_id,
        "SAMLMetadataDocument": provider.metadata,
        "CreateDate": provider.created,
        "ValidUntil": provider.valid_until,
    }
    if provider.assertion_encryption_mode is not None:
        shape["AssertionEncryptionMode"] = provider.assertion_encryption_mode
    if provider.private_keys:
        shape["PrivateKeyList"] = [
            {"KeyId": key.key_id, "Timestamp": key.added}
            for key in provider.private_keys
        ]
    return shape | _tags(provider)


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
    """Replace a provider's metadata document, its mode or its private keys."""
    provider = saml_provider_in(change)
    if "SAMLMetadataDocument" in change.parameters:
        document, valid_until = _metadata_in(change)
        provider = replace(provider, metadata=document, valid_until=valid_until)
    change.store.put(with_encryption(change, provider))
    return {"SAMLProviderArn": provider.arn}


def delete_saml_provider(change: Change) -> Result:
    """Delete a provider; roles that trust it trust nobody by it any more."""
    change.store.delete(SamlProvider, saml_provider_in(change).key)
    return {}


def tag_saml_provider(change: Change) -> Result:
    """Add tags to a provider, or change the values of those it has."""
    provider = saml_provider_in(change)
    added = tags_from(change.parameters.get("Tags", ()))
    change.store.put(replace(provider, tags=merged_tags(provider.tags, added)))
    return {}


def untag_saml_provider(change: Change) -> Result:
    """Remove tags from a provider; keys it does not have are no error."""
    provider = saml_provider_in(change)
    gone = {str(key).lower() for key in change.parameters.get("TagKeys", ())}
    kept = tuple(tag for tag in provider.tags if tag[0].lower() not in gone)
    change.store.put(replace(provider, tags=kept))
    return {}


def list_saml_provider_tags(call: Call) -> Result:
    """Answer a provider's tags."""
    tags = saml_provider_in(call).tags
    return page(call, "Tags", {tag["Key"]: tag for tag in tag_list(tags)})


def _tags(provider: SamlProvider) -> dict[str, list[dict[str, str]]]:
    return {"Tags": tag_list(provider.tags)} if provider.tags else {}
