"""A form in a real browser, which uploads to S3 and nowhere else."""

import hashlib
import html
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.config import Config
from playwright.sync_api import Page
from tests.installation import Running

pytestmark = pytest.mark.slow


def signer(running: Running, credentials: dict[str, str]) -> Any:
    """A client that signs forms by version 4, which boto3 does if told to."""
    return boto3.client(
        "s3",
        endpoint_url=running.ready["aws"],
        region_name=running.ready["region"],
        aws_access_key_id=credentials["access_key_id"],
        aws_secret_access_key=credentials["secret_access_key"],
        aws_session_token=credentials["session_token"],
        config=Config(signature_version="s3v4"),
    )


def form_of(signed: dict[str, Any]) -> str:
    """Write the page that somebody would make of a signed policy."""
    fields = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in signed["fields"].items()
    )
    return (
        '<!doctype html><meta charset="utf-8">'
        f'<form action="{signed["url"]}" method="post" enctype="multipart/form-data">'
        f'{fields}<input type="file" name="file">'
        '<input type="submit" name="submit" value="Upload"></form>'
    )


@pytest.mark.parametrize("size", [0, 70, 5_000_000])
def test_a_form_uploads_and_goes_on(
    running: Running,
    sign_in_without_browser: Callable[[Running, str], dict[str, Any]],
    page: Page,
    tmp_path: Path,
    size: int,
) -> None:
    """Without a script and without CORS; the browser is sent where it was signed."""
    session = sign_in_without_browser(running, "engineering")
    client = signer(running, session["credentials"])
    bucket, folder = session["bucket"], session["folder"]
    done = f"{running.portal}/healthz?from=form"
    signed = client.generate_presigned_post(
        bucket,
        f"{folder}forms/${{filename}}",
        Fields={"success_action_redirect": done, "x-amz-meta-note": "grün & blau"},
        Conditions=[
            {"success_action_redirect": done},
            {"x-amz-meta-note": "grün & blau"},
            ["content-length-range", 0, 5_000_000],
        ],
    )
    name = f'Grüße {size}, "quoted" 100%.bin'
    content = os.urandom(size)
    (tmp_path / name).write_bytes(content)
    page.set_content(form_of(signed))
    page.locator("input[type=file]").set_input_files(tmp_path / name)
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url(f"{running.portal}/healthz?*")
    told = parse_qs(urlsplit(page.url).query)
    key = told["key"][0]
    assert told["from"] == ["form"]
    assert told["bucket"] == [bucket]
    assert key.startswith(f"{folder}forms/Grüße {size}, ")
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    assert told["etag"] == [f'"{md5}"']
    got = client.get_object(Bucket=bucket, Key=key)
    assert got["Body"].read() == content
    assert got["ServerSideEncryption"] == "aws:kms"


def test_a_form_that_is_refused_shows_why(
    running: Running,
    sign_in_without_browser: Callable[[Running, str], dict[str, Any]],
    page: Page,
    tmp_path: Path,
) -> None:
    """One byte too much: S3's error, no page to go on to, and no document."""
    session = sign_in_without_browser(running, "engineering")
    client = signer(running, session["credentials"])
    key = f"{session['folder']}forms/too-large"
    signed = client.generate_presigned_post(
        session["bucket"],
        key,
        Fields={"success_action_redirect": running.portal},
        Conditions=[
            {"success_action_redirect": running.portal},
            ["content-length-range", 0, 9],
        ],
    )
    (tmp_path / "ten").write_bytes(b"x" * 10)
    page.set_content(form_of(signed))
    page.locator("input[type=file]").set_input_files(tmp_path / "ten")
    with page.expect_response(signed["url"]) as answered:
        page.get_by_role("button", name="Upload").click()
    assert answered.value.status == 400
    assert "<Code>EntityTooLarge</Code>" in answered.value.text()
    listed = client.list_objects_v2(Bucket=session["bucket"], Prefix=key)
    assert listed["KeyCount"] == 0
