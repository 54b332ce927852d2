"""Our verifier accepts what AWS's other signer makes, the one in C.

It is what the newer SDKs sign with, and it was written without botocore: where
both agree with ours on odd keys, parameters and headers, there is one reading.
"""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from awscrt.auth import (
    AwsCredentialsProvider,
    AwsSignatureType,
    AwsSignedBodyHeaderType,
    AwsSigningAlgorithm,
    AwsSigningConfig,
    aws_sign_request,
)
from awscrt.http import HttpHeaders
from awscrt.http import HttpRequest as CrtRequest
from hypothesis import given
from hypothesis import strategies as st

from securecart.wire.http import HttpRequest
from securecart.wire.sigv4 import (
    SignatureDoesNotMatch,
    SignatureKind,
    VerifiedSignature,
    parse_signature,
    verify_signature,
)

NOW = datetime(2026, 11, 23, 12, 30, 45, tzinfo=UTC)
HOST = "localhost:9000"
SECRET = "secret/of+the=session"
PROVIDER = AwsCredentialsProvider.new_static("ASIAEXAMPLE", SECRET, "token+/=1")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
keys = st.lists(
    st.one_of(
        texts,
        st.sampled_from(["", ".", "..", "a b", "a+b", "%2F", "\u00e9", "e\u0301"]),
    ),
    min_size=1,
    max_size=4,
).map("/".join)
names = texts.filter(lambda name: name and not name.lower().startswith("x-amz-"))
# A parameter's value may be missing, which signs as an empty one does.
queries = st.lists(st.tuples(names, st.none() | texts), max_size=5)
methods = st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE"])
header_values = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20
)
headers = st.dictionaries(
    st.from_regex(r"x-amz-meta-[a-z0-9-]{1,8}", fullmatch=True),
    header_values,
    max_size=4,
)


def target_of(key: str, query: list[tuple[str, str | None]]) -> str:
    """Write a request target with everything encoded that has to be."""
    path = "/bucket/" + quote(key, safe="/~")
    sent = "&".join(
        quote(name, safe="") + ("" if value is None else f"={quote(value, safe='')}")
        for name, value in query
    )
    return f"{path}?{sent}" if sent else path


def signed(
    method: str, target: str, sent: dict[str, str], kind: AwsSignatureType
) -> HttpRequest:
    """Sign as the newer SDKs do for S3: the path as it is, encoded once."""
    request = CrtRequest(method, target, HttpHeaders([("Host", HOST), *sent.items()]))
    in_query = kind is AwsSignatureType.HTTP_REQUEST_QUERY_PARAMS
    config = AwsSigningConfig(
        algorithm=AwsSigningAlgorithm.V4,
        signature_type=kind,
        credentials_provider=PROVIDER,
        region="us-east-1",
        service="s3",
        date=NOW,
        use_double_uri_encode=False,
        should_normalize_uri_path=False,
        signed_body_value="UNSIGNED-PAYLOAD",
        signed_body_header_type=(
            AwsSignedBodyHeaderType.NONE
            if in_query
            else AwsSignedBodyHeaderType.X_AMZ_CONTENT_SHA_256
        ),
        expiration_in_seconds=900 if in_query else None,
    )
    result = aws_sign_request(request, config).result(10)
    return HttpRequest(
        method,
        result.path,
        tuple((name.lower(), value) for name, value in result.headers),
    )


def verify(request: HttpRequest, secret: str = SECRET) -> VerifiedSignature:
    """Parse and verify as a server does."""
    unverified = parse_signature(request)
    assert unverified is not None
    assert unverified.session_token == "token+/=1"
    return verify_signature(
        unverified,
        request,
        secret_access_key=secret,
        region="us-east-1",
        services=("s3",),
        now=NOW,
    )


@pytest.mark.parametrize(
    ("where", "kind"),
    [
        (AwsSignatureType.HTTP_REQUEST_HEADERS, SignatureKind.HEADER),
        (AwsSignatureType.HTTP_REQUEST_QUERY_PARAMS, SignatureKind.QUERY),
    ],
    ids=["header", "query"],
)
@given(method=methods, key=keys, query=queries, sent=headers)
def test_what_the_newer_sdks_sign_is_accepted(
    where: AwsSignatureType,
    kind: SignatureKind,
    method: str,
    key: str,
    query: list[tuple[str, str | None]],
    sent: dict[str, str],
) -> None:
    """Every method in both places, with dots, doubled and missing parameters."""
    request = signed(method, target_of(key, query), sent, where)
    assert verify(request).kind is kind
    with pytest.raises(SignatureDoesNotMatch):
        verify(request, secret="another")
    with pytest.raises(SignatureDoesNotMatch):
        verify(
            HttpRequest(
                "PATCH" if method != "PATCH" else "GET", request.target, request.headers
            )
        )


@given(key=keys, query=queries, data=st.data())
def test_no_other_target_has_the_same_signature(
    key: str, query: list[tuple[str, str | None]], data: st.DataObject
) -> None:
    """Two targets that verify alike name the same key and say the same."""
    request = signed(
        "GET", target_of(key, query), {}, AwsSignatureType.HTTP_REQUEST_HEADERS
    )
    other = target_of(data.draw(keys), data.draw(queries))
    path, _, parameters = other.partition("?")
    same = path == target_of(key, []) and sorted(
        each if "=" in each else f"{each}=" for each in parameters.split("&") if each
    ) == sorted(
        each if "=" in each else f"{each}=" for each in request.query.split("&") if each
    )
    changed = HttpRequest("GET", other, request.headers)
    if same:
        verify(changed)
        return
    with pytest.raises(SignatureDoesNotMatch):
        verify(changed)
