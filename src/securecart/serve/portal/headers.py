"""The security headers of every answer.

Sources: Content Security Policy Level 3 (W3C); RFC 6797.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from securecart.serve.portal.options import PortalOptions

_ONE_YEAR: Final = 31_536_000
"""Seconds: the least that browsers take for a lasting HSTS promise."""


def security_headers(options: PortalOptions) -> Mapping[str, str]:
    """Answer name and value of each header, names in lower case."""
    headers = {
        "content-security-policy": _policy(options),
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": (
            "accelerometer=(), camera=(), geolocation=(), gyroscope=(), "
            "microphone=(), payment=(), usb=()"
        ),
        # Not `no-referrer`: with it browsers send `Origin: null` with a form.
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "x-frame-options": "SAMEORIGIN",
    }
    if options.tls:
        headers["strict-transport-security"] = f"max-age={_ONE_YEAR}"
    return headers


def s3_origins(endpoint: str, bucket: str) -> tuple[str, str]:
    """Answer the S3 endpoint's origin, and the one with the bucket as host."""
    parts = urlsplit(endpoint)
    return (
        f"{parts.scheme}://{parts.netloc}",
        f"{parts.scheme}://{bucket}.{parts.netloc}",
    )


def _policy(options: PortalOptions) -> str:
    storage = " ".join(s3_origins(options.endpoint, options.bucket))
    providers = "".join(f" {origin}" for origin in options.idp_origins)
    directives = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' blob: data:",
        "font-src": "'self'",
        "connect-src": f"'self' {storage}",
        # Signing out and signing in lead to the provider, the latter also in
        # the hidden frame that renews a SAML session.
        "form-action": f"'self'{providers}",
        "frame-src": f"'self'{providers}",
        "frame-ancestors": "'self'",
        "base-uri": "'none'",
        "object-src": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())
