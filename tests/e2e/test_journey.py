"""People in a real browser, from the company's sign-in page and back."""

import hashlib
import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Page, Response, expect

pytestmark = pytest.mark.slow

_LARGE = 50 * 2**20

_SMALL = ("Minutes März.txt", "Quarterly plan.docx", "Travel expenses 2026.xlsx")

_DROP = """(names) => {
  const transfer = new DataTransfer();
  for (const name of names) {
    transfer.items.add(new File([`contents of ${name}`], name));
  }
  const target = document.querySelector("section.folder");
  for (const kind of ["dragenter", "dragover", "drop"]) {
    target.dispatchEvent(
      new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true })
    );
  }
}"""


@pytest.fixture
def large_file(tmp_path: Path) -> Path:
    """Fifty megabytes that do not compress."""
    file = tmp_path / "Workshop recording.mp4"
    file.write_bytes(os.urandom(_LARGE))
    return file


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _problems(page: Page) -> list[str]:
    """What goes wrong in the page, but for "nobody is signed in"."""
    problems: list[str] = []

    def note_message(told: ConsoleMessage) -> None:
        if told.type == "error" and not told.text.startswith("Failed to load"):
            problems.append(told.text)

    def note_answer(answer: Response) -> None:
        asked = answer.url.endswith("/api/session") and answer.status == 401
        if answer.status >= 400 and not asked:
            problems.append(f"{answer.status} {answer.url}")

    page.on("console", note_message)
    page.on("response", note_answer)
    page.on("pageerror", lambda error: problems.append(str(error)))
    return problems


def _row(page: Page, name: str) -> Any:
    return page.get_by_role("row").filter(has_text=name)


def _work(page: Page, large_file: Path, tmp_path: Path) -> None:
    """Upload, list, open a folder, download byte for byte, delete."""
    page.evaluate(_DROP, _SMALL)
    for name in _SMALL:
        expect(_row(page, name)).to_be_visible()
    page.get_by_label("Files to upload").set_input_files(large_file)
    expect(page.get_by_role("progressbar").first).to_be_visible()
    expect(page.get_by_text("Uploads finished")).to_be_visible(timeout=60_000)
    expect(_row(page, large_file.name)).to_contain_text("52 MB")
    page.get_by_role("button", name="Close").click()

    page.get_by_role("button", name="New folder").click()
    page.get_by_label("Name", exact=True).fill("Contracts")
    page.get_by_role("button", name="Create folder").click()
    expect(_row(page, "Contracts")).to_be_visible()
    shown = os.environ.get("SECURECART_SCREENSHOT")
    if shown:
        page.screenshot(path=shown)
    _row(page, "Contracts").get_by_role("button", name="Contracts", exact=True).click()
    expect(page.get_by_role("heading", name="Contracts")).to_be_visible()
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    page.get_by_role("button", name="My documents").click()

    with page.expect_download() as download:
        page.get_by_role("button", name=f"Download {large_file.name}").click()
    copy = tmp_path / "copy"
    download.value.save_as(copy)
    assert download.value.suggested_filename == large_file.name
    assert _digest(copy) == _digest(large_file)

    for name in (large_file.name, "Contracts", *_SMALL):
        page.get_by_role("button", name=f"Delete {name}").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(_row(page, name)).to_have_count(0)


@pytest.mark.parametrize(
    ("how", "department"),
    [("", "legal"), ("oidc", "finance"), ("saml", "engineering")],
    ids=["configured-way-with-mfa", "oidc", "saml"],
)
def test_a_person_works_in_their_own_folder(
    page: Page,
    running: Any,
    sign_in: Any,
    how: str,
    department: str,
    large_file: Path,
    tmp_path: Path,
) -> None:
    """Sign in, upload, list, download, delete, sign out: all in the browser."""
    problems = _problems(page)
    sign_in(page, department, how)
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"Session: \d+ min"))
    _work(page, large_file, tmp_path)
    page.get_by_role("button", name="Sign out").click()
    page.goto(running.portal)
    expect(page.get_by_role("link", name="Sign in with SSO")).to_be_visible()
    assert problems == []


def test_nothing_secret_stays_in_the_browser(
    page: Page, running: Any, sign_in: Any
) -> None:
    """Credentials live in memory: no storage, no cookie a script can read."""
    sign_in(page, "engineering")
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert page.evaluate("document.cookie") == ""
    assert page.evaluate("indexedDB.databases().then(found => found.length)") == 0
    portal = [c for c in page.context.cookies(running.portal) if "session" in c["name"]]
    assert portal
    assert all(cookie["httpOnly"] for cookie in portal)


def test_reloading_keeps_the_person_signed_in(
    page: Page, running: Any, sign_in: Any
) -> None:
    """A reload asks the portal again, and nobody for a password."""
    sign_in(page, "finance", "oidc")
    page.reload()
    expect(page.get_by_role("heading", name="My documents")).to_be_visible()
    assert running.ready["portal"] in page.url
