"""The checksums of S3, by the check values of their own catalogues."""

import pytest

from securecart.names.errors import ServiceError
from securecart.wire.checksum import ALGORITHMS, check_digest, checksum, encoded

NINE_DIGITS = {
    "crc32": "y/Q5Jg==",
    "crc32c": "4waSgw==",
    "crc64nvme": "rosUhgp5mIg=",
    "sha1": "98O8HYCOBHMq32eZZczDTKeuNEE=",
    "sha256": "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
}


def test_every_kind_has_its_known_value() -> None:
    """In pieces as at once."""
    assert NINE_DIGITS.keys() == ALGORITHMS
    for algorithm, expected in NINE_DIGITS.items():
        running = checksum(algorithm)
        for piece in (b"1234", b"", b"56789"):
            running.update(piece)
        assert encoded(running) == expected
        check_digest(algorithm, running, expected)


@pytest.mark.parametrize("sent", ["", "AAAA", "y/Q5Jw==", "y/Q5Jg", "Y/Q5JG=="])
def test_another_digest_is_refused(sent: str) -> None:
    """Whatever it is."""
    running = checksum("crc32")
    running.update(b"123456789")
    with pytest.raises(ServiceError) as refused:
        check_digest("crc32", running, sent)
    assert refused.value.code == "BadDigest"
