"""LemonLDAP::NG from its Debian packages, set up as the guide says."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import httpx
from lxml import html
from tests.interop.identity_providers.browser import Browser
from tests.interop.identity_providers.guide import Guide
from tests.interop.identity_providers.keys import write_key_pair
from tests.interop.identity_providers.site import Person
from tests.interop.peer import Peer, free_port, require

_PROGRAM = Path("/usr/share/lemonldap-ng/portal")

_INI = """
[all]
logLevel = warn
[configuration]
type = File
dirName = {folder}/conf
localStorage = Cache::FileCache
localStorageOptions = { 'namespace' => 'conf', 'cache_root' => '{folder}/cache' }
[portal]
staticPrefix = /static
templateDir = {program}/templates
languages = en
"""

_APP = """
use Plack::Builder;
use Plack::App::File;
use Lemonldap::NG::Portal::Main;
builder {
    mount '/static' =>
        Plack::App::File->new(root => '{program}/htdocs/static')->to_app;
    mount '/javascript' =>
        Plack::App::File->new(root => '/usr/share/javascript')->to_app;
    mount '/' => Lemonldap::NG::Portal::Main->run({});
};
"""


_CONFIG: dict[str, Any] = {
    "cfgNum": 1,
    "cfgDate": 1,
    "locationRules": {},
    "exportedHeaders": {},
    "domain": "localhost",
    "sameSite": "Lax",
    "securedCookie": 0,
    "cookieName": "lemonldap",
    "authentication": "Demo",
    "userDB": "Demo",
    "passwordDB": "Demo",
    "demoExportedVars": {"uid": "uid", "cn": "cn", "mail": "mail"},
    "macros": {
        "_whatToTrace": "$uid",
        "department": "$uid eq 'dwho' ? 'Time' : 'Earth'",
    },
    "whatToTrace": "_whatToTrace",
    "key": "test",
    "globalStorage": "Apache::Session::File",
    "persistentStorage": "Apache::Session::File",
    "localSessionStorage": "Cache::FileCache",
    "portalForceAuthnInterval": 1,
}
"""What any LemonLDAP::NG has, here with its own sample people."""


class LemonLdap:
    """A LemonLDAP::NG of a test's own."""

    people = (Person("dwho", "dwho", "Time"), Person("rtyler", "rtyler", "Earth"))
    cookies = ("lemonldap", "lemonldappdata")

    def __init__(self, folder: Path) -> None:
        require(
            _PROGRAM.is_dir() and shutil.which("plackup") is not None,
            "LemonLDAP::NG",
            "The Debian package liblemonldap-ng-portal-perl has it; `make peers`.",
        )
        self._folder = folder
        self._port = free_port()
        self.address = f"http://localhost:{self._port}"
        self.metadata = f"{self.address}/saml/metadata"
        sso = f"{self.address}/saml/singleSignOn"
        self.begin = f"{sso}?IDPInitiated=1&spConfKey=securecart"
        self.sign_out = f"{self.address}/?logout=1"
        for name in ("conf", "cache", "sessions", "locks", "persistent"):
            (folder / name).mkdir()
        write_key_pair(folder, "idp")
        for name, text in (("llng.ini", _INI), ("app.psgi", _APP)):
            (folder / name).write_text(
                text.replace("{folder}", str(folder)).replace(
                    "{program}", str(_PROGRAM)
                )
            )
        self._trusted = b""
        self._peer: Peer | None = None

    def set_up(self, sp_metadata: str = "", **options: object) -> None:
        """Write the configuration, and start with it."""
        self.stop()
        found = re.search(r'"(http://[^/]+)/saml/acs"', sp_metadata)
        guide = json.loads(
            Guide("lemonldap.md")
            .language("json")
            .replace("https://login.example.com", self.address)
            .replace("https://docs.example.com", found[1] if found else "")
        )
        folder = str(self._folder)
        guide["samlServicePrivateKeySig"] = (self._folder / "idp.key").read_text()
        guide["samlServicePublicKeySig"] = (self._folder / "idp.crt").read_text()
        portal = guide["samlSPMetaDataXML"]["securecart"]
        portal["samlSPMetaDataXML"] = sp_metadata
        guide["samlSPMetaDataOptions"]["securecart"] |= options
        if not sp_metadata:
            for name in [name for name in guide if name.startswith("samlSP")]:
                del guide[name]
        storage = {
            "globalStorageOptions": {
                "Directory": f"{folder}/sessions",
                "LockDirectory": f"{folder}/locks",
            },
            "persistentStorageOptions": {
                "Directory": f"{folder}/persistent",
                "LockDirectory": f"{folder}/locks",
            },
            "localSessionStorageOptions": {
                "namespace": "sessions",
                "cache_root": f"{folder}/cache",
            },
        }
        config = _CONFIG | storage | guide
        (self._folder / "conf/lmConf-1.json").write_text(json.dumps(config))
        # The configuration is cached there.
        shutil.rmtree(self._folder / "cache")
        (self._folder / "cache").mkdir()
        self._peer = Peer(
            ["plackup", "--port", str(self._port), "--host", "127.0.0.1", "app.psgi"],
            ready=self.metadata,
            directory=self._folder,
            environment={"LLNG_DEFAULTCONFFILE": f"{folder}/llng.ini"},
        )
        self._peer.__enter__()

    def stop(self) -> None:
        """End it, if it runs."""
        if self._peer is not None:
            self._peer.__exit__(None, None, None)
            self._peer = None

    def trust(self, portal_metadata: bytes, *, encrypt: bool) -> None:
        """Take the portal's metadata."""
        if portal_metadata != self._trusted:
            self._trusted = portal_metadata
            mode = "assertion" if encrypt else "none"
            self.set_up(
                portal_metadata.decode(), samlSPMetaDataOptionsEncryptionMode=mode
            )

    def fill_in(
        self, browser: Browser, page: httpx.Response, who: Person
    ) -> httpx.Response:
        """Fill in the page that asks for a password; before it, agree to be asked."""
        if 'name="confirm"' in page.text:
            page = browser.submit(page, confirm=_field(page, "confirm"))
        return browser.submit(page, user=who.name, password=who.password)


def _field(page: httpx.Response, name: str) -> str:
    found = html.fromstring(page.text).find(f".//input[@name='{name}']")
    assert found is not None, page.text
    return str(found.get("value"))
