"""AssumeRoleWithSAML with assertions encrypted for the account."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from securecart.federation.saml import SigningIdentity, build_response, encode_post
from securecart.iam import OPERATIONS, Change, Changing, SamlProvider, unsealed_keys
from securecart.names.entities import EntityReader, InMemoryEntities
from securecart.names.principal import Root
from securecart.sealing import Keyring, SealingKey
from securecart.sts import InvalidIdentityToken

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.sts.conftest import World

ACCOUNT = "123456789012"
ARN = f"arn:aws:iam::{ACCOUNT}:saml-provider/SecureCart"
KEYRING = Keyring(SealingKey(b"i" * 32))


class _Watched(InMemoryEntities):
    """A store that says whether a view of it is open."""

    being_read = False

    @contextmanager
    def reading(self) -> Iterator[EntityReader]:
        """Read, and be seen reading."""
        with super().reading() as store:
            self.being_read = True
            yield store
        self.being_read = False


@pytest.fixture(scope="module")
def portal(make_identity: "Callable[[], SigningIdentity]") -> SigningIdentity:
    """Whom the provider encrypts for."""
    return make_identity()


def _update(world: "World", **parameters: str) -> None:
    operation = OPERATIONS["UpdateSAMLProvider"]
    assert isinstance(operation, Changing)
    with world.entities.writing() as store:
        operation.run(
            Change(
                store=store,
                account=ACCOUNT,
                caller=Root(ACCOUNT),
                parameters={"SAMLProviderArn": ARN} | parameters,
                now=world.answer.issued_at,
                random=lambda count: bytes(range(count)),
                keyring=KEYRING,
            )
        )


@pytest.fixture
def ready(world: "World", portal: SigningIdentity) -> "World":
    """The account with the portal's key, and encryption allowed."""
    _update(world, AddPrivateKey=portal.private_key.decode())
    world.ports = replace(
        world.ports, decryption_keys=partial(unsealed_keys, keyring=KEYRING)
    )
    return world


def _encrypted(world: "World", portal: SigningIdentity) -> str:
    attributes = {
        f"https://aws.amazon.com/SAML/Attributes/{name}": values
        for name, values in {
            "Role": [f"arn:aws:iam::{ACCOUNT}:role/SecureCartEmployee,{ARN}"],
            "RoleSessionName": ["ada"],
        }.items()
    }
    answer = replace(world.answer, attributes=attributes)
    return encode_post(
        build_response(answer, world.identity, encrypt_for=portal.certificate)
    )


def test_an_encrypted_assertion_is_traded_for_credentials(
    ready: "World", portal: SigningIdentity
) -> None:
    """And a plain one too, where encryption is allowed."""
    session = ready.session(ready.with_saml(_encrypted(ready, portal)))
    assert session.userid == "AROAEXAMPLE:ada"
    ready.answer = replace(ready.answer, assertion_id="_b")
    ready.with_saml()


def test_a_plain_assertion_is_refused_where_encryption_is_required(
    ready: "World", portal: SigningIdentity
) -> None:
    """AssertionEncryptionMode decides it."""
    _update(ready, AssertionEncryptionMode="Required")
    with pytest.raises(InvalidIdentityToken, match="not encrypted"):
        ready.with_saml()
    ready.with_saml(_encrypted(ready, portal))


def test_an_encrypted_assertion_is_redeemed_once(
    ready: "World", portal: SigningIdentity
) -> None:
    """Encrypting it again makes another text of the same assertion."""
    ready.with_saml(_encrypted(ready, portal))
    with pytest.raises(InvalidIdentityToken, match="already redeemed"):
        ready.with_saml(_encrypted(ready, portal))


def test_without_the_key_it_opens_nothing(
    ready: "World", world: "World", portal: SigningIdentity
) -> None:
    """A removed key is gone at once."""
    response = _encrypted(ready, portal)
    with world.entities.writing() as store:
        (provider,) = store.list(SamlProvider)
        store.put(replace(provider, private_keys=()))
    with pytest.raises(InvalidIdentityToken, match="encrypted"):
        ready.with_saml(response)


def test_keys_are_unsealed_after_the_store_was_read(
    ready: "World", portal: SigningIdentity
) -> None:
    """The keyring may be slow; nobody waits for the database meanwhile."""
    unseal = ready.ports.decryption_keys
    entities = _Watched()
    entities.__dict__.update(ready.entities.__dict__)
    found: list[bool] = []

    def watched(provider: SamlProvider) -> Sequence[bytes]:
        found.append(entities.being_read)
        return unseal(provider)

    ready.ports = replace(ready.ports, entities=entities, decryption_keys=watched)
    ready.with_saml(_encrypted(ready, portal))
    assert found == [False]


def test_expired_metadata_vouches_for_nobody(world: "World") -> None:
    """Its keys were trusted until then, and no longer."""
    with world.entities.writing() as store:
        (provider,) = store.list(SamlProvider)
        end = world.answer.issued_at + timedelta(minutes=2)
        dated = provider.metadata.replace(
            "entityID", f'validUntil="{end:%Y-%m-%dT%H:%M:%S}Z" entityID', 1
        )
        store.put(replace(provider, metadata=dated))
    world.with_saml(now=end.replace(microsecond=0) - timedelta(seconds=1))
    world.answer = replace(world.answer, assertion_id="_b")
    with pytest.raises(InvalidIdentityToken, match="metadata is no longer valid"):
        world.with_saml(now=end)
