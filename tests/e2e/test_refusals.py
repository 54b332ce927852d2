"""A person is refused something, and the administrator reads why."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def administered(
    running: Any,
    tmp_path_factory: pytest.TempPathFactory,
    free_ports: Callable[[], dict[str, int]],
    start: Callable[..., Any],
    wait_ready: Callable[..., Any],
    stop: Callable[..., int],
) -> Iterator[Any]:
    """An installation whose administrator works in finance.

    The sample people are the same everywhere, so another one knows the name.
    """
    data = tmp_path_factory.mktemp("administered") / "data"
    name = running.person("finance")["username"]
    (data.parent / "securecart.toml").write_text(
        f"[portal]\nadministrators = [{json.dumps(name)}]\n"
    )
    process = start(data, free_ports())
    try:
        yield wait_ready(data, process)
    finally:
        assert stop(process) == 0


@pytest.fixture
def arrive(
    administered: Any, browser: Browser, sign_in: Callable[..., dict[str, Any]]
) -> Iterator[Callable[[str], Page]]:
    """Sign people in, each in a browser of their own."""
    contexts = []

    def arrive(department: str) -> Page:
        context = browser.new_context(viewport={"width": 1180, "height": 760})
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        sign_in(page, department, at=administered)
        return page

    yield arrive
    for context in contexts:
        context.close()


def _asked(page: Page, path: str) -> dict[str, Any]:
    """What the portal answers the page, and with which status."""
    told = page.evaluate(
        "path => fetch(path).then(async each => ({...await each.json(), "
        "status: each.status}))",
        path,
    )
    return dict(told)


def _explanation(running: Any, request_id: str) -> list[str]:
    """What `securecart audit` has of a request."""
    told = subprocess.run(
        [
            *(sys.executable, "-m", "securecart", "audit", "--json"),
            *("--data-dir", str(running.data), "--outcome", "denied"),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    records = [json.loads(line) for line in told.splitlines()]
    found = next(each for each in records if each["requestID"] == request_id)
    return list(found["additionalEventData"]["explanation"])


def test_the_administrator_reads_why_somebody_was_refused(
    administered: Any, arrive: Callable[[str], Page]
) -> None:
    """In the words of the audit, under markup's own name, by keyboard too."""
    engineer = arrive("engineering")
    session = _asked(engineer, "/api/session")
    key = "AROANOBODY:else/<b>pay</b>.pdf"
    with pytest.raises(ClientError) as refused:
        administered.client("s3", session["credentials"]).get_object(
            Bucket=session["bucket"], Key=key
        )
    request_id = refused.value.response["ResponseMetadata"]["RequestId"]
    reasons = _explanation(administered, request_id)

    page = arrive("finance")
    page.get_by_role("button", name="Refusals").click()
    expect(page.get_by_role("heading", name="Refusals")).to_be_visible()
    item = page.locator("ol > li").filter(has_text=key)
    expect(item).to_have_count(1)
    expect(item.get_by_role("heading")).to_have_text(
        f"{session['person']} s3:GetObject"
    )
    expect(item.get_by_text(reasons[-1], exact=True)).to_be_visible()
    expect(item.get_by_text(request_id)).not_to_be_visible()
    item.locator("summary").focus()
    page.keyboard.press("Enter")
    for told in (*reasons[:-1], request_id, "AccessDenied"):
        expect(item.get_by_text(told, exact=True)).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("the latest first")

    page.get_by_role("button", name="Documents").click()
    expect(page.get_by_role("heading", name="My documents")).to_be_visible()


def test_others_are_offered_nothing_and_get_nothing(
    arrive: Callable[[str], Page],
) -> None:
    """No entry in the page, and no answer from the portal."""
    page = arrive("engineering")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    expect(page.get_by_role("button", name="Refusals")).to_have_count(0)
    told = _asked(page, "/api/refusals")
    assert told["status"] == 403
    assert told["error"] == "no_administrator"
    assert "refusals" not in told
