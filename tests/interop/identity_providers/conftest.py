"""Two installations for each provider: as it comes, and strict."""

from collections.abc import Callable, Iterator

import httpx
import playwright.sync_api as playwright
import pytest
from tests.chromium import chromium
from tests.interop.identity_providers.browser import Browser
from tests.interop.identity_providers.site import Provider, Site, running_site


@pytest.fixture(scope="module")
def plain_site(
    tmp_path_factory: pytest.TempPathFactory, provider: Provider
) -> Iterator[Site]:
    """Every setting at its default; the provider's metadata by address."""
    folder = tmp_path_factory.mktemp("plain")
    with running_site(folder, provider, provider.metadata, "", encrypts=False) as site:
        yield site


@pytest.fixture(scope="module")
def strict_settings() -> str:
    """What a provider can do beyond what each can."""
    return ""


@pytest.fixture(scope="module")
def strict_site(
    tmp_path_factory: pytest.TempPathFactory, provider: Provider, strict_settings: str
) -> Iterator[Site]:
    """Encryption, sign-ins begun at the provider; its metadata from a file."""
    folder = tmp_path_factory.mktemp("strict")
    file = folder / "idp-metadata.xml"
    file.write_bytes(httpx.get(provider.metadata, trust_env=False).content)
    settings = f'encryption = "required"\nidp_initiated = true\n{strict_settings}'
    with running_site(folder, provider, file.name, settings, encrypts=True) as site:
        yield site


@pytest.fixture
def plain(plain_site: Site) -> Site:
    """See `plain_site`; the provider knows it."""
    plain_site.be_the_one()
    return plain_site


@pytest.fixture
def strict(strict_site: Site) -> Site:
    """See `strict_site`; the provider knows it."""
    strict_site.be_the_one()
    return strict_site


@pytest.fixture
def new_browser() -> Iterator[Callable[[], Browser]]:
    """Makes browsers that nobody used before."""
    made: list[Browser] = []

    def make() -> Browser:
        made.append(Browser())
        return made[-1]

    yield make
    for browser in made:
        browser.close()


@pytest.fixture
def browser(new_browser: Callable[[], Browser]) -> Browser:
    """A browser that nobody used before."""
    return new_browser()


@pytest.fixture(scope="module")
def chromium_browser() -> Iterator[playwright.Browser]:
    """See `chromium`."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def tab(chromium_browser: playwright.Browser) -> Iterator[playwright.Page]:
    """A tab of a real browser that nobody used before, with frames and scripts."""
    context = chromium_browser.new_context()
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()
