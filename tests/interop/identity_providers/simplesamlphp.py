"""SimpleSAMLphp from its Debian package, set up as the guide says."""

import shutil
from pathlib import Path

import httpx
from tests.interop.identity_providers.browser import Browser
from tests.interop.identity_providers.guide import Guide
from tests.interop.identity_providers.keys import write_key_pair
from tests.interop.identity_providers.site import Person
from tests.interop.peer import Peer, free_port, require

_PROGRAM = Path("/usr/share/simplesamlphp/www")

_CONFIG = """<?php
$config = [
    'baseurlpath' => '{address}/',
    'secretsalt' => 'test',
    'auth.adminpassword' => 'test',
    'timezone' => 'UTC',
    'certdir' => '{folder}/cert/',
    'loggingdir' => '{folder}/log/',
    'datadir' => '{folder}/data/',
    'tempdir' => '{folder}/tmp/',
    'metadatadir' => '{folder}/metadata/',
    'logging.handler' => 'errorlog',
    'store.type' => 'phpsession',
    'session.phpsession.savepath' => '{folder}/sessions',
    'session.cookie.secure' => false,
    'session.cookie.samesite' => 'Lax',
    'module.enable' => ['core' => true, 'saml' => true, 'exampleauth' => true],
    'trusted.url.domains' => ['localhost'],
];
"""
"""What any SimpleSAMLphp has, here in a folder of its own and without TLS."""

_SOURCES = """<?php
$people = [
    'ada:ada-password' => [
        'uid' => ['ada'],
        'displayName' => ['Ada Lovelace'],
        'mail' => ['ada@example.com'],
        'ou' => ['Engines'],
    ],
    'adam:adam-password' => ['uid' => ['adam'], 'ou' => ['Gardens']],
];
$config = [
    'password' => ['exampleauth:UserPass'] + $people,
    'two-factors' => ['exampleauth:UserPass'],
];
foreach ($people as $login => $attributes) {
    $config['two-factors'][$login . '-and-code'] =
        $attributes + ['secondFactor' => ['code']];
}
"""
"""Two sample people; the second source stands for one that asks for more."""


class SimpleSamlPhp:
    """A SimpleSAMLphp of a test's own."""

    people = (
        Person("ada", "ada-password", "Engines"),
        Person("adam", "adam-password", "Gardens"),
    )
    with_code = Person("ada", "ada-password-and-code", "Engines")
    """The first of them, where two factors are asked for."""
    cookies = ("SimpleSAML", "SimpleSAMLAuthToken")

    def __init__(self, folder: Path) -> None:
        require(
            _PROGRAM.is_dir() and shutil.which("php") is not None,
            "SimpleSAMLphp",
            "The Debian packages simplesamlphp and php-cli have it; `make peers`.",
        )
        self._folder = folder
        self._options: dict[str, str] = {}
        self._port = free_port()
        self.address = f"http://localhost:{self._port}/simplesaml"
        self.metadata = f"{self.address}/saml2/idp/metadata.php"
        sso = f"{self.address}/saml2/idp/SSOService.php"
        self.begin = f"{sso}?spentityid=urn:amazon:webservices"
        out = f"{self.address}/saml2/idp/initSLO.php"
        self.sign_out = f"{out}?RelayState={self.address}/logout.php"
        self._guide = Guide("simplesamlphp.md")
        for name in ("cert", "log", "data", "tmp", "metadata", "sessions", "www"):
            (folder / name).mkdir()
        (folder / "www/simplesaml").symlink_to(_PROGRAM)
        write_key_pair(folder / "cert", "idp")
        write_key_pair(folder / "cert", "next")
        self._write("config.php", _CONFIG)
        self._write("authsources.php", _SOURCES)
        self.set_up()

    def set_up(self, **changes: str) -> None:
        """Write the provider's own file; `changes` are options in PHP's words."""
        self._options |= changes
        text = "<?php\n" + self._from_guide("metadata/saml20-idp-hosted.php")
        for name, value in self._options.items():
            option = name.replace("__", ".")
            text += f"$metadata['{self.metadata}']['{option}'] = {value};\n"
        (self._folder / "metadata/saml20-idp-hosted.php").write_text(text)

    def trust(self, portal_metadata: bytes, *, encrypt: bool) -> None:
        """Take the portal's metadata."""
        self.set_up(assertion__encryption="true" if encrypt else "false")
        (self._folder / "metadata/securecart.xml").write_bytes(portal_metadata)
        self._write("config.php", _CONFIG)
        with (self._folder / "config.php").open("a") as config:
            config.write(self._from_guide("config.php, once the portal runs"))

    def fill_in(
        self, browser: Browser, page: httpx.Response, who: Person
    ) -> httpx.Response:
        """Fill in the page that asks for a password."""
        return browser.submit(page, username=who.name, password=who.password)

    def peer(self) -> Peer:
        """Its process."""
        # What is written anew must be read at once.
        command = ["php", "-d", "opcache.enable=0"]
        command += ["-S", f"127.0.0.1:{self._port}", "-t", str(self._folder / "www")]
        return Peer(
            command,
            ready=f"{self.address}/saml2/idp/metadata.php",
            directory=self._folder,
            environment={
                "SIMPLESAMLPHP_CONFIG_DIR": str(self._folder),
            },
        )

    def _write(self, name: str, ours: str) -> None:
        ours = ours.replace("{address}", self.address)
        text = ours.replace("{folder}", str(self._folder)) + self._from_guide(name)
        (self._folder / name).write_text(text)

    def _from_guide(self, name: str) -> str:
        text = self._guide.file(name)
        for theirs, ours in (
            ("https://login.example.com/simplesaml", self.address),
            ("/etc/simplesamlphp", str(self._folder)),
        ):
            text = text.replace(theirs, ours)
        return text
