"""The words of a refusal, as AWS has them."""

import json
from pathlib import Path

import pytest

from securecart.names.principal import Principal
from securecart.policy import (
    Answer,
    Decision,
    Layer,
    Request,
    denial_message,
)

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Employee"
VECTORS = Path(__file__).parents[2] / "vectors" / "policy" / "denials.json"


@pytest.mark.parametrize(
    "denial", json.loads(VECTORS.read_text())["denials"], ids=lambda d: d["message"]
)
def test_names_who_what_and_which_policy(
    principals: dict[str, Principal], denial: dict[str, str]
) -> None:
    """Each layer has its own words, for both kinds of denial."""
    request = Request(
        principals["ab"], denial["action"], denial["resource"], {}, ACCOUNT
    )
    answer = Answer(Decision(denial["decision"]), (), Layer(denial["layer"]))
    assert denial_message(request, answer) == denial["message"]


@pytest.mark.parametrize("stranger", ["outsider", "anonymous"])
def test_strangers_learn_nothing_from_s3(
    principals: dict[str, Principal], stranger: str
) -> None:
    """Not even which action was meant."""
    request = Request(
        principals[stranger], "s3:GetObject", "arn:aws:s3:::docs/a", {}, ACCOUNT
    )
    answer = Answer(Decision.IMPLICIT_DENY, (), Layer.RESOURCE)
    assert denial_message(request, answer) == "Access Denied"


def test_the_federated_learn_which_operation_is_closed(
    principals: dict[str, Principal],
) -> None:
    """In the words of STS."""
    request = Request(principals["saml"], "sts:AssumeRoleWithSAML", ROLE, {}, ACCOUNT)
    message = denial_message(request, Answer(Decision.IMPLICIT_DENY, (), Layer.TRUST))
    assert message == "Not authorized to perform sts:AssumeRoleWithSAML"


def test_an_allowed_request_has_no_denial(principals: dict[str, Principal]) -> None:
    """Asking for one is a mistake of the caller's code."""
    request = Request(principals["ab"], "s3:GetObject", "*", {}, ACCOUNT)
    with pytest.raises(ValueError, match="allowed"):
        denial_message(request, Answer(Decision.ALLOW))
