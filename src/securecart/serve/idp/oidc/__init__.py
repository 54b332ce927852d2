"""The OpenID provider: OpenID Connect Core 1.0 over Authlib's grants.

Authlib decides what a request may have; `server` binds it to Starlette,
`granted` keeps codes and tokens, `endpoints` are the addresses.
"""
