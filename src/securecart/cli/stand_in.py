"""What the stand-in identity provider and the portal must both know.

Made at the first start and kept: the sample people, the portal's SAML
signing key, and the secret that the portal shows as an OpenID client.
"""

import os
from datetime import UTC, datetime

from securecart.cli.installation import Installation
from securecart.cli.place import Place
from securecart.sealing import derive
from securecart.serve.idp.directory import Directory

_SEED = "securecart"
"""The same people in every installation; their passwords are its own."""


def prepare_stand_in(place: Place, installation: Installation) -> None:
    """Invent the sample people, unless they are there already."""
    del installation
    file = place.directory_file
    file.parent.mkdir(mode=0o700, exist_ok=True)
    if not file.exists():
        Directory.create_sample(
            file,
            seed=_SEED,
            domain=place.settings.organisation.domain,
            random=os.urandom,
            count=place.settings.idp.employees,
        )


def client_secret(installation: Installation) -> str:
    """The OpenID client secret that the stand-in knows the portal by."""
    return derive(installation.key("idp"), "portal's client secret").hex()


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)
