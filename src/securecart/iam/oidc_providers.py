"""OpenID providers: an issuer, and the audiences that it may speak to.

Source: AWS IAM API Reference; each function is the action of its name.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from securecart.iam.call import Call, Change, Result
from securecart.iam.entities import OidcProvider
from securecart.iam.errors import EntityAlreadyExists, InvalidInput, LimitExceeded
from securecart.iam.find import find_oidc_provider, oidc_provider_in
from securecart.iam.rules import broken, tags_from
from securecart.iam.shapes import tag_list
from securecart.names.errors import ValidationError

_MAX_PROVIDERS = 100
_MAX_CLIENT_IDS = 100
_MAX_CLIENT_ID = 255
_MAX_URL = 255
_MAX_THUMBPRINTS = 5
_THUMBPRINT = re.compile(r"[0-9A-Fa-f]{40}")
_URL_CHARACTERS = re.compile(r"[\x21-\x7e]+")


def create_open_id_connect_provider(change: Change) -> Result:
    """Create a provider; the issuer is `https`, or `http` on this machine."""
    provider = OidcProvider(
        account=change.account,
        url=checked_issuer(change.text("Url")),
        client_ids=_client_ids(change.parameters.get("ClientIDList", ())),
        thumbprints=_thumbprints(change.parameters.get("ThumbprintList", ())),
        created=change.now.replace(microsecond=0),
        tags=tags_from(change.parameters.get("Tags", ())),
    )
    if change.store.get(OidcProvider, provider.key) is not None:
        raise EntityAlreadyExists(f"Provider with url {provider.url} already exists.")
    if len(change.store.list(OidcProvider)) >= _MAX_PROVIDERS:
        raise LimitExceeded(
            "Cannot exceed quota for OpenIdConnectProvidersPerAccount:"
            f" {_MAX_PROVIDERS}"
        )
    change.store.put(provider)
    return {"OpenIDConnectProviderArn": provider.arn} | _tags(provider)


def get_open_id_connect_provider(call: Call) -> Result:
    """Answer a provider; its URL comes without the scheme, as in AWS."""
    provider = oidc_provider_in(call)
    return {
        "Url": provider.issuer,
        "ClientIDList": list(provider.client_ids),
        "ThumbprintList": list(provider.thumbprints),
        "CreateDate": provider.created,
    } | _tags(provider)


def list_open_id_connect_providers(call: Call) -> Result:
    """Answer the ARNs of all providers; this list comes whole."""
    providers = call.store.list(OidcProvider)
    return {"OpenIDConnectProviderList": [{"Arn": item.arn} for item in providers]}


def delete_open_id_connect_provider(change: Change) -> Result:
    """Delete a provider; deleting it again is no error, as in AWS."""
    arn = change.text("OpenIDConnectProviderArn")
    provider = find_oidc_provider(change.store, arn)
    if provider is not None:
        change.store.delete(OidcProvider, provider.key)
    return {}


def add_client_id_to_open_id_connect_provider(change: Change) -> Result:
    """Add an audience; one that is there already is no error."""
    provider = oidc_provider_in(change)
    ids = _client_ids((*provider.client_ids, change.text("ClientID")))
    change.store.put(replace(provider, client_ids=ids))
    return {}


def remove_client_id_from_open_id_connect_provider(change: Change) -> Result:
    """Remove an audience; one that is not there is no error."""
    provider = oidc_provider_in(change)
    gone = change.text("ClientID")
    kept = tuple(known for known in provider.client_ids if known != gone)
    change.store.put(replace(provider, client_ids=kept))
    return {}


def update_open_id_connect_provider_thumbprint(change: Change) -> Result:
    """Replace a provider's thumbprints."""
    provider = oidc_provider_in(change)
    thumbprints = _thumbprints(change.parameters.get("ThumbprintList", ()))
    change.store.put(replace(provider, thumbprints=thumbprints))
    return {}


def checked_issuer(url: str) -> str:
    """Answer an issuer's URL if it may be one.

    Raises:
        ValidationError: if it is not `https` (or `http` on a loopback host),
            or has a query, a fragment or a name.
    """
    if len(url) > _MAX_URL or not _URL_CHARACTERS.fullmatch(url):
        raise broken(url, "url", f"have length less than or equal to {_MAX_URL}")
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        parts.port  # noqa: B018  Reading it raises for a port that is no port.
    except ValueError:
        raise ValidationError("Invalid Open ID Connect Provider URL") from None
    if not host or not _is_safe(parts, host) or any(sign in url for sign in "?#@"):
        raise ValidationError("Invalid Open ID Connect Provider URL")
    return url


def _is_safe(parts: SplitResult, host: str) -> bool:
    if parts.scheme == "https":
        return True
    return parts.scheme == "http" and _is_loopback(host)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _client_ids(members: Iterable[str]) -> tuple[str, ...]:
    ids = tuple(dict.fromkeys(members))
    for client_id in ids:
        if not 0 < len(client_id) <= _MAX_CLIENT_ID:
            limit = f"have length between 1 and {_MAX_CLIENT_ID}"
            raise broken(client_id, "clientID", limit)
    if len(ids) > _MAX_CLIENT_IDS:
        raise LimitExceeded(
            "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider:"
            f" {_MAX_CLIENT_IDS}"
        )
    return ids


def _thumbprints(members: Iterable[str]) -> tuple[str, ...]:
    thumbprints = tuple(members)
    if len(thumbprints) > _MAX_THUMBPRINTS:
        raise InvalidInput("Thumbprint list must contain fewer than 5 entries.")
    for thumbprint in thumbprints:
        if not _THUMBPRINT.fullmatch(thumbprint):
            raise InvalidInput("A thumbprint is the SHA-1 of a certificate in hex.")
    return thumbprints


def _tags(provider: OidcProvider) -> dict[str, list[dict[str, str]]]:
    return {"Tags": tag_list(provider.tags)} if provider.tags else {}
