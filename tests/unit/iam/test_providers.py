"""SAML and OpenID providers."""

from collections.abc import Callable
from typing import Any

import pytest

from securecart.iam import (
    OidcProvider,
    find_oidc_provider_by_issuer,
    find_saml_provider,
)
from securecart.iam.errors import (
    EntityAlreadyExists,
    InvalidInput,
    LimitExceeded,
    NoSuchEntity,
)
from securecart.names.entities import InMemoryEntities
from securecart.names.errors import ValidationError

Run = Callable[..., Any]
SAML = "arn:aws:iam::123456789012:saml-provider/SecureCart"
OIDC = "arn:aws:iam::123456789012:oidc-provider/localhost:8081"


def test_a_saml_provider_keeps_its_metadata(
    run: Run, metadata: str, entities: InMemoryEntities
) -> None:
    """Create, get, list, update, delete."""
    made = run("CreateSAMLProvider", Name="SecureCart", SAMLMetadataDocument=metadata)
    assert made["SAMLProviderArn"] == SAML
    found = run("GetSAMLProvider", SAMLProviderArn=SAML)
    assert found["SAMLMetadataDocument"] == metadata
    assert found["ValidUntil"] > found["CreateDate"]
    with pytest.raises(EntityAlreadyExists, match="securecart already exists"):
        run("CreateSAMLProvider", Name="securecart", SAMLMetadataDocument=metadata)
    changed = metadata.replace("/sso", "/other")
    run("UpdateSAMLProvider", SAMLProviderArn=SAML, SAMLMetadataDocument=changed)
    with entities.reading() as store:
        provider = find_saml_provider(store, SAML)
        assert provider is not None
        assert provider.metadata == changed
        assert find_saml_provider(store, SAML.lower()) is None
    arns = [p["Arn"] for p in run("ListSAMLProviders")["SAMLProviderList"]]
    assert arns == [SAML]
    run("DeleteSAMLProvider", SAMLProviderArn=SAML)
    with pytest.raises(NoSuchEntity, match="Manifest not found"):
        run("GetSAMLProvider", SAMLProviderArn=SAML)


@pytest.mark.parametrize("document", ["", "<a/>", "<!DOCTYPE a><a/>", "\u0000", "<"])
def test_refuses_metadata_that_is_none(run: Run, document: str) -> None:
    """What cannot be read is refused when it is put."""
    with pytest.raises(InvalidInput, match="Could not parse metadata"):
        run("CreateSAMLProvider", Name="x", SAMLMetadataDocument=document)


def test_an_oidc_provider_keeps_its_audiences(
    run: Run, entities: InMemoryEntities
) -> None:
    """Audiences and thumbprints come and go; deleting twice is no error."""
    made = run(
        "CreateOpenIDConnectProvider",
        Url="http://localhost:8081",
        ClientIDList=["portal"],
        ThumbprintList=["a" * 40],
    )
    assert made["OpenIDConnectProviderArn"] == OIDC
    same = {"OpenIDConnectProviderArn": OIDC}
    for client in ("cli", "cli"):
        run("AddClientIDToOpenIDConnectProvider", ClientID=client, **same)
    run("RemoveClientIDFromOpenIDConnectProvider", ClientID="portal", **same)
    run("UpdateOpenIDConnectProviderThumbprint", ThumbprintList=["b" * 40], **same)
    found = run("GetOpenIDConnectProvider", **same)
    assert found["Url"] == "localhost:8081"
    assert found["ClientIDList"] == ["cli"]
    assert found["ThumbprintList"] == ["b" * 40]
    with entities.reading() as store:
        issuer = find_oidc_provider_by_issuer(store, "http://localhost:8081")
        assert isinstance(issuer, OidcProvider)
        assert find_oidc_provider_by_issuer(store, "https://localhost:8081") is None
    with pytest.raises(EntityAlreadyExists):
        run("CreateOpenIDConnectProvider", Url="https://localhost:8081")
    assert run("ListOpenIDConnectProviders") == {
        "OpenIDConnectProviderList": [{"Arn": OIDC}]
    }
    run("DeleteOpenIDConnectProvider", **same)
    run("DeleteOpenIDConnectProvider", **same)
    with pytest.raises(NoSuchEntity):
        run("GetOpenIDConnectProvider", **same)


@pytest.mark.parametrize(
    "url",
    [
        "https://idp.example.com",
        "https://idp.example.com/",
        "https://idp.example.com/realms/a",
        "http://127.0.0.1:8081",
        "http://[::1]:8081",
    ],
)
def test_takes_https_and_loopback(run: Run, url: str) -> None:
    """Plain HTTP never leaves this machine."""
    arn = run("CreateOpenIDConnectProvider", Url=url)["OpenIDConnectProviderArn"]
    assert arn.endswith("oidc-provider/" + url.partition("://")[2])


@pytest.mark.parametrize(
    "url",
    [
        "http://idp.example.com",
        "http://localhost.example.com",
        "http://localhost@example.com",
        "http://127.0.0.1.example.com",
        "ftp://localhost",
        "https://",
        "https://a b",
        "https://a?x=1",
        "https://a?",
        "https://a#",
        "https://user@a",
        "https://a:port",
        "https://[::1",
        "idp.example.com",
        "https://" + "a" * 255,
        "https://\u0430.example",
    ],
)
def test_refuses_other_issuers(run: Run, url: str) -> None:
    """Anything else is an error of the caller."""
    with pytest.raises(ValidationError):
        run("CreateOpenIDConnectProvider", Url=url)


def test_bounds_audiences_and_thumbprints(run: Run) -> None:
    """A hundred audiences, five thumbprints of forty hexadecimal digits."""
    url = {"Url": "https://a"}
    with pytest.raises(LimitExceeded):
        run(
            "CreateOpenIDConnectProvider",
            ClientIDList=[str(n) for n in range(101)],
            **url,
        )
    with pytest.raises(ValidationError):
        run("CreateOpenIDConnectProvider", ClientIDList=[""], **url)
    with pytest.raises(InvalidInput):
        run("CreateOpenIDConnectProvider", ThumbprintList=["a" * 40] * 6, **url)
    with pytest.raises(InvalidInput):
        run("CreateOpenIDConnectProvider", ThumbprintList=["g" * 40], **url)
