"""botocore's errors, said once in words for an administrator."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.parsers import ResponseParserError

from securecart.blueprint import SetupFailed

_ADVICE = {
    "AccessDenied": "use an administrator's credentials",
    "AccessDeniedException": "use an administrator's credentials",
    "BucketAlreadyExists": "somebody else owns that bucket; choose another name",
    "ExpiredToken": "the credentials have expired; get new ones",
    "ExpiredTokenException": "the credentials have expired; get new ones",
    "InvalidAccessKeyId": "the access key is unknown there; check the credentials",
    "InvalidClientTokenId": "the access key is unknown there; check the credentials",
    "UnrecognizedClientException": "the access key is unknown there; check it",
    "SignatureDoesNotMatch": "the secret key is wrong; check the credentials",
    "RequestTimeTooSkewed": "this machine's clock is wrong; set it",
    "LimitExceeded": "ask AWS for a higher quota, or remove what is unused",
    "LimitExceededException": "ask AWS for a higher quota, or remove what is unused",
    "OperationAborted": "another change is under way; try again in a minute",
}


def code(error: ClientError) -> str:
    """AWS's code of the error; a bare HTTP status where there is no body."""
    return error.response.get("Error", {}).get("Code", "")


@contextmanager
def explained(attempt: str, endpoint: str) -> Iterator[None]:
    """Turn what botocore raises into what a person can act on.

    `attempt` says in plain words what was being done.

    Raises:
        SetupFailed: instead of any error of botocore's.
    """
    try:
        yield
    except ClientError as error:
        message = error.response.get("Error", {}).get("Message", "")
        advice = _ADVICE.get(code(error))
        raise SetupFailed(
            f"could not {attempt}: {endpoint} answered {code(error)}: {message}"
            + (f" ({advice})" if advice else "")
        ) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise SetupFailed(
            f"could not {attempt}: no AWS credentials were found; set a profile "
            "or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        ) from error
    except (EndpointConnectionError, HTTPClientError) as error:
        raise SetupFailed(
            f"could not {attempt}: {endpoint} does not answer; is it running, and "
            "can this machine reach it?"
        ) from error
    except ResponseParserError as error:
        raise SetupFailed(
            f"could not {attempt}: {endpoint} does not answer as AWS does; is it "
            "the right address?"
        ) from error
    except BotoCoreError as error:
        raise SetupFailed(f"could not {attempt}: {error}") from error
