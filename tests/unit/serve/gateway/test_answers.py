"""Which headers leave, and in which form."""

from securecart.serve.gateway.answers import kept, written
from securecart.wire.http import HttpResponse


def test_headers_of_the_store_stay_inside() -> None:
    """Its own, and those of S3 that would tell what is nobody's affair."""
    inside = (
        ("server", "SeaweedFS"),
        ("seaweed-x-amz-etag", "1"),
        ("vary", "Origin"),
        ("x-amz-tagging-colour", "blue"),
        ("x-amz-server-side-encryption-context", "e30="),
        ("x-amz-server-side-encryption-customer-key-md5", "1, 1"),
    )
    outside = (("etag", '"1"'), ("x-amz-meta-a", "b"), ("x-amz-tagging-count", "1"))
    assert kept(inside + outside) == outside
    assert written(HttpResponse(200, inside + outside)).headers == outside


def test_metadata_beyond_ascii_leaves_encoded() -> None:
    """As S3 has it; what is no UTF-8 as the bytes that came."""

    def told(value: bytes) -> str:
        ((_, text),) = kept([("x-amz-meta-a", value.decode("latin-1"))])
        return text

    assert told("grün".encode()) == "=?UTF-8?B?Z3LDvG4=?="
    assert told("☃".encode()) == "=?UTF-8?B?4piD?="
    assert told(b"gr\xfcn") == "gr\xfcn"
    assert told(b"plain = text?") == "plain = text?"
