"""The one checksum that a request may bring."""

import pytest

from securecart.names.errors import ServiceError
from securecart.s3 import resolve
from securecart.s3.checksum_headers import TYPES, upload_checksum
from securecart.wire.http import HttpRequest

CRC32, SHA1 = "y/Q5Jg==", "98O8HYCOBHMq32eZZczDTKeuNEE="


def request(**headers: str) -> HttpRequest:
    """Answer an upload with these headers."""
    sent = tuple(
        (f"x-amz-{name.replace('_', '-')}", value) for name, value in headers.items()
    )
    return HttpRequest("PUT", "/docs/a", sent)


@pytest.mark.parametrize(
    "headers",
    [
        {"checksum_crc32": CRC32},
        {"checksum_crc32c": "4waSgw=="},
        {"checksum_crc64nvme": "rosUhgp5mIg="},
        {"checksum_sha1": SHA1},
        {"checksum_sha256": "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="},
        {"checksum_crc32": f"{CRC32}-2", "checksum_type": "COMPOSITE"},
        {"trailer": "x-amz-checksum-crc32", "checksum_algorithm": "CRC32"},
    ],
    ids=str,
)
def test_one_checksum_is_taken(headers: dict[str, str]) -> None:
    """Of each kind, in a header or announced behind the body."""
    resolve(request(**headers))


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"checksum_crc32": CRC32, "checksum_sha1": SHA1}, "InvalidRequest"),
        ({"checksum_crc32": CRC32, "trailer": "x-amz-checksum-sha1"}, "InvalidRequest"),
        ({"checksum_sha512": "AAAA"}, "NotImplemented"),
        ({"checksum_md5": "AAAA"}, "NotImplemented"),
        ({"checksum_xxhash3": "AAAA"}, "NotImplemented"),
        ({"checksum_": "AAAA"}, "NotImplemented"),
        ({"checksum_crc32": ""}, "InvalidRequest"),
        ({"checksum_crc32": "AAAA"}, "InvalidRequest"),
        ({"checksum_crc32": f"{CRC32}-"}, "InvalidRequest"),
        ({"checksum_sha1": CRC32}, "InvalidRequest"),
        ({"checksum_sha1": SHA1.replace("=", " ")}, "InvalidRequest"),
    ],
    ids=str,
)
def test_what_nobody_would_check_is_refused(headers: dict[str, str], code: str) -> None:
    """The store takes the first of several, and passes over what it does not know."""
    with pytest.raises(ServiceError) as refused:
        resolve(request(**headers))
    assert refused.value.code == code


def test_an_upload_has_a_checksum_that_parts_can_have() -> None:
    """Of the parts' checksums, or of the whole, where that can be put together."""
    assert upload_checksum(request()) == ()
    for algorithm, types in TYPES.items():
        (_, told), (_, usual) = upload_checksum(request(checksum_algorithm=algorithm))
        assert (told, usual) == (algorithm, types[0])
        for kind in ("COMPOSITE", "FULL_OBJECT"):
            asked = request(checksum_algorithm=algorithm, checksum_type=kind)
            if kind in types:
                assert upload_checksum(asked)[1][1] == kind
                continue
            with pytest.raises(ServiceError) as refused:
                upload_checksum(asked)
            assert refused.value.code == "InvalidRequest"
    for headers in (
        {"checksum_algorithm": "MD4"},
        {"checksum_type": "COMPOSITE"},
        {"checksum_algorithm": "CRC32", "checksum_type": "HALF"},
    ):
        with pytest.raises(ServiceError):
            upload_checksum(request(**headers))
