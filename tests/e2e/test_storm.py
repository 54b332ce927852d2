"""Many people sign in at once, and each is alone with their folder."""

import asyncio
import importlib.util
import itertools
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from securecart.serve.idp.directory import Directory

pytestmark = pytest.mark.slow

PEOPLE = 60


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    """The storm that `bench/storm.py` measures with everybody."""
    file = Path(__file__).parents[2] / "bench" / "storm.py"
    spec = importlib.util.spec_from_file_location("bench_storm", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look their own module up.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_nobody_fails_and_nobody_gets_anothers_folder(
    bench: ModuleType, running: Any
) -> None:
    """By SAML and by OpenID Connect, some of them with a one-time code.

    Both ways lead to the same folder, which is called after the person.
    """
    file = running.data / "idp" / "directory.json"
    # Other tests sign in as those who have a password already.
    without = (each for each in Directory.load(file) if each.password_hash is None)
    people = bench.give_passwords(file, itertools.islice(without, PEOPLE))
    assert any(person.totp_secret for person in people)
    folders = []
    for method in ("saml", "oidc"):
        mornings = asyncio.run(bench.storm(people, running.portal, method))
        assert [each.failure for each in mornings if each.failure] == []
        for person, morning in zip(people, mornings, strict=True):
            assert morning.folder.endswith(f":{person.username}/")
        folders.append([each.folder for each in mornings])
    assert folders[0] == folders[1]
    assert len(set(folders[0])) == PEOPLE
