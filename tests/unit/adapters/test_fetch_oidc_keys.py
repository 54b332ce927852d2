"""Keys of OpenID providers: fetched seldom, and never used too long."""

import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from securecart.adapters.fetch import FetchFailed
from securecart.adapters.oidc_keys import FetchedKeys
from securecart.federation.oidc import JwkSet, KeysUnavailable
from securecart.names.waiting import WouldWait, without_waiting

ISSUER = "https://idp.example.com"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KEY: dict[str, Any] = dict(RSAKey.generate_key(2048).as_dict(private=False))


class _Provider:
    """A provider in memory, which counts how often it was asked."""

    def __init__(self) -> None:
        self.key_id = "one"
        self.down = False
        self.asked = 0
        self.issuer = ISSUER
        self.keys_at = ISSUER

    def get(self, address: str) -> bytes:
        """Answer discovery document or keys."""
        if self.down:
            self.asked += 1
            raise FetchFailed("down")
        if address.endswith("/.well-known/openid-configuration"):
            self.asked += 1
            return json.dumps(
                {
                    "issuer": self.issuer,
                    "authorization_endpoint": ISSUER + "/authorize",
                    "token_endpoint": ISSUER + "/token",
                    "jwks_uri": self.keys_at + "/jwks",
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                }
            ).encode()
        assert address == self.keys_at + "/jwks"
        return json.dumps({"keys": [KEY | {"kid": self.key_id}]}).encode()


@pytest.fixture
def provider() -> _Provider:
    """Answer a provider."""
    return _Provider()


@pytest.fixture
def source(provider: _Provider) -> FetchedKeys:
    """Answer its keys' source."""
    return FetchedKeys(provider)


def _ids(keys: JwkSet) -> list[str | None]:
    return [key.key_id for key in keys.keys]


def test_keys_are_remembered_for_ten_minutes(
    provider: _Provider, source: FetchedKeys
) -> None:
    """Then the provider is asked again."""
    for minutes, asked in ((0, 1), (5, 1), (9, 1), (10, 2), (11, 2), (20, 3)):
        source.keys(ISSUER, now=NOW + timedelta(minutes=minutes))
        assert provider.asked == asked


def test_who_must_not_wait_does_not_ask_the_provider(
    provider: _Provider, source: FetchedKeys
) -> None:
    """And holds up nobody who then does."""
    late = NOW + timedelta(minutes=10)
    for moment, asked in ((NOW, 1), (late, 2)):
        with pytest.raises(WouldWait), without_waiting():
            source.keys(ISSUER, now=moment)
        assert provider.asked == asked - 1
        source.keys(ISSUER, now=moment)
        assert provider.asked == asked
        with without_waiting():
            assert _ids(source.keys(ISSUER, now=moment)) == ["one"]
    with pytest.raises(WouldWait), without_waiting():
        source.keys(ISSUER, now=late, renew=True)


def test_a_new_key_is_found_when_it_is_missed(
    provider: _Provider, source: FetchedKeys
) -> None:
    """A provider may change its key at any moment."""
    assert _ids(source.keys(ISSUER, now=NOW)) == ["one"]
    provider.key_id = "two"
    later = NOW + timedelta(minutes=1)
    assert _ids(source.keys(ISSUER, now=later)) == ["one"]
    assert _ids(source.keys(ISSUER, now=later, renew=True)) == ["two"]


def test_made_up_key_ids_cause_no_storm(
    provider: _Provider, source: FetchedKeys
) -> None:
    """One request in thirty seconds, however many tokens name unknown keys."""
    for second in range(60):
        source.keys(ISSUER, now=NOW + timedelta(seconds=second), renew=True)
    assert provider.asked == 2


def test_a_provider_that_is_down_is_not_asked_by_everybody(
    provider: _Provider, source: FetchedKeys, caplog: pytest.LogCaptureFixture
) -> None:
    """The cause stands in the log once for each attempt."""
    provider.down = True
    with caplog.at_level(logging.WARNING):
        for second in range(30):
            with pytest.raises(KeysUnavailable, match="no keys of"):
                source.keys(ISSUER, now=NOW + timedelta(seconds=second))
    assert provider.asked == 1
    assert "down" in caplog.text


def test_remembered_keys_outlast_a_short_silence(
    provider: _Provider, source: FetchedKeys
) -> None:
    """An hour, and not longer: a key may have been withdrawn meanwhile."""
    source.keys(ISSUER, now=NOW)
    provider.down = True
    last = NOW + timedelta(minutes=59, seconds=59)
    assert _ids(source.keys(ISSUER, now=last)) == ["one"]
    with pytest.raises(KeysUnavailable):
        source.keys(ISSUER, now=NOW + timedelta(hours=1))


def test_a_clock_that_was_set_back_keeps_no_old_keys(
    provider: _Provider, source: FetchedKeys
) -> None:
    """Keys from the future are not trusted; the provider is asked again."""
    source.keys(ISSUER, now=NOW)
    source.keys(ISSUER, now=NOW - timedelta(days=1))
    assert provider.asked == 2


def test_a_document_that_speaks_for_another_is_not_used(
    provider: _Provider, source: FetchedKeys
) -> None:
    """Discovery is held to the issuer it was fetched for."""
    provider.issuer = "https://other.example.com"
    with pytest.raises(KeysUnavailable):
        source.keys(ISSUER, now=NOW)


def test_many_threads_cause_one_request() -> None:
    """They wait for one another."""
    begun, release = threading.Event(), threading.Event()

    class _Slow(_Provider):
        def get(self, address: str) -> bytes:
            begun.set()
            assert release.wait(5)
            return super().get(address)

    provider = _Slow()
    source = FetchedKeys(provider)
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(source.keys, ISSUER, now=NOW) for _ in range(8)]
        assert begun.wait(5)
        release.set()
        assert all(_ids(one.result(5)) == ["one"] for one in waiting)
    assert provider.asked == 1


def test_many_threads_with_unknown_keys_cause_no_storm(provider: _Provider) -> None:
    """Though each read the clock at a moment of its own, before it waited."""
    source = FetchedKeys(provider)
    source.keys(ISSUER, now=NOW - timedelta(minutes=1))
    gate = threading.Barrier(16)

    def ask(number: int) -> JwkSet:
        gate.wait(5)
        moment = NOW - timedelta(microseconds=number)
        return source.keys(ISSUER, now=moment, renew=True)

    with ThreadPoolExecutor(16) as pool:
        assert all(_ids(keys) == ["one"] for keys in pool.map(ask, range(16)))
    for number in range(16):
        moment = NOW - timedelta(milliseconds=number)
        source.keys(ISSUER, now=moment, renew=True)
    assert provider.asked == 2


def test_whom_the_remembered_keys_may_serve_does_not_wait() -> None:
    """A provider that hangs holds up those only who need a new key."""
    begun, release = threading.Event(), threading.Event()

    class _Hanging(_Provider):
        def get(self, address: str) -> bytes:
            if self.key_id == "two":
                begun.set()
                assert release.wait(5)
            return super().get(address)

    provider = _Hanging()
    source = FetchedKeys(provider)
    source.keys(ISSUER, now=NOW)
    provider.key_id = "two"
    later = NOW + timedelta(minutes=11)
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(source.keys, ISSUER, now=later, renew=True)
        assert begun.wait(5)
        assert _ids(source.keys(ISSUER, now=later)) == ["one"]
        release.set()
        renewing.result(5)
    assert provider.asked == 2


def test_a_withdrawn_key_works_ten_minutes_longer_at_most(
    provider: _Provider, source: FetchedKeys
) -> None:
    """Whether or not anybody asks for another."""
    source.keys(ISSUER, now=NOW)
    provider.key_id = "two"
    last = NOW + timedelta(minutes=10)
    assert _ids(source.keys(ISSUER, now=last - timedelta(seconds=1))) == ["one"]
    assert _ids(source.keys(ISSUER, now=last)) == ["two"]


def test_keys_on_another_host_are_not_fetched_unless_it_is_named(
    provider: _Provider,
) -> None:
    """And the log says which setting names it."""
    provider.keys_at = "https://keys.example.net"
    with pytest.raises(KeysUnavailable, match=r"keys\.example\.net.*idp\.oidc\.hosts"):
        FetchedKeys(provider).keys(ISSUER, now=NOW)
    named = FetchedKeys(provider, hosts=frozenset({"keys.example.net"}))
    assert _ids(named.keys(ISSUER, now=NOW)) == ["one"]


def test_providers_are_remembered_up_to_a_bound(
    provider: _Provider, source: FetchedKeys
) -> None:
    """The one not asked for longest goes first."""
    provider.down = True
    for number in range(101):
        with pytest.raises(KeysUnavailable):
            source.keys(f"https://{number}.example.com", now=NOW)
    with pytest.raises(KeysUnavailable):
        source.keys("https://100.example.com", now=NOW)
    assert provider.asked == 101
    with pytest.raises(KeysUnavailable):
        source.keys("https://0.example.com", now=NOW)
    assert provider.asked == 102
