"""Why requests were refused: for administrators, and for nobody else."""

from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from securecart.serve.portal.denials import denial
from securecart.trail import NoSuchPlace, TrailPage

ADMINISTRATORS = frozenset({"ada"})
WORDS = ["Statement Own would allow it, but …", "Denied, since no policy allows it."]
RECORD = {
    "eventTime": "2026-03-02T11:59:58Z",
    "eventSource": "s3.amazonaws.com",
    "eventName": "GetObject",
    "userIdentity": {
        "type": "AssumedRole",
        "principalId": "AROAEXAMPLE:bob",
        "arn": "arn:aws:sts::123456789012:assumed-role/SecureCartEmployee/bob",
    },
    "sourceIPAddress": "203.0.113.9",
    "requestParameters": {"bucketName": "docs", "key": "AROAEXAMPLE:ada/a.txt"},
    "errorCode": "AccessDenied",
    "errorMessage": "User … is not authorized",
    "additionalEventData": {"explanation": WORDS},
    "requestID": "0123456789ABCDEF",
}


@dataclass
class FakeDenials:
    """A trail with so many refused requests, numbered from the latest."""

    count: int
    record: dict[str, Any] = field(default_factory=lambda: RECORD)
    asked: list[str | None] = field(default_factory=list)

    def newest(self, most: int, *, before: str | None = None) -> TrailPage:
        self.asked.append(before)
        if before is not None and not before.isdecimal():
            raise NoSuchPlace(before)
        first = int(before or 0)
        last = min(first + most, self.count)
        records = [self.record | {"requestID": str(n)} for n in range(first, last)]
        return TrailPage(tuple(records), str(last) if last < self.count else None)


@pytest.fixture
def trail(world: Any) -> FakeDenials:
    """The trail of the world's portal."""
    world.denials = FakeDenials(120)
    found: FakeDenials = world.denials
    return found


def signed_in(world: Any, person: str, method: str = "saml") -> Any:
    """Answer the browser of a person; Ada is the administrator."""
    browser = world.browser(administrators=ADMINISTRATORS)
    world.saml.person = world.oidc.person = person
    world.sign_in(method, browser)
    return browser


def ask(browser: Any, **query: str) -> httpx.Response:
    """Ask as the page does."""
    answer: httpx.Response = browser.get(
        "/api/refusals", params=query, headers={"Sec-Fetch-Site": "same-origin"}
    )
    return answer


@pytest.mark.parametrize("method", ["saml", "oidc"])
def test_the_administrator_reads_why(
    world: Any, trail: FakeDenials, method: str
) -> None:
    """Who, what, from where, which request, and the words of the explanation."""
    trail.count = 1
    browser = signed_in(world, "ada", method)
    assert browser.session()["administrator"] is True
    answer = ask(browser)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "trail": "journal",
        "refusals": [
            {
                "time": "2026-03-02T11:59:58Z",
                "person": "bob",
                "principal": RECORD["userIdentity"]["arn"],  # type: ignore[index]
                "action": "s3:GetObject",
                "resource": "docs/AROAEXAMPLE:ada/a.txt",
                "source_ip": "203.0.113.9",
                "request_id": "0",
                "error": "AccessDenied",
                "reasons": WORDS,
            }
        ],
        "older": None,
    }


@pytest.mark.parametrize("method", ["saml", "oidc"])
@pytest.mark.parametrize("person", ["bob", "ADA", "ada2", "ad"])
def test_nobody_else_does(
    world: Any, trail: FakeDenials, person: str, method: str
) -> None:
    """403 in the portal's form, whatever the browser claims; nothing is read."""
    browser = signed_in(world, person, method)
    assert browser.session()["administrator"] is False
    browser.client.cookies.set("administrator", "true")
    answer = browser.get(
        "/api/refusals?administrator=true&person=ada",
        headers={"X-Administrator": "true", "X-Forwarded-User": "ada"},
    )
    assert answer.status_code == 403
    assert answer.json()["error"] == "no_administrator"
    assert set(answer.json()) == {"error", "message", "organisation", "reference"}
    assert answer.headers["cache-control"] == "no-store"
    assert trail.asked == []


def test_a_display_name_makes_no_administrator(world: Any, trail: FakeDenials) -> None:
    """Only the session name does, which STS itself has verified."""
    world.saml.display_name = "ada"
    browser = signed_in(world, "bob")
    assert browser.session()["name"] == "ada"
    assert ask(browser).status_code == 403
    assert trail.asked == []


def test_without_administrators_there_are_none(world: Any, trail: FakeDenials) -> None:
    """The setting is empty unless somebody fills it in."""
    browser = world.browser()
    world.sign_in_saml(browser)
    assert ask(browser).status_code == 403
    assert trail.asked == []


def test_who_is_no_administrator_any_more_reads_nothing(
    world: Any, trail: FakeDenials
) -> None:
    """The setting in force counts, not the one at the sign-in."""
    browser = signed_in(world, "ada")
    later = world.browser()
    later.client.cookies.update(dict(browser.client.cookies))
    assert later.session()["administrator"] is False
    assert ask(later).status_code == 403
    assert trail.asked == []


def test_whoever_is_not_signed_in_is_told_so(world: Any, trail: FakeDenials) -> None:
    """As under `/api/session`: 401 with the way to sign in."""
    browser = world.browser(administrators=ADMINISTRATORS)
    answer = ask(browser)
    assert answer.status_code == 401
    assert answer.json()["error"] == "signed_out"
    assert answer.json()["sign_in_url"] == "/login"
    world.sign_in_saml(browser)
    world.time.pass_by(days=1)
    assert ask(browser).json()["error"] == "session_ended"
    assert trail.asked == []


def test_another_site_reads_nothing(world: Any, trail: FakeDenials) -> None:
    """Not even through the administrator's own browser."""
    answer = signed_in(world, "ada").get(
        "/api/refusals", headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403
    assert answer.json()["error"] == "cross_site"
    assert trail.asked == []


def test_pages_lead_to_older_ones(world: Any, trail: FakeDenials) -> None:
    """Fifty at a time, newest first, until there are no more."""
    browser = signed_in(world, "ada")
    seen: list[str] = []
    query: dict[str, str] = {}
    sizes = []
    while True:
        page = ask(browser, **query).json()
        sizes.append(len(page["refusals"]))
        seen += [refusal["request_id"] for refusal in page["refusals"]]
        if page["older"] is None:
            break
        query = {"before": page["older"]}
    assert sizes == [50, 50, 20]
    assert seen == [str(number) for number in range(trail.count)]


def test_a_cursor_that_is_none_is_refused(world: Any, trail: FakeDenials) -> None:
    """400, and the trail's own word of it stays in the log."""
    del trail
    answer = ask(signed_in(world, "ada"), before="../../etc/passwd")
    assert answer.status_code == 400
    assert answer.json()["error"] == "bad_request"
    assert "passwd" not in answer.text


def test_on_aws_cloudtrail_has_them(world: Any) -> None:
    """An answer that says so, and no error; still for administrators only."""
    answer = ask(signed_in(world, "ada"))
    assert answer.status_code == 200
    assert answer.json() == {"trail": "cloudtrail", "refusals": [], "older": None}
    assert ask(signed_in(world, "bob")).status_code == 403


def test_what_a_stranger_chose_is_text(world: Any, trail: FakeDenials) -> None:
    """Markup stays text, and nothing turns or steers the line that it stands in."""
    trail.count = 1
    parameters = {"bucketName": "docs", "key": "</script><img src=x>\u202egpj\x1b[2J"}
    trail.record = RECORD | {"requestParameters": parameters}
    answer = ask(signed_in(world, "ada"))
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    refusal = answer.json()["refusals"][0]
    assert refusal["resource"] == "docs/</script><img src=x>�gpj�[2J"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"additionalEventData": {}}, {"reasons": ["User … is not authorized"]}),
        (
            {"additionalEventData": {"explanation": "x"}, "errorMessage": 7},
            {"reasons": []},
        ),
        (
            {"additionalEventData": {"explanation": [1, "said", None]}},
            {"reasons": ["said"]},
        ),
        (
            {"additionalEventData": {"explanation": ["a"] * 500 + ["verdict"]}},
            {"reasons": ["a"] * 99 + ["verdict"]},
        ),
        (
            {"userIdentity": {"type": "SAMLUser", "userName": "bob"}},
            {"person": "bob", "principal": None},
        ),
        ({"userIdentity": {"type": "Root"}}, {"person": "Root"}),
        (
            {"userIdentity": "x", "sourceIPAddress": None},
            {"person": None, "source_ip": None},
        ),
        ({"requestParameters": {"bucketName": "docs"}}, {"resource": "docs"}),
        (
            {
                "requestParameters": None,
                "resources": [{"ARN": "arn:aws:iam::1:role/r"}],
            },
            {"resource": "arn:aws:iam::1:role/r"},
        ),
        ({"requestParameters": [], "resources": [7]}, {"resource": None}),
        (
            {"eventTime": {"x": 1}, "requestID": "r" * 9000},
            {"time": None, "request_id": "r" * 2048 + "…"},
        ),
    ],
)
def test_a_record_of_any_shape_is_told(
    changes: dict[str, Any], expected: dict[str, Any]
) -> None:
    """What is missing or strange is left out; what is too long is cut."""
    found = denial(RECORD | changes)
    assert found | expected == found
