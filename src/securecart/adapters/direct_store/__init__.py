"""Round the store's S3 endpoint, for the plainest documents.

Floor 5. Fills the gateway's `Shortcut` port by speaking to SeaweedFS's filer and
volume server themselves, in the form that its S3 endpoint keeps documents in, so
that each reads what the other wrote. Bound to a release of SeaweedFS by tests.
"""

from securecart.adapters.direct_store.direct_store import DirectStore
from securecart.adapters.direct_store.sse_s3 import NotOpened

__all__ = ["DirectStore", "NotOpened"]
