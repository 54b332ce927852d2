"""Handing what the identity provider signed to STS, for credentials.

Both calls carry no signature: the assertion or the ID token is the proof.
Source: AWS STS API Reference, "AssumeRoleWithSAML" and
"AssumeRoleWithWebIdentity".
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.parsers import ResponseParserError

from securecart.names.credentials import Credentials
from securecart.names.errors import SecureCartError

if TYPE_CHECKING:
    from types_boto3_sts.type_defs import AssumedRoleUserTypeDef, CredentialsTypeDef

_CONNECT_SECONDS = 3
_READ_SECONDS = 10
_ATTEMPTS = 2
"""A person waits: one retry, then an error that says to try again."""

_SERVER_ERROR = 500

_TRANSIENT = frozenset({"IDPCommunicationError", "Throttling", "ThrottlingException"})
"""Client errors by their status, which AWS asks to try again all the same."""


class StsRejected(SecureCartError):
    """STS answered, and refused: another try with the same proof is no use.

    `code` and `message` are AWS's; the message may name ARNs and is for the
    log, not for the person.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class StsUnavailable(SecureCartError):
    """STS did not answer, or failed itself: the same call may work later."""


@dataclass(frozen=True, slots=True)
class AssumedRole:
    """A role session just begun.

    `assumed_role_id` is `AROA…:<session name>`, the value of `aws:userid` and
    so the folder; `arn` is the session's.
    """

    credentials: Credentials
    assumed_role_id: str
    arn: str


class StsClient:
    """STS at AWS (in a region), or at an address; safe to share by threads."""

    def __init__(self, *, region: str, endpoint_url: str | None = None) -> None:
        session = boto3.Session(region_name=region)
        self._sts = session.client(
            "sts",
            endpoint_url=endpoint_url,
            config=Config(
                signature_version=UNSIGNED,
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=_READ_SECONDS,
                retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            ),
        )

    def assume_role_with_saml(
        self,
        assertion_b64: str,
        role_arn: str,
        provider_arn: str,
        duration_seconds: int,
    ) -> AssumedRole:
        """Trade the IdP's SAML response, as it came (Base64), for credentials.

        Raises:
            StsRejected: if STS refuses.
            StsUnavailable: if STS cannot answer.
        """
        with _typed():
            answer = self._sts.assume_role_with_saml(
                RoleArn=role_arn,
                PrincipalArn=provider_arn,
                SAMLAssertion=assertion_b64,
                DurationSeconds=duration_seconds,
            )
            return _assumed(answer["Credentials"], answer["AssumedRoleUser"])

    def assume_role_with_web_identity(
        self,
        id_token: str,
        role_arn: str,
        session_name: str,
        duration_seconds: int,
    ) -> AssumedRole:
        """Trade an ID token, as it came, for credentials.

        `session_name` becomes part of `aws:userid`; the role's trust policy
        holds it to the token's subject.

        Raises:
            StsRejected: if STS refuses.
            StsUnavailable: if STS cannot answer.
        """
        with _typed():
            answer = self._sts.assume_role_with_web_identity(
                RoleArn=role_arn,
                RoleSessionName=session_name,
                WebIdentityToken=id_token,
                DurationSeconds=duration_seconds,
            )
            return _assumed(answer["Credentials"], answer["AssumedRoleUser"])


@contextmanager
def _typed() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        details = error.response.get("Error", {})
        code, message = details.get("Code", ""), details.get("Message", "")
        status = _status(error.response.get("ResponseMetadata", {}))
        if status >= _SERVER_ERROR or code in _TRANSIENT:
            raise StsUnavailable(f"STS failed: {code}") from error
        raise StsRejected(code, message) from error
    except ParamValidationError as error:
        # Its text may hold the proof, so nothing of it goes on.
        raise StsRejected("ValidationError", "a parameter is malformed") from error
    except (BotoCoreError, ResponseParserError) as error:
        # The message would hold the endpoint at most; the proof is in neither.
        raise StsUnavailable(f"STS does not answer: {type(error).__name__}") from error


def _status(metadata: Mapping[str, object]) -> int:
    status = metadata.get("HTTPStatusCode")
    return status if isinstance(status, int) else _SERVER_ERROR


def _assumed(
    credentials: "CredentialsTypeDef", user: "AssumedRoleUserTypeDef"
) -> AssumedRole:
    return AssumedRole(
        Credentials(
            credentials["AccessKeyId"],
            credentials["SecretAccessKey"],
            credentials["SessionToken"],
            credentials["Expiration"].astimezone(UTC),
        ),
        user["AssumedRoleId"],
        user["Arn"],
    )
