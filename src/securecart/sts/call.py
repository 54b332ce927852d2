"""One call of an STS operation: what it was asked, by whom, and its ports."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from securecart.federation.oidc import KeySource
from securecart.iam import SamlProvider
from securecart.names.clock import Random
from securecart.names.entities import Entities
from securecart.names.expiring import ExpiringRecords, Told
from securecart.names.principal import Principal
from securecart.policy import Context, Layers
from securecart.sts.authorization_message import AuthorizationMessages
from securecart.sts.issuer import Issuer

Result = Mapping[str, Any]
"""An answer as boto3 shows it: the members of the operation's output shape."""


@dataclass(frozen=True, slots=True)
class Pending:
    """An answer but for one thing that is as slow as a disk.

    Everything else has been decided. `redeem` has told, later or at once, whether
    what was shown is redeemed for the first time; `finish`, given what was told,
    answers or raises.
    """

    redeem: Callable[[Told], None]
    finish: Callable[[bool | Exception], Result]


Outcome = Result | Pending


class PolicyLayers(Protocol):
    """Answers a principal's own policies, as `iam.Authorizer` does."""

    def layers_for(self, principal: Principal) -> Layers:
        """Answer the layers; empty for a principal without policies."""
        ...

    def is_gone(self, principal: Principal) -> bool:
        """Say whether the principal is no longer there, or was revoked."""
        ...


def _no_keys(_: SamlProvider) -> Sequence[bytes]:
    return ()


@dataclass(frozen=True, slots=True)
class Ports:
    """What STS rests on: who may vouch, what was redeemed, and its own keys.

    No port is asked while a view of the store is open: `key_source` may wait
    for the network, and `redeemed` may be the same database.
    `decryption_keys` unseals a provider's private keys, newest first.
    """

    entities: Entities
    policies: PolicyLayers
    issuer: Issuer
    key_source: KeySource
    redeemed: ExpiringRecords
    authorization_messages: AuthorizationMessages
    decryption_keys: Callable[[SamlProvider], Sequence[bytes]] = _no_keys


@dataclass(frozen=True, slots=True)
class Call:
    """A call with the parameters of the service model.

    `context` holds the condition keys of the request itself (`aws:SourceIp`,
    `aws:SecureTransport` …), names in lower case.
    """

    ports: Ports
    account: str
    caller: Principal
    parameters: Mapping[str, Any]
    context: Context
    now: datetime
    random: Random
