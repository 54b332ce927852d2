"""Assertions and tokens go to STS as they came, and credentials come back."""

import base64
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest

from securecart.adapters.aws import (
    AssumedRole,
    Endpoint,
    StsClient,
    StsRejected,
    StsUnavailable,
)

pytestmark = pytest.mark.slow

ROLE = "arn:aws:iam::123456789012:role/SecureCartEmployee"
PROVIDER = "arn:aws:iam::123456789012:saml-provider/SecureCart"
ASSERTION = """
<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
                xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">
 <saml:Assertion><saml:AttributeStatement>
  <saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/RoleSessionName">
   <saml:AttributeValue>alice</saml:AttributeValue>
  </saml:Attribute>
  <saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/SessionDuration">
   <saml:AttributeValue>900</saml:AttributeValue>
  </saml:Attribute>
  <saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/Role">
   <saml:AttributeValue>
    arn:aws:iam::123456789012:role/SecureCartEmployee,arn:aws:iam::123456789012:saml-provider/SecureCart
   </saml:AttributeValue>
  </saml:Attribute>
 </saml:AttributeStatement></saml:Assertion>
</samlp:Response>
"""

Answering = Callable[[int, str], StsClient]


def check(assumed: AssumedRole) -> None:
    """What every caller of STS relies on."""
    assert assumed.assumed_role_id.endswith(":alice")
    # moto makes the id up where the role does not exist; AWS's begins with AROA.
    assert assumed.assumed_role_id.startswith("ARO")
    assert assumed.arn == (
        "arn:aws:sts::123456789012:assumed-role/SecureCartEmployee/alice"
    )
    keys = assumed.credentials
    assert keys.access_key_id.startswith("ASIA")
    assert keys.secret_access_key
    assert keys.session_token
    assert keys.expiration is not None
    assert keys.expiration.tzinfo is UTC
    left = keys.expiration - datetime.now(UTC)
    assert timedelta(minutes=14) < left <= timedelta(minutes=15)
    assert keys.secret_access_key not in repr(assumed)


def test_an_assertion_becomes_credentials(endpoint: Endpoint) -> None:
    """Moto checks no signature, but reads the session name from the assertion."""
    sts = StsClient(region="us-east-1", endpoint_url=endpoint.url)
    assertion = base64.b64encode(ASSERTION.encode()).decode()
    check(sts.assume_role_with_saml(assertion, ROLE, PROVIDER, 900))


def test_a_token_becomes_credentials(endpoint: Endpoint) -> None:
    """Moto takes any token."""
    sts = StsClient(region="us-east-1", endpoint_url=endpoint.url)
    check(sts.assume_role_with_web_identity("header.body.mac", ROLE, "alice", 900))


RECEIVED: list[tuple[dict[str, str], dict[str, list[str]]]] = []


@pytest.fixture
def answering() -> Iterator[Answering]:
    """Clients of an STS that always gives the same answer."""
    servers = []

    def answering(status: int, body: str) -> StsClient:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers["Content-Length"]))
                RECEIVED.append((dict(self.headers), parse_qs(sent.decode())))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        servers.append((server, thread))
        url = f"http://127.0.0.1:{server.server_address[1]}"
        return StsClient(region="us-east-1", endpoint_url=url)

    RECEIVED.clear()
    yield answering
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


def refusal(code: str) -> str:
    """An error as STS words it."""
    return (
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>'
        f"<Type>Sender</Type><Code>{code}</Code><Message>in AWS's words</Message>"
        "</Error><RequestId>1</RequestId></ErrorResponse>"
    )


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ExpiredTokenException"),
        (400, "InvalidIdentityToken"),
        (400, "ValidationError"),
        (403, "AccessDenied"),
        (403, "IDPRejectedClaim"),
    ],
)
def test_a_refusal_keeps_its_code_and_words(
    answering: Answering, status: int, code: str
) -> None:
    """And is not tried again."""
    sts = answering(status, refusal(code))
    with pytest.raises(StsRejected) as caught:
        sts.assume_role_with_web_identity("the-token", ROLE, "alice", 900)
    assert caught.value.code == code
    assert caught.value.message == "in AWS's words"
    assert len(RECEIVED) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, refusal("InternalFailure")),
        (503, "<html>"),
        (200, "not XML"),
        (400, refusal("IDPCommunicationError")),
        (400, refusal("Throttling")),
    ],
)
def test_a_failure_of_sts_may_be_tried_later(
    answering: Answering, status: int, body: str
) -> None:
    """It is not the person's fault, and not the proof's."""
    with pytest.raises(StsUnavailable):
        answering(status, body).assume_role_with_saml("QUJD", ROLE, PROVIDER, 900)


def test_no_answer_is_a_failure_too() -> None:
    """Within a bounded time, and without the proof in the message."""
    sts = StsClient(region="us-east-1", endpoint_url="http://127.0.0.1:9")
    with pytest.raises(StsUnavailable) as caught:
        sts.assume_role_with_web_identity("the-token", ROLE, "alice", 900)
    assert "the-token" not in str(caught.value)


def test_a_call_that_cannot_be_made_is_a_refusal() -> None:
    """A session name of one character never leaves the machine."""
    sts = StsClient(region="us-east-1", endpoint_url="http://127.0.0.1:9")
    with pytest.raises(StsRejected) as caught:
        sts.assume_role_with_web_identity("the-token", ROLE, "a", 900)
    assert caught.value.code == "ValidationError"
    assert "the-token" not in str(caught.value)


def test_the_proof_goes_as_it_came_and_unsigned(
    answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where the environment holds keys."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIASOMEBODY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    sts = answering(400, refusal("AccessDenied"))
    with pytest.raises(StsRejected):
        sts.assume_role_with_saml("QUJD+/==", ROLE, PROVIDER, 900)
    headers, form = RECEIVED[0]
    assert "authorization" not in {name.lower() for name in headers}
    assert form == {
        "Action": ["AssumeRoleWithSAML"],
        "Version": ["2011-06-15"],
        "RoleArn": [ROLE],
        "PrincipalArn": [PROVIDER],
        "SAMLAssertion": ["QUJD+/=="],
        "DurationSeconds": ["900"],
    }
