"""The SAML 2.0 identity provider: Web Browser SSO over `federation.saml`."""
