"""Keys with which an AWS service, such as S3, signs its own calls to another.

They are derived from the root key and stored nowhere: the same after every
start, gone when the root key is.
"""

import base64

from securecart.names.credentials import Credentials
from securecart.names.principal import Service
from securecart.sealing import derive

_ID_BYTES = 10  # 80 bits are the 16 characters after `AKIA`.
_SECRET_BYTES = 30  # 240 bits are 40 characters of base64.


def service_credentials(root_key: bytes, service: Service) -> Credentials:
    """Answer the access key of a service; it looks like a long-term one."""
    purpose = f"service access key {service.account} {service.name}"
    made = derive(root_key, purpose, _ID_BYTES + _SECRET_BYTES)
    return Credentials(
        access_key_id="AKIA" + base64.b32encode(made[:_ID_BYTES]).decode(),
        secret_access_key=base64.b64encode(made[_ID_BYTES:]).decode(),
    )
