"""The portal: sign-in, the session behind it, and the pages.

Floor 5. A browser comes from the identity provider with an assertion or a
code; `federation` verifies it, STS verifies it again and answers with
temporary credentials, and the browser works in its folder with those. No
byte of a document passes here. Uses `federation`, `sealing`, `trail` and
`names`; the world is reached through the ports in `ports.py`. `app.create_app`
joins it all; only who serves it loads FastAPI.
"""

from securecart.serve.portal.endings import Endings
from securecart.serve.portal.options import OidcOptions, PortalOptions, SamlOptions

__all__ = ["Endings", "OidcOptions", "PortalOptions", "SamlOptions"]
