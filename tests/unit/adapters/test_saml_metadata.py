"""Where the SAML provider's metadata comes from, and how long it holds."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from securecart.adapters.fetch import Fetch, FetchFailed
from securecart.adapters.saml_metadata import FRESH, SamlMetadata, read_metadata
from securecart.federation.saml import build_idp_metadata
from securecart.serve.idp.keys import signing_identity

_START = datetime(2026, 1, 1, tzinfo=UTC)
_ADDRESS = "https://login.example.com/metadata"


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Real metadata."""
    identity = signing_identity(
        tmp_path_factory.mktemp("keys"), common_name="test", now=_START
    )
    return build_idp_metadata(
        entity_id="https://login.example.com",
        sso_address="https://login.example.com/sso",
        identity=identity,
    )


def test_a_missing_file_is_named() -> None:
    """The message says which key of the configuration names it."""
    with pytest.raises(FetchFailed, match=r"nowhere\.xml.*idp\.saml\.metadata"):
        read_metadata("nowhere.xml", Fetch())


def test_a_file_is_read(tmp_path: Path, document: bytes) -> None:
    """A path is as good as an address."""
    (tmp_path / "idp.xml").write_bytes(document)
    source = SamlMetadata(str(tmp_path / "idp.xml"), Fetch(), lambda: _START)
    assert source.metadata().sso_address() == "https://login.example.com/sso"


def test_what_was_said_last_holds_while_the_provider_is_silent(
    document: bytes,
) -> None:
    """An hour later it is asked again, and its silence signs nobody out."""
    asked = []
    answers = iter(
        [httpx.Response(200, stream=httpx.ByteStream(document)), httpx.Response(503)]
    )
    now = _START

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        answer = next(answers)
        answer.headers["content-type"] = "application/samlmetadata+xml"
        return answer

    fetch = Fetch(transport=httpx.MockTransport(serve))
    source = SamlMetadata(_ADDRESS, fetch, lambda: now)
    first = source.metadata()
    now += FRESH - timedelta(seconds=1)
    assert source.metadata() is first
    assert len(asked) == 1
    now += timedelta(seconds=1)
    assert source.metadata() is first
    assert len(asked) == 2


def test_without_any_metadata_there_is_no_sign_in() -> None:
    """The first failure is told."""
    fetch = Fetch(transport=httpx.MockTransport(lambda _: httpx.Response(503)))
    with pytest.raises(FetchFailed, match="503"):
        SamlMetadata(_ADDRESS, fetch, lambda: _START).metadata()
