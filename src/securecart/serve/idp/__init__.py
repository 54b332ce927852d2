"""The stand-in identity provider: what Okta or ADFS is in production.

One directory file, one login page, one login session; two protocols on top,
SAML 2.0 (`saml`) and OpenID Connect (`oidc`). `app.create_app` joins them; only
who serves them loads FastAPI.
"""

from securecart.serve.idp.directory import (
    Directory,
    DirectoryError,
    UnknownEmployee,
    sample_sign_ins,
    set_password,
    set_passwords,
)
from securecart.serve.idp.keys import UnusableKey, signing_identity
from securecart.serve.idp.options import IdpOptions, OidcClient, ServiceProvider
from securecart.serve.idp.sample import DEFAULT_COUNT, SampleSignIn

__all__ = [
    "DEFAULT_COUNT",
    "Directory",
    "DirectoryError",
    "IdpOptions",
    "OidcClient",
    "SampleSignIn",
    "ServiceProvider",
    "UnknownEmployee",
    "UnusableKey",
    "sample_sign_ins",
    "set_password",
    "set_passwords",
    "signing_identity",
]
