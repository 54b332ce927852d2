"""A sample of `tests/vectors/gateway`, against a whole installation.

`tests/interop/gateway/test_vectors.py` replays every case over the same gateway
and store. What stands before them here (workers, the people's own database and
keys) is the same for all cases, so that some of each file show it.
"""

from collections.abc import Callable, Iterator
from itertools import groupby, islice
from operator import attrgetter
from typing import Any

import pytest
from botocore.credentials import Credentials
from tests.gateway_vectors import Case, Endpoint, cases
from tests.installation import Running

pytestmark = pytest.mark.slow

_EACH = 12


def _sample() -> Iterator[Case]:
    """The first case of each file, and every twelfth behind it."""
    for _, of_file in groupby(cases(), key=attrgetter("file")):
        yield from islice(of_file, 0, None, _EACH)


_CASES = list(_sample())


@pytest.fixture(scope="session")
def endpoint(
    running: Running,
    sign_in_without_browser: Callable[[Running, str], dict[str, Any]],
) -> Endpoint:
    """Its address, its administrator, and the session of a person who signed in."""
    session = sign_in_without_browser(running, "engineering")["credentials"]
    admin = running.ready["admin"]
    account = running.client("sts").get_caller_identity()["Account"]
    return Endpoint(
        url=running.ready["aws"],
        region=running.ready["region"],
        account=account,
        admin=Credentials(admin["access_key_id"], admin["secret_access_key"]),
        session=Credentials(
            session["access_key_id"],
            session["secret_access_key"],
            session["session_token"],
        ),
    )


@pytest.mark.parametrize(
    "case", _CASES, ids=[f"{case.file}: {case.says}" for case in _CASES]
)
def test_an_installation_answers_as_aws_does(endpoint: Endpoint, case: Case) -> None:
    """As the gateway alone does."""
    endpoint.replay(case)
