"""The account: what the blueprint wants of it, and what stands there."""

import click

from securecart.adapters.aws import AwsAccount, AwsDeployment, Endpoint, explained
from securecart.adapters.fetch import Fetch
from securecart.adapters.saml_metadata import read_metadata
from securecart.blueprint import (
    Blueprint,
    Decryption,
    Oidc,
    Saml,
    SetupBlocked,
    apply,
    verify,
)
from securecart.cli.account import administrator
from securecart.cli.installation import Installation, open_installation
from securecart.cli.place import Place
from securecart.cli.prove import require_isolation
from securecart.cli.settings import Settings
from securecart.cli.sign_in import (
    oidc_issuer,
    portal_encryption,
    private_hosts,
    saml_metadata_source,
)
from securecart.federation.saml import entity_document
from securecart.names.credentials import Credentials
from securecart.proof.deployment import Deployment


def show_plan(place: Place) -> None:
    """Print what `apply` would do, one line a change.

    Raises:
        SecureCartError: if the account cannot be read.
    """
    blueprint, account = _at(place)
    changes = verify(blueprint, account)
    for change in changes:
        click.echo(f"would {change}")
    click.echo(_summary(len(changes), "to make"))


def apply_plan(place: Place) -> None:
    """Make the account so, print each change as it is made, and prove isolation.

    Raises:
        SecureCartError: if a change cannot be made; what was made stays, and
            another run goes on from there. Also if something else in the
            account lets people into each other's folders.
    """
    blueprint, account = _at(place)
    changes = apply(blueprint, account, lambda change: click.echo(str(change)))
    click.echo(_summary(len(changes), "made"))
    click.echo(require_isolation(deployed(place)))


def apply_to_installation(
    place: Place, installation: Installation, admin: Credentials
) -> None:
    """Make the local account so, through its own public APIs.

    Raises:
        SecureCartError: if a change cannot be made.
    """
    endpoint = Endpoint(installation.region, place.listening("aws"), admin)
    blueprint = _blueprint(place, installation.account, installation.region)
    apply(blueprint, AwsAccount(endpoint, installation.account))


def deployed(place: Place) -> Deployment:
    """What stands in the account now, as far as the proof needs it.

    Raises:
        SecureCartError: if it cannot be read.
    """
    settings = place.settings
    return AwsDeployment(*reach(place)).read(
        role=settings.role.name,
        bucket=settings.folder.bucket,
        key_alias=settings.folder.key_alias,
        exempt=frozenset(settings.role.exempt),
    )


def reach(place: Place) -> tuple[Endpoint, str]:
    """Where the account's APIs are, and which account it is.

    Raises:
        SetupBlocked: if the credentials are for another account.
    """
    settings = place.settings
    if settings.target == "local":
        installation = open_installation(place.data)
        account, region = installation.account, installation.region
        credentials = administrator(installation)
    else:
        region = settings.account.region
        credentials = None
        account = _account_of_caller(settings)
    wanted = settings.account.id or account
    if wanted != account:
        raise SetupBlocked(
            f"the configuration is for the account {wanted}, and these credentials "
            f"are for {account}: use those of the first"
        )
    return Endpoint(region, settings.aws_endpoint, credentials), account


def _at(place: Place) -> tuple[Blueprint, AwsAccount]:
    endpoint, account = reach(place)
    blueprint = _blueprint(place, account, endpoint.region)
    return blueprint, AwsAccount(endpoint, account)


def _account_of_caller(settings: Settings) -> str:
    """The account that the environment's credentials are for."""
    endpoint = Endpoint(settings.account.region, settings.aws_endpoint)
    with explained("find out whose credentials these are", endpoint.name):
        sts = endpoint.session().client(
            "sts", endpoint_url=endpoint.url, config=endpoint.config()
        )
        return sts.get_caller_identity()["Account"]


def _blueprint(place: Place, account: str, region: str) -> Blueprint:
    settings = place.settings
    portal = settings.endpoints.portal
    source, issuer = saml_metadata_source(settings), oidc_issuer(settings)
    saml = None
    if source is not None:
        with Fetch(private_hosts=private_hosts(settings)) as fetch:
            document = read_metadata(source, fetch)
        if settings.idp.saml.entity_id is not None:
            # IAM keeps one provider's, not a federation's thousands.
            document = entity_document(document, settings.idp.saml.entity_id)
        metadata = document.decode("utf-8-sig")
        saml = Saml(
            settings.idp.saml.provider,
            metadata,
            f"{portal}/saml/acs",
            decryption(place),
        )
    return Blueprint(
        account=account,
        region=region,
        portal=portal,
        bucket=settings.folder.bucket,
        key_alias=settings.folder.key_alias,
        role=settings.role.name,
        saml=saml,
        oidc=Oidc(issuer, settings.idp.oidc.client_id) if issuer else None,
        max_session_seconds=settings.role.max_session_minutes * 60,
    )


def decryption(place: Place) -> Decryption | None:
    """What the account needs to read assertions that were encrypted for the portal."""
    saml = place.settings.idp.saml
    if saml.encryption == "off":
        # The portal has no key, and there may be no installation here.
        return None
    identity = portal_encryption(place.settings, open_installation(place.data))
    if identity is None:
        return None
    return Decryption(
        identity.private_key,
        identity.fingerprint,
        required=saml.encryption == "required",
    )


def _summary(count: int, what: str) -> str:
    if count == 0:
        return "The account is as the configuration wants it."
    return f"{count} {'change' if count == 1 else 'changes'} {what}."
