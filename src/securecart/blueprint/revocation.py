"""Word to IAM that sessions are over: inline policies that only deny.

Each revocation is a policy of its own on the role, so that two administrators
who revoke at once cannot undo one another. It names a moment, and holds for
every session that was issued before it; once no session can be as old any
more it may go.

Source: AWS IAM User Guide, "Revoke IAM role temporary security credentials".
"""

import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from securecart.blueprint.json_document import render
from securecart.names.clock import Random

LONGEST_SESSION: Final = timedelta(hours=12)
"""MaxSessionDuration at its most: IAM API Reference, "CreateRole"."""

_PREFIX: Final = "SecureCartRevoked-"
_BY_CONSOLE: Final = "AWSRevokeOlderSessions"
"""What AWS's console calls the policy that it puts for the same end."""
_TIME: Final = "%Y%m%dT%H%M%SZ"
_NAME: Final = re.compile(rf"{_PREFIX}(\d{{8}}T\d{{6}}Z)-[0-9a-f]{{8}}")
_RANDOM_BYTES: Final = 4


def next_second(now: datetime) -> datetime:
    """Answer the moment to revoke at, so that no session until now is left out.

    Tokens tell their time of issue in whole seconds; one that was issued in
    the rest of this second is refused with those before it.
    """
    return now.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)


def revocation_name(moment: datetime, random: Random) -> str:
    """Answer a name for the policy that no other has."""
    return f"{_PREFIX}{moment.strftime(_TIME)}-{random(_RANDOM_BYTES).hex()}"


def revocation_document(
    moment: datetime, *, role_id: str, people: Sequence[str] | None
) -> str:
    """Write the policy; `people` are session names, None means everybody."""
    condition: dict[str, dict[str, str | list[str]]] = {
        "DateLessThan": {"aws:TokenIssueTime": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}
    }
    if people is not None:
        named = [f"{role_id}:{person}" for person in people]
        condition["StringEquals"] = {"aws:userid": named}
    statement = {
        "Sid": "RevokedSessions",
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": condition,
    }
    return render({"Version": "2012-10-17", "Statement": [statement]})


def spent(names: Iterable[str], now: datetime) -> list[str]:
    """Answer which revocations no session needs any more."""
    return [
        name
        for name in names
        if (found := _NAME.fullmatch(name))
        and now - datetime.strptime(found[1], _TIME).replace(tzinfo=UTC)
        >= LONGEST_SESSION
    ]


def is_revocation(name: str, document: str) -> bool:
    """Whether an inline policy is one, by its name and by granting nothing."""
    if name != _BY_CONSOLE and not _NAME.fullmatch(name):
        return False
    try:
        statements = json.loads(document)["Statement"]
    except (ValueError, KeyError, TypeError):
        return False
    if isinstance(statements, dict):
        statements = [statements]
    return isinstance(statements, list) and all(
        isinstance(statement, dict) and statement.get("Effect") == "Deny"
        for statement in statements
    )
