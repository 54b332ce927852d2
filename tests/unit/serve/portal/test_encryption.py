"""Assertions encrypted for the portal's own key."""

from dataclasses import replace
from typing import Any

import pytest

from securecart.federation.saml import SigningIdentity


@pytest.mark.parametrize("required", [False, True])
def test_an_encrypted_assertion_signs_in(
    world: Any, keys: dict[str, SigningIdentity], *, required: bool
) -> None:
    """The metadata has the certificate; a plain one is taken unless required."""
    pair = keys["portal"]
    saml = replace(world.options.saml, encryption=pair, encryption_required=required)
    browser = world.browser(saml=saml)
    assert b'use="encryption"' in browser.get("/saml/metadata").content
    answer = world.sign_in_saml(browser, encrypt_for=pair.certificate)
    assert answer.status_code == 303
    assert browser.session()["name"] == "Ada Lovelace"
    plain = world.sign_in_saml(world.browser(saml=saml))
    assert plain.status_code == (403 if required else 303)


def test_what_is_encrypted_for_others_is_refused(
    world: Any, keys: dict[str, SigningIdentity]
) -> None:
    """Another key, or none of ours at all."""
    browser = world.browser()
    assert b'use="encryption"' not in browser.get("/saml/metadata").content
    theirs = keys["idp"].certificate
    assert world.sign_in_saml(browser, encrypt_for=theirs).status_code == 403
    saml = replace(world.options.saml, encryption=keys["portal"])
    other = world.browser(saml=saml)
    assert world.sign_in_saml(other, encrypt_for=theirs).status_code == 403
    assert world.sts.calls == []
