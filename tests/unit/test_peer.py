"""A provider that is not installed: when a test may be left out, and when not."""

import os
import shutil
import subprocess

import pytest
from tests.interop.peer import may_be_missing, require


@pytest.mark.parametrize(
    ("environment", "installable", "expected"),
    [
        ({}, False, True),
        ({}, True, False),
        ({"CI": ""}, False, True),
        ({"CI": "false"}, False, True),
        ({"CI": "true"}, False, False),
        ({"CI": "True"}, False, False),
        ({"CI": "1"}, False, False),
        ({"CI": "true"}, True, False),
    ],
)
def test_a_peer_may_be_missing_only_where_nobody_could_install_it(
    environment: dict[str, str], *, installable: bool, expected: bool
) -> None:
    """Never under CI, and never where `make test` would have installed it."""
    assert may_be_missing(environment, installable=installable) is expected


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine without apt-get, outside of CI."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    return monkeypatch


def _outcome(*, present: bool) -> str:
    """What `require` comes to; a skip must not leave out the test that sees it."""
    try:
        require(present, "Perl", "Install it.")
    except pytest.skip.Exception as skipped:
        return f"skipped: {skipped}"
    except pytest.fail.Exception as failed:
        return f"failed: {failed}"
    return "used"


def test_a_peer_that_is_there_is_used(machine: pytest.MonkeyPatch) -> None:
    """Whatever the machine: nothing is asked of it."""
    machine.setenv("CI", "true")
    assert _outcome(present=True) == "used"


def test_elsewhere_a_test_is_skipped_with_a_plain_sentence(
    machine: pytest.MonkeyPatch,
) -> None:
    """It says what is missing and how to get it."""
    del machine
    assert _outcome(present=False) == "skipped: Perl is missing. Install it."


def test_under_ci_a_missing_peer_is_a_failure(machine: pytest.MonkeyPatch) -> None:
    """With the same sentence."""
    machine.setenv("CI", "true")
    assert _outcome(present=False) == "failed: Perl is missing. Install it."


@pytest.mark.parametrize(
    ("user", "sudo", "expected"),
    [(0, 1, "failed"), (1000, 0, "failed"), (1000, 1, "skipped")],
)
def test_who_may_install_on_debian_must_have_it(
    machine: pytest.MonkeyPatch, user: int, sudo: int, expected: str
) -> None:
    """Root, or whoever needs no password for sudo."""
    machine.setattr(shutil, "which", lambda program: f"/usr/bin/{program}")
    machine.setattr(os, "geteuid", lambda: user)
    machine.setattr(
        subprocess,
        "run",
        lambda command, **_: subprocess.CompletedProcess(command, sudo),
    )
    assert _outcome(present=False).startswith(f"{expected}: ")
