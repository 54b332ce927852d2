"""Whose addresses may be private: who is named, and what is plainly here."""

from typing import Any

import pytest

from securecart.cli.settings import Settings, SettingsError, parse_settings
from securecart.cli.sign_in import private_hosts


def _external(**changes: Any) -> Settings:
    oidc = {"issuer": "https://login.example.com"} | changes.pop("oidc", {})
    idp = {"kind": "external", "sign_in": "oidc", "oidc": oidc}
    return Settings.model_validate({"idp": idp} | changes)


def test_the_stand_in_may_be_asked_where_it_is() -> None:
    """It is ours, whether on loopback or behind a proxy of the company's."""
    assert private_hosts(Settings()) == {"localhost:8081"}
    endpoints = {"idp": "https://idp.example.com"}
    settings = Settings.model_validate({"endpoints": endpoints})
    assert private_hosts(settings) == {"idp.example.com:443"}


def test_an_external_provider_must_be_named() -> None:
    """Its name could lead anywhere, so an administrator has to say so."""
    assert private_hosts(_external()) == frozenset()
    named = _external(network={"private_hosts": ["login.example.com"]})
    assert private_hosts(named) == {"login.example.com"}


def test_a_provider_that_is_configured_on_this_machine_is_named_by_that() -> None:
    """Nobody writes a loopback address by accident."""
    settings = _external(oidc={"issuer": "http://127.0.0.1:3000"})
    assert private_hosts(settings) == {"127.0.0.1:3000"}


@pytest.mark.parametrize("host", ["", "https://a.example", "A.example", "a b", "*"])
def test_what_is_no_host_name_is_refused(host: str) -> None:
    """With the key, as any other mistake."""
    for section in ("network.private_hosts", "idp.oidc.hosts"):
        table, _, key = section.rpartition(".")
        document = f'[{table}]\n{key} = ["{host}"]\n'.encode()
        with pytest.raises(SettingsError, match=section):
            parse_settings(document, source="t")
