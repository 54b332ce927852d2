"""Where the SAML provider's metadata comes from, and how long it holds."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from securecart.adapters.fetch import Fetch, FetchFailed
from securecart.adapters.saml_metadata import FRESH, RETRY, SamlMetadata, read_metadata
from securecart.federation.saml import InvalidMetadata, build_idp_metadata
from securecart.federation.saml.names import METADATA
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


class _Provider:
    """A provider's web server, and a clock."""

    def __init__(self, *answers: bytes | int) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.now = _START

    def __call__(self, _: httpx.Request) -> httpx.Response:
        self.asked += 1
        answer = self.answers.pop(0)
        if isinstance(answer, int):
            return httpx.Response(answer)
        return httpx.Response(
            200,
            stream=httpx.ByteStream(answer),
            headers={"content-type": "application/samlmetadata+xml"},
        )

    def source(self, entity_id: str | None = None) -> SamlMetadata:
        """The metadata, read from there."""
        fetch = Fetch(transport=httpx.MockTransport(self))
        return SamlMetadata(_ADDRESS, fetch, lambda: self.now, entity_id=entity_id)


def test_a_roll_over_is_noticed_at_once_and_costs_little(document: bytes) -> None:
    """An unknown key asks again, but forgeries cannot ask every time."""
    provider = _Provider(document, document.replace(b"/sso", b"/new"), document)
    source = provider.source()
    first = source.metadata()
    assert source.metadata(renew=True) is first
    provider.now += RETRY
    assert source.metadata() is first
    second = source.metadata(renew=True)
    assert second.sso_address().endswith("/new")
    for _ in range(3):
        assert source.metadata(renew=True) is second
    assert provider.asked == 2


def test_a_silent_provider_is_not_asked_every_time(document: bytes) -> None:
    """Nor one that answers nonsense, and what it said last holds."""
    provider = _Provider(document, 503, b"<a/>", document)
    source = provider.source()
    first = source.metadata()
    provider.now += FRESH
    for _ in range(3):
        assert source.metadata() is first
    assert provider.asked == 2
    provider.now += RETRY
    for _ in range(3):
        assert source.metadata() is first
    assert provider.asked == 3
    provider.now += RETRY
    assert source.metadata() is not first


@pytest.mark.parametrize(
    ("said", "kept"),
    [("PT20M", 20), ("PT1S", 5), ("P1D", 60), ("PT0S", 5)],
)
def test_the_document_says_how_long_it_is_fresh(
    document: bytes, said: str, kept: int
) -> None:
    """Within bounds: not every second, and not for a day."""
    dated = document.replace(b"entityID", f'cacheDuration="{said}" entityID'.encode())
    provider = _Provider(dated, dated)
    source = provider.source()
    source.metadata()
    provider.now += timedelta(minutes=kept, seconds=-1)
    source.metadata()
    assert provider.asked == 1
    provider.now += timedelta(seconds=1)
    source.metadata()
    assert provider.asked == 2


def test_the_log_says_when_metadata_is_about_to_end(
    document: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Two weeks before nobody can sign in any more."""
    dated = document.replace(b"entityID", b'validUntil="2026-01-15T00:00:00Z" entityID')
    provider = _Provider(dated, dated)
    source = provider.source()
    source.metadata()
    assert not caplog.records
    provider.now += FRESH
    source.metadata()
    assert "ends on 2026-01-15" in caplog.text


def test_one_of_many_is_chosen_by_its_entity_id(document: bytes) -> None:
    """A federation's aggregate holds thousands."""
    body = document.partition(b"?>")[2].strip()
    other = body.replace(b"login.example.com", b"other.example.com")
    group = b'<EntitiesDescriptor xmlns="%s">%s%s</EntitiesDescriptor>' % (
        METADATA.encode(),
        body,
        other,
    )
    source = _Provider(group).source("https://other.example.com")
    assert source.metadata().sso_address() == "https://other.example.com/sso"
    with pytest.raises(InvalidMetadata, match="say which"):
        _Provider(group).source().metadata()


def test_without_any_metadata_there_is_no_sign_in() -> None:
    """The first failure is told."""
    fetch = Fetch(transport=httpx.MockTransport(lambda _: httpx.Response(503)))
    with pytest.raises(FetchFailed, match="503"):
        SamlMetadata(_ADDRESS, fetch, lambda: _START).metadata()
