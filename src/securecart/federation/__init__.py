"""What an identity provider says, from bytes to verified claims.

Floor 2, sans-IO: bytes, keys and a clock in; `Verified…` values out. `saml`
and `oidc` each read one protocol; `claims` reads AWS's session claims out of
either. Uses `names`.
"""
