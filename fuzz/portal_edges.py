"""What strangers send to the portal: forms, cookies, states, paths to return to.

Nothing but the portal's own refusals may come out.
"""

import contextlib
from datetime import UTC, datetime
from typing import Final

from securecart.sealing import Keyring, SealingKey, Unsealable
from securecart.serve.portal import OidcOptions, PortalOptions
from securecart.serve.portal.browser import return_path
from securecart.serve.portal.form import read_form
from securecart.serve.portal.pending import PendingSignIns
from securecart.serve.portal.records import from_text
from securecart.serve.portal.refusals import Refused

_OPTIONS: Final = PortalOptions(
    address="http://localhost:8080",
    organisation="Example",
    sign_in="oidc",
    role_arn="arn:aws:iam::123456789012:role/SecureCartEmployee",
    bucket="securecart-user-docs",
    region="us-east-1",
    endpoint="http://localhost:9000",
    idp_origins=(),
    oidc=OidcOptions(issuer="http://localhost:8081", client_id="securecart-portal"),
)
_PENDING: Final = PendingSignIns(
    _OPTIONS,
    clock=lambda: datetime(2026, 3, 2, tzinfo=UTC),
    random=bytes,
    keyring=Keyring(SealingKey(bytes(32))),
)

SEEDS = [
    b"SAMLResponse=PHNhbWxwOlJlc3BvbnNlLz4%3D&RelayState=AAAAAAAAAAAAAAAAAAAAAA",
    b"/reports/2026?sort=name#top",
    b"//evil.example/\\..",
    b"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
]


def one(data: bytes) -> None:
    """Read the bytes in each way that a stranger could have them read."""
    text = data.decode("latin-1")
    with contextlib.suppress(Refused):
        read_form(data)
    try:
        path = return_path(text)
    except Refused:
        pass
    else:
        leads_elsewhere = path[1:2] in ("/", "\\") or not path.isprintable()
        assert path.startswith("/")  # noqa: S101 - the property itself
        assert not leads_elsewhere  # noqa: S101 - likewise
    with contextlib.suppress(Unsealable):
        from_text(text)
    for cookie_id, value in ((text, text), ("A" * 22, text)):
        try:
            found = _PENDING.find(
                cookie_id, "oidc", {f"securecart-pending-{cookie_id}": value}
            )
        except Refused:
            continue
        raise AssertionError(f"opened {found!r:.80}")
