"""SeaweedFS, run as four private processes under the gateway.

It keeps bytes and nothing more: who may do what is decided before a request
gets here. `docs/store.md` tells how it is run, and why so.
"""

from securecart.adapters.seaweedfs.configuration import KmsEndpoint
from securecart.adapters.seaweedfs.errors import StoreError
from securecart.adapters.seaweedfs.program import find_weed
from securecart.adapters.seaweedfs.store import Health, State, Store, socket_path

__all__ = [
    "Health",
    "KmsEndpoint",
    "State",
    "Store",
    "StoreError",
    "find_weed",
    "socket_path",
]
