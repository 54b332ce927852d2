"""The portal, joined to its identity provider, STS and its database."""

import os
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from securecart.adapters.aws import StsClient
from securecart.adapters.fetch import Fetch
from securecart.adapters.journal_tail import JournalTail
from securecart.adapters.oidc_client import OidcClient
from securecart.adapters.oidc_keys import FetchedKeys
from securecart.adapters.saml_metadata import SamlMetadata
from securecart.adapters.sql.database import create_tables, open_sqlite
from securecart.adapters.sql.expiring import SqlExpiringRecords
from securecart.cli.installation import Installation, prepare_installation
from securecart.cli.keyrings import portal_keyring
from securecart.cli.place import Place
from securecart.cli.settings import Settings
from securecart.cli.sign_in import (
    oidc_client_secret,
    oidc_issuer,
    portal_encryption,
    portal_identity,
    private_hosts,
    role_arn,
    saml_metadata_source,
    saml_provider_arn,
)
from securecart.cli.web_server import serve_web
from securecart.names.clock import Clock
from securecart.serve.portal import OidcOptions, PortalOptions, SamlOptions
from securecart.serve.portal.app import create_app


def serve_portal(place: Place, sockets: Sequence[socket.socket], clock: Clock) -> None:
    """Serve until asked to stop."""
    settings = place.settings
    installation = prepare_installation(
        place.data, account=settings.account.id, region=settings.account.region
    )
    engine = open_sqlite(place.data / "portal.db")
    create_tables(engine)
    fetch = Fetch(private_hosts=private_hosts(settings))
    saml = _saml(settings, fetch, clock)
    oidc = _oidc(settings, installation, fetch, clock)
    app = create_app(
        _options(settings, installation, _sign_in_origins(settings, saml, oidc)),
        clock=clock,
        random=os.urandom,
        records=SqlExpiringRecords(engine, "portal"),
        keyring=portal_keyring(installation),
        sts=StsClient(region=installation.region, endpoint_url=settings.aws_endpoint),
        saml=saml,
        oidc=oidc,
        denials=_denials(settings, installation),
    )
    serve_web(app, sockets)


def _denials(settings: Settings, installation: Installation) -> JournalTail | None:
    if settings.target == "aws":
        return None
    return JournalTail(installation.directory / "journal", account=installation.account)


def _saml(settings: Settings, fetch: Fetch, clock: Clock) -> SamlMetadata | None:
    source = saml_metadata_source(settings)
    if source is None:
        return None
    return SamlMetadata(source, fetch, clock, entity_id=settings.idp.saml.entity_id)


def _oidc(
    settings: Settings, installation: Installation, fetch: Fetch, clock: Clock
) -> OidcClient | None:
    issuer = oidc_issuer(settings)
    if issuer is None:
        return None
    return OidcClient(
        issuer,
        client_id=settings.idp.oidc.client_id,
        client_secret=oidc_client_secret(settings, installation),
        fetch=fetch,
        keys=FetchedKeys(fetch, hosts=frozenset(settings.idp.oidc.hosts)),
        hosts=frozenset(settings.idp.oidc.hosts),
        clock=clock,
    )


def _sign_in_origins(
    settings: Settings, saml: SamlMetadata | None, oidc: OidcClient | None
) -> tuple[str, ...]:
    """Where browsers are sent to sign in and out, for the pages' security policy.

    An external provider is asked here, so that a portal that cannot work says
    so when it starts, and not to the first person who comes.
    """
    if settings.idp.kind == "stand-in":
        return (settings.endpoints.idp,)
    addresses: list[str | None] = []
    if saml is not None:
        metadata = saml.metadata()
        addresses += [metadata.sso_address(), settings.idp.saml.logout_url]
        addresses += dict(metadata.slo + metadata.slo_responses).values()
    if oidc is not None:
        provider = oidc.metadata()
        addresses += [provider.authorization_endpoint, provider.end_session_endpoint]
    parts = [urlsplit(address) for address in addresses if address is not None]
    return tuple(dict.fromkeys(f"{part.scheme}://{part.netloc}" for part in parts))


def _options(
    settings: Settings, installation: Installation, idp_origins: tuple[str, ...]
) -> PortalOptions:
    account = installation.account
    issuer = oidc_issuer(settings)
    return PortalOptions(
        address=settings.endpoints.portal,
        organisation=settings.organisation.name,
        sign_in=settings.idp.sign_in,
        role_arn=role_arn(settings, account),
        bucket=settings.folder.bucket,
        region=installation.region,
        endpoint=settings.aws_endpoint
        or f"https://s3.{installation.region}.amazonaws.com",
        idp_origins=idp_origins,
        saml=None
        if saml_metadata_source(settings) is None
        else SamlOptions(
            provider_arn=saml_provider_arn(settings, account),
            identity=portal_identity(installation),
            logout_url=settings.idp.saml.logout_url,
            mfa_contexts=settings.idp.saml.mfa_contexts,
            idp_initiated=settings.idp.saml.idp_initiated,
            encryption=portal_encryption(settings, installation),
            encryption_required=settings.idp.saml.encryption == "required",
        ),
        oidc=None
        if issuer is None
        else OidcOptions(
            issuer=issuer,
            client_id=settings.idp.oidc.client_id,
            scope=settings.idp.oidc.scope,
            mfa_methods=settings.idp.oidc.mfa_methods,
            mfa_acr=settings.idp.oidc.mfa_acr,
        ),
        duration_seconds=settings.session.minutes * 60,
        session_seconds=settings.session.portal_minutes * 60,
        mfa_required=settings.mfa.required,
        mfa_max_age_seconds=settings.mfa.max_age_minutes * 60,
        administrators=frozenset(settings.portal.administrators),
    )
