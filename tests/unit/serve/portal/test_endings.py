"""Sessions that end by word from elsewhere, in every process at once."""

from typing import Any

import pytest

from securecart.serve.portal import Endings

IDP = "http://localhost:8081"
ENTITY = f"{IDP}/saml/metadata"


def signed_in(world: Any, method: str, person: str = "ada") -> Any:
    """Answer a browser with a session of that person."""
    world.saml.person = world.oidc.person = person
    browser = world.browser()
    assert world.sign_in(method, browser).status_code == 303
    browser.session()
    return browser


def is_out(browser: Any) -> Any:
    """Say whether the portal calls the session ended from elsewhere."""
    answer = browser.get("/api/session")
    return answer.json().get("error") == "signed_out_elsewhere"


def test_a_persons_sessions_end_by_either_protocol_and_others_stay(world: Any) -> None:
    """Two browsers, two protocols, one person; another person goes on."""
    ada, too = signed_in(world, "saml"), signed_in(world, "oidc")
    bob = signed_in(world, "saml", "bob")
    Endings(world.records, clock=world.time).end_person("ada")
    assert is_out(ada)
    assert is_out(too)
    bob.session()


@pytest.mark.parametrize(
    ("method", "issuer", "subject"),
    [("saml", ENTITY, "id-of-ada"), ("oidc", IDP, "ada")],
)
def test_a_subjects_sessions_end_for_its_own_issuer_alone(
    world: Any, method: str, issuer: str, subject: str
) -> None:
    """The same name at another provider is another person."""
    browser = signed_in(world, method)
    endings = Endings(world.records, clock=world.time)
    endings.end_subject("https://other.example", subject)
    endings.end_subject(issuer, "somebody")
    browser.session()
    endings.end_subject(issuer, subject)
    assert is_out(browser)


def test_a_session_of_the_provider_ends_what_rests_on_it(world: Any) -> None:
    """Another session of the same person stays."""
    world.oidc.claims = {"sid": "one"}
    first = signed_in(world, "oidc")
    world.oidc.claims = {"sid": "two"}
    second = signed_in(world, "oidc")
    Endings(world.records, clock=world.time).end_provider_session(IDP, "one")
    assert is_out(first)
    second.session()


def test_a_session_of_unknown_origin_ends_with_any_of_its_person(world: Any) -> None:
    """The provider never said on what it rests: better out than in."""
    browser = signed_in(world, "oidc")
    endings = Endings(world.records, clock=world.time)
    endings.end_provider_session(IDP, "one")
    browser.session()
    endings.end_provider_session(IDP, "one", subject="ada")
    assert is_out(browser)


def test_an_ending_lasts_and_a_new_sign_in_is_free_of_it(world: Any) -> None:
    """Also after a renewal: what counts is when the session began."""
    old = signed_in(world, "oidc")
    copy = world.browser()
    copy.client.cookies.update(dict(old.client.cookies))
    Endings(world.records, clock=world.time).end_person("ada")
    assert old.renew("any").status_code == 401
    world.time.pass_by(seconds=1)
    new = signed_in(world, "oidc")
    world.time.pass_by(minutes=30)
    assert is_out(copy)
    assert new.renew().status_code == 200


def test_a_renewal_under_way_cannot_save_an_ended_session(world: Any) -> None:
    """Revoked while the provider was being asked."""
    browser = signed_in(world, "oidc")
    refresh = world.oidc.refresh

    def revoke_first(refresh_token: str) -> Any:
        Endings(world.records, clock=world.time).end_person("ada")
        return refresh(refresh_token)

    world.oidc.refresh = revoke_first
    assert browser.renew().status_code == 401
    assert len(world.sts.calls) == 1
    assert is_out(browser)


@pytest.mark.parametrize("by", ["revocation", "sign-out"])
def test_credentials_of_a_session_that_ended_meanwhile_are_handed_to_nobody(
    world: Any, by: str
) -> None:
    """Issued after the ending, they would outlive it."""
    browser = signed_in(world, "oidc")
    token = browser.session()["csrf_token"]
    assume = world.sts.assume_role_with_web_identity
    records = world.records.__dict__["_records"]

    def end_first(*asked: Any) -> Any:
        if by == "revocation":
            Endings(world.records, clock=world.time).end_person("ada")
        for key in [key for key in records if key.startswith("sign-in/")]:
            if by == "sign-out":
                world.records.delete(key)
        return assume(*asked)

    world.sts.assume_role_with_web_identity = end_first
    answer = browser.renew(token)
    assert answer.status_code == 401
    assert len(world.sts.calls) == 2
    assert "secret2" not in answer.text


def test_looking_a_session_up_costs_two_looks_at_the_store(world: Any) -> None:
    """As many as without endings."""
    browser = signed_in(world, "oidc")
    looks: list[object] = []
    for name in ("get", "get_all"):
        real = getattr(world.records, name)

        def counted(*asked: Any, real: Any = real, **options: Any) -> Any:
            looks.append(asked)
            return real(*asked, **options)

        setattr(world.records, name, counted)
    browser.session()
    assert len(looks) == 2
