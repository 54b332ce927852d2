"""ACLs, which say what is so anyhow: all is the bucket owner's.

Source: Amazon S3 User Guide, "Controlling ownership of objects and disabling
ACLs for your bucket".
"""

from securecart.names.canonical_user import canonical_user_id
from securecart.s3.errors import AccessControlListNotSupported
from securecart.serve.gateway.answers import document
from securecart.serve.gateway.call import Backend, Call
from securecart.serve.gateway.message import Answer
from securecart.serve.gateway.store import target_of

_ACL = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    "<Owner><ID>{owner}</ID></Owner><AccessControlList><Grant>"
    '<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:type="CanonicalUser"><ID>{owner}</ID></Grantee>'
    "<Permission>FULL_CONTROL</Permission></Grant></AccessControlList>"
    "</AccessControlPolicy>"
)
_OWNERS = "bucket-owner-full-control"


async def get_bucket_acl(backend: Backend, _call: Call) -> Answer:
    """Answer the owner's full control."""
    return _owners(backend)


async def get_object_acl(backend: Backend, call: Call) -> Answer:
    """Answer the owner's full control, of an object that is there."""
    await _look_at(backend, call)
    return _owners(backend)


async def put_bucket_acl(_backend: Backend, _call: Call) -> Answer:
    """Refuse, as a bucket does whose owner owns everything."""
    raise AccessControlListNotSupported


async def put_object_acl(backend: Backend, call: Call) -> Answer:
    """Refuse all but the one that changes nothing."""
    if call.request.header("x-amz-acl") != _OWNERS:
        raise AccessControlListNotSupported
    await _look_at(backend, call)
    return Answer(200)


def _owners(backend: Backend) -> Answer:
    owner = canonical_user_id(backend.account)
    return document(_ACL.format(owner=owner).encode())


async def _look_at(backend: Backend, call: Call) -> None:
    version = call.s3.version_id
    query = {} if version is None else {"versionId": version}
    await backend.store.call("HEAD", target_of(call.bucket_name, call.key, query))
