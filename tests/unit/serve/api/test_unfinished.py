"""Answers that wait for the disk: told and recorded when it has answered."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from securecart import sts
from securecart.serve.api import Api, Unfinished
from securecart.sts import InvalidIdentityToken, Pending
from securecart.wire.http import HttpRequest, HttpResponse

ANSWER = {"Subject": "ada", "Issuer": "https://idp.example.com"}
Records = Callable[[], list[dict[str, Any]]]


def _finish(first: bool) -> Mapping[str, Any]:  # noqa: FBT001 - What `redeem` answers.
    if not first:
        raise InvalidIdentityToken("Assertion was already redeemed")
    return ANSWER


def _full() -> bool:
    raise OSError("no space left on device")


@pytest.fixture
def begin(
    api: Api,
    request_to: Callable[..., HttpRequest],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[Callable[[], bool]], HttpResponse | Unfinished]:
    """Begin an exchange whose assertion is redeemed in a way of the test's."""

    def begin(redeem: Callable[[], bool]) -> HttpResponse | Unfinished:
        def operation(_call: sts.Call) -> Pending:
            return Pending(redeem, _finish)

        monkeypatch.setitem(sts.OPERATIONS, "AssumeRoleWithSAML", operation)
        return api.begin(
            request_to(
                "sts",
                "AssumeRoleWithSAML",
                RoleArn="arn:aws:iam::111122223333:role/Employee",
                PrincipalArn="arn:aws:iam::111122223333:saml-provider/Idp",
                SAMLAssertion="PHg+",
            )
        )

    return begin


@pytest.mark.parametrize(
    ("redeem", "status", "code"),
    [
        (lambda: True, 200, None),
        (lambda: False, 400, "InvalidIdentityToken"),
        (_full, 500, "InternalFailure"),
    ],
)
def test_it_is_answered_and_recorded_when_it_has_been_waited_for(
    begin: Callable[[Callable[[], bool]], HttpResponse | Unfinished],
    records: Records,
    redeem: Callable[[], bool],
    status: int,
    code: str | None,
) -> None:
    """Once, whatever came of it."""
    begun = begin(redeem)
    assert isinstance(begun, Unfinished)
    assert records() == []
    begun.wait()
    assert records() == []
    assert begun.finish().status == status
    (record,) = records()
    assert record.get("errorCode") == code


def test_who_has_not_waited_is_refused(
    begin: Callable[[Callable[[], bool]], HttpResponse | Unfinished],
) -> None:
    """Nothing says that the assertion was not redeemed before."""
    begun = begin(lambda: True)
    assert isinstance(begun, Unfinished)
    assert begun.finish().status == 400
