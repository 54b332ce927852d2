"""Answers that wait for the disk: told and recorded when it has answered."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from securecart import sts
from securecart.serve.api import Api, Unfinished
from securecart.sts import InvalidIdentityToken, Pending
from securecart.wire.http import HttpRequest, HttpResponse

ANSWER = {"Subject": "ada", "Issuer": "https://idp.example.com"}
Begin = Callable[[bool | Exception], HttpResponse | Unfinished]
Records = Callable[[], list[dict[str, Any]]]


def _finish(first: bool | Exception) -> Mapping[str, Any]:  # noqa: FBT001 - What was told.
    if isinstance(first, Exception):
        raise first
    if not first:
        raise InvalidIdentityToken("Assertion was already redeemed")
    return ANSWER


@pytest.fixture
def begin(
    api: Api,
    request_to: Callable[..., HttpRequest],
    monkeypatch: pytest.MonkeyPatch,
) -> Begin:
    """Begin an exchange whose assertion is redeemed in a way of the test's."""

    def begin(redeemed: bool | Exception) -> HttpResponse | Unfinished:  # noqa: FBT001
        def operation(_call: sts.Call) -> Pending:
            return Pending(lambda then: then(redeemed), _finish)

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
    ("redeemed", "status", "code"),
    [
        (True, 200, None),
        (False, 400, "InvalidIdentityToken"),
        (OSError("no space left on device"), 500, "InternalFailure"),
    ],
)
def test_it_is_answered_and_recorded_when_it_has_been_waited_for(
    begin: Begin,
    records: Records,
    redeemed: bool | Exception,  # noqa: FBT001
    status: int,
    code: str | None,
) -> None:
    """Once, whatever came of it."""
    begun = begin(redeemed)
    assert isinstance(begun, Unfinished)
    assert records() == []
    told = list[str]()
    begun.redeem(lambda: told.append("now"))
    assert (told, records()) == (["now"], [])
    assert begun.finish().status == status
    (record,) = records()
    assert record.get("errorCode") == code


def test_who_has_not_waited_is_refused(
    begin: Begin,
) -> None:
    """Nothing says that the assertion was not redeemed before."""
    begun = begin(True)  # noqa: FBT003
    assert isinstance(begun, Unfinished)
    assert begun.finish().status == 500
