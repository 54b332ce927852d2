"""Every operation of AWS's model: offered and catalogued, or said not to be.

Run as a program, this file writes `docs/iam-support.md` anew.
"""

from pathlib import Path

from securecart.adapters.service_models import load_service_model
from securecart.iam import OPERATIONS, Changing
from securecart.iam.absent import ABSENT
from securecart.policy.catalogue import find_action

_DOCUMENT = Path(__file__).parents[3] / "docs" / "iam-support.md"
_TEXT = """# What of IAM is offered

Written by `python tests/unit/iam/test_support.py`; a test fails when it is stale.
An operation that is not offered answers `InvalidAction`: "The operation … is not
supported." Things marked empty cannot exist here: lists of them come empty, and
reading or deleting one answers `NoSuchEntity`. There are no managed policies of
AWS's own (`arn:aws:iam::aws:policy/…`): attaching one answers `NoSuchEntity`, so
write what it grants as a policy of the account. `GetAccessKeyLastUsed` answers
`N/A`, as when AWS has no record; the trail has one.

Terraform itself was not run: `tests/interop/api/test_terraform.py` replays by boto3
the calls that its provider is known to make, waiters and paginators included.

| operation | here | authorised on |
|---|---|---|
"""


def _render() -> str:
    lines = []
    for name in sorted(load_service_model("iam").operation_names):
        operation = OPERATIONS.get(name)
        if operation is None:
            lines.append(f"| {name} | not offered | |\n")
            continue
        how = "changes" if isinstance(operation, Changing) else "reads"
        action = find_action(f"iam:{name}")
        assert action is not None, f"{name} is not in the catalogue"
        types = ", ".join(action.resource_types) or "`*`"
        lines.append(f"| {name} | {'empty' if name in ABSENT else how} | {types} |\n")
    return _TEXT + "".join(lines)


def test_the_list_of_what_is_offered_is_fresh() -> None:
    """The document says what the code does, for each of AWS's operations."""
    assert set(OPERATIONS) <= set(load_service_model("iam").operation_names)
    assert _DOCUMENT.read_text() == _render(), (
        "run python tests/unit/iam/test_support.py"
    )


if __name__ == "__main__":
    _DOCUMENT.write_text(_render())
