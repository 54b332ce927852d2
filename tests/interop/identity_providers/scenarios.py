"""What holds with every SAML provider, whoever wrote it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError
from playwright.sync_api import Page
from tests.interop.identity_providers.browser import Browser
from tests.interop.identity_providers.site import PROVIDER, ROLE, Person, Site

_OWN = {"Sec_Fetch_Site": "same-origin"}


def _refusal(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def _redeem(site: Site, assertion: str) -> Any:
    """Ask STS as any AWS client does, without a portal."""
    sts = site.running.client("sts")
    return sts.assume_role_with_saml(
        RoleArn=ROLE, PrincipalArn=PROVIDER, SAMLAssertion=assertion
    )


class Scenarios:
    """Signing in and out at an installation as it comes."""

    def test_people_reach_their_own_folder_and_no_other(
        self, plain: Site, browser: Browser
    ) -> None:
        """From the portal to the provider and back, to credentials for S3."""
        who, other = plain.provider.people
        page = plain.sign_in(browser, who)
        assert str(page.url) == f"{plain.portal}/"
        told = plain.session(browser)
        assert (told["person"], told["mfa"]) == (who.name, False)
        folder = told["folder"]
        assert folder.endswith(f":{who.name}/")
        s3 = plain.running.client("s3", told["credentials"])
        s3.put_object(Bucket=told["bucket"], Key=f"{folder}a.txt", Body=b"mine")
        read = s3.get_object(Bucket=told["bucket"], Key=f"{folder}a.txt")
        assert read["Body"].read() == b"mine"
        found = s3.list_objects_v2(Bucket=told["bucket"], Prefix=folder)
        assert [each["Key"] for each in found["Contents"]] == [f"{folder}a.txt"]
        # Names that begin alike must not be enough.
        theirs = folder.replace(f":{who.name}/", f":{other.name}/")
        for prefix in (theirs, folder.removesuffix("/"), ""):
            with pytest.raises(ClientError) as error:
                s3.list_objects_v2(Bucket=told["bucket"], Prefix=prefix)
            assert _refusal(error) == "AccessDenied"
        with pytest.raises(ClientError) as error:
            s3.put_object(Bucket=told["bucket"], Key=f"{theirs}a.txt", Body=b"")
        assert _refusal(error) == "AccessDenied"

    def test_a_principal_tag_decides(self, plain: Site, new_browser: Any) -> None:
        """A Deny on the tag that the provider sends for one meets that one only."""
        document = (
            '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", '
            '"Action": "s3:PutObject", "Resource": "*", "Condition": {"StringEquals": '
            f'{{"aws:PrincipalTag/Department": "{plain.provider.people[0].tag}"}}}}}}}}'
        )
        sessions = []
        for who in plain.provider.people:
            browser = new_browser()
            plain.sign_in(browser, who)
            sessions.append(plain.session(browser))
        iam = plain.running.client("iam")
        named = {"RoleName": "SecureCartEmployee", "PolicyName": "ByTag"}
        iam.put_role_policy(**named, PolicyDocument=document)
        try:
            denied, allowed = sessions
            s3 = plain.running.client("s3", allowed["credentials"])
            s3.put_object(Bucket=allowed["bucket"], Key=f"{allowed['folder']}t")
            s3 = plain.running.client("s3", denied["credentials"])
            with pytest.raises(ClientError) as error:
                s3.put_object(Bucket=denied["bucket"], Key=f"{denied['folder']}t")
            assert _refusal(error) == "AccessDenied"
        finally:
            iam.delete_role_policy(**named)

    def test_an_assertion_counts_once_at_sts(
        self, plain: Site, browser: Browser
    ) -> None:
        """By unchanged boto3, with name, source identity and duration from it."""
        who = plain.provider.people[0]
        browser.holds_answers = True
        plain.sign_in(browser, who)
        assertion = browser.held
        answer = _redeem(plain, assertion)
        assert answer["AssumedRoleUser"]["Arn"].endswith(
            f":assumed-role/SecureCartEmployee/{who.name}"
        )
        assert answer["SourceIdentity"] == who.name
        assert answer["Audience"] == f"{plain.portal}/saml/acs"
        life = answer["Credentials"]["Expiration"] - datetime.now(UTC)
        assert timedelta(minutes=29) < life <= timedelta(minutes=30)
        keys = {
            "access_key_id": answer["Credentials"]["AccessKeyId"],
            "secret_access_key": answer["Credentials"]["SecretAccessKey"],
            "session_token": answer["Credentials"]["SessionToken"],
        }
        caller = plain.running.client("sts", keys).get_caller_identity()
        assert caller["UserId"] == answer["AssumedRoleUser"]["AssumedRoleId"]
        with pytest.raises(ClientError) as error:
            _redeem(plain, assertion)
        assert _refusal(error) == "InvalidIdentityToken"

    def test_an_answer_counts_once_at_the_portal(
        self, plain: Site, browser: Browser
    ) -> None:
        """The same answer again, in the browser that it was for."""
        plain.sign_in(browser, plain.provider.people[0])
        answer = browser.posted("SAMLResponse")
        relay_state = browser.posted("RelayState")
        acs = f"{plain.portal}/saml/acs"
        again = {"SAMLResponse": answer, "RelayState": relay_state}
        page = browser.http.post(acs, data=again)
        assert page.status_code == 400
        assert "Please begin at the portal" in page.text

    def test_a_sign_in_that_is_still_open_asks_nothing(
        self, plain: Site, browser: Browser
    ) -> None:
        """Signed in at the provider, signed out of the portal: no password."""
        plain.sign_in(browser, plain.provider.people[0])
        before = plain.session(browser)
        browser.http.cookies.delete("securecart-session")
        assert str(browser.get(f"{plain.portal}/login").url) == f"{plain.portal}/"
        after = plain.session(browser)
        assert after["folder"] == before["folder"]
        assert after["credentials"] != before["credentials"]

    def test_a_forced_sign_in_asks_again(self, plain: Site, browser: Browser) -> None:
        """ForceAuthn: the password once more, and the answer counts as fresh."""
        who = plain.provider.people[0]
        plain.sign_in(browser, who)
        self.let_time_pass()
        page = browser.get(f"{plain.portal}/login?reauthenticate=1")
        page = plain.at_provider(browser, page, who)
        assert str(page.url) == f"{plain.portal}/", page.text

    def let_time_pass(self) -> None:
        """For a provider that takes a sign-in of this moment for a forced one."""

    def test_signing_out_at_the_portal_signs_out_at_the_provider(
        self, plain: Site, browser: Browser
    ) -> None:
        """By a signed request and its answer; the next sign-in asks who it is."""
        plain.sign_in(browser, plain.provider.people[0])
        page = browser.get(f"{plain.portal}/logout", **_OWN)
        assert str(page.url) == f"{plain.portal}/signed-out", page.text
        assert "You are signed out" in page.text
        assert plain.session(browser)["error"] == "signed_out"
        assert plain.asks(browser.get(f"{plain.portal}/login"))

    def test_a_sign_in_that_begins_at_the_provider_is_refused(
        self, plain: Site, browser: Browser
    ) -> None:
        """Unless the configuration allows it."""
        page = browser.get(plain.provider.begin)
        page = plain.at_provider(browser, page, plain.provider.people[0])
        assert page.status_code == 400
        assert "Please begin at the portal" in page.text
        assert plain.session(browser)["error"] == "signed_out"


class StrictScenarios:
    """With encryption, and with sign-ins that begin at the provider."""

    def test_encrypted_assertions(self, strict: Site, browser: Browser) -> None:
        """The portal reads one, and STS another by unchanged boto3."""
        who = self.who(strict)
        page = strict.sign_in(browser, who)
        assert str(page.url) == f"{strict.portal}/", page.text
        assert strict.session(browser)["person"] == who.name
        browser.holds_answers = True
        browser.get(f"{strict.portal}/login")
        assert b"EncryptedAssertion" in browser.held_document
        assert b"RoleSessionName" not in browser.held_document
        answer = _redeem(strict, browser.held)
        assert answer["SourceIdentity"] == who.name

    def test_a_sign_in_that_begins_at_the_provider(
        self, strict: Site, browser: Browser
    ) -> None:
        """The portal shows whose it is, and waits for a yes."""
        who = self.who(strict)
        self.be_signed_in(strict, browser)
        page = browser.get(strict.provider.begin)
        assert "Sign in?" in page.text, page.text
        assert strict.session(browser)["error"] == "signed_out"
        answer = browser.posted("SAMLResponse")
        page = browser.submit(page)
        assert str(page.url) == f"{strict.portal}/", page.text
        assert strict.session(browser)["person"] == who.name
        again = {"SAMLResponse": answer}
        page = browser.http.post(f"{strict.portal}/saml/acs", data=again)
        assert page.status_code == 403
        assert "was used already" in page.text

    def who(self, _strict: Site) -> Person:
        """Who signs in there."""
        return _strict.provider.people[0]

    def be_signed_in(self, strict: Site, browser: Browser) -> None:
        """Be signed in at the provider, but not at the portal."""
        strict.sign_in(browser, self.who(strict))
        browser.http.cookies.delete("securecart-session")


def passively(site: Site, browser: Browser) -> httpx.Response:
    """What the portal's hidden frame ends on."""
    return browser.get(f"{site.portal}/login/saml?passive=1", **_OWN)


def renewed_in_a_frame(tab: Page) -> str:
    """Have the portal's page renew its session as its own script does it.

    Answers what the frame told the page, or "nothing" after a while.
    """
    told = tab.evaluate(
        """() => new Promise(resolve => {
            addEventListener("message", event => resolve(event.data.securecart));
            setTimeout(() => resolve("nothing"), 5000);
            const frame = document.createElement("iframe");
            frame.hidden = true;
            frame.src = "/login/saml?passive=1";
            document.body.append(frame);
        })"""
    )
    return str(told)
