"""The stand-in identity provider, joined to its files and its database."""

import os
import socket
from collections.abc import Sequence

from securecart.adapters.fetch import Fetch
from securecart.adapters.logout_posts import LogoutPosts
from securecart.adapters.sql.database import create_tables, open_sqlite
from securecart.adapters.sql.expiring import SqlExpiringRecords
from securecart.cli.installation import prepare_installation
from securecart.cli.keyrings import idp_keyring
from securecart.cli.place import Place
from securecart.cli.sign_in import (
    client_secret,
    host_and_port,
    portal_encryption,
    portal_identity,
    prepare_sign_in,
    role_arn,
    saml_provider_arn,
)
from securecart.cli.web_server import serve_web
from securecart.names.clock import Clock
from securecart.serve.idp.app import create_app
from securecart.serve.idp.directory import Directory
from securecart.serve.idp.keys import signing_identity
from securecart.serve.idp.options import IdpOptions, OidcClient, ServiceProvider


def serve_idp(place: Place, sockets: Sequence[socket.socket], clock: Clock) -> None:
    """Serve until asked to stop."""
    settings = place.settings
    installation = prepare_installation(
        place.data, account=settings.account.id, region=settings.account.region
    )
    prepare_sign_in(place, installation)
    engine = open_sqlite(place.data / "idp.db")
    create_tables(engine)
    portal = settings.endpoints.portal
    encryption = portal_encryption(settings, installation)
    options = IdpOptions(
        base_url=settings.endpoints.idp,
        organisation=settings.organisation.name,
        portal_origin=portal,
        service_provider=ServiceProvider(
            entity_id="urn:amazon:webservices",
            acs_url=f"{portal}/saml/acs",
            certificate_pem=portal_identity(installation).certificate.decode(),
            slo_url=f"{portal}/saml/slo",
            encryption_certificate=None
            if encryption is None
            else encryption.certificate,
            idp_initiated=settings.idp.saml.idp_initiated,
        ),
        clients=(
            OidcClient(
                client_id=settings.idp.oidc.client_id,
                client_secret=client_secret(installation),
                redirect_uris=(f"{portal}/oidc/callback",),
                post_logout_redirect_uris=(portal, f"{portal}/"),
                backchannel_logout_uri=f"{portal}/oidc/backchannel-logout",
            ),
        ),
        role_arn=role_arn(settings, installation.account),
        saml_provider_arn=saml_provider_arn(settings, installation.account),
        signing=signing_identity(
            place.directory_file.parent,
            common_name=f"{settings.organisation.name} stand-in"[:64],
            now=clock(),
        ),
        session_seconds=settings.session.minutes * 60,
    )
    app = create_app(
        options,
        clock=clock,
        random=os.urandom,
        records=SqlExpiringRecords(engine, "idp"),
        directory=Directory.load(place.directory_file),
        keyring=idp_keyring(installation),
        # The portal is ours, wherever it listens.
        logout_post=LogoutPosts(Fetch(private_hosts={host_and_port(portal)})),
    )
    serve_web(app, sockets)
