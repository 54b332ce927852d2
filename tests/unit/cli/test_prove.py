"""`securecart prove FILE`: every case of the proof, through the command."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from securecart.cli.main import main

_VECTORS = Path(__file__).parents[2] / "vectors" / "proof"
_ACCOUNT = "111122223333"
_EXIT = {"proof": 0, "counterexample": 1, "undecided": 2}
_VERDICTS = {"proof": "proved"}

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Proves a deployment from a file."""

    def run(deployment: Any, *options: str) -> Result:
        file = tmp_path / "deployment.json"
        text = deployment if isinstance(deployment, str) else json.dumps(deployment)
        file.write_text(text)
        return CliRunner().invoke(main, ["prove", str(file), *options])

    return run


def cases() -> Iterator[tuple[str, dict[str, Any], str]]:
    """Each case: what it says, its file form, and what is expected."""
    for path in sorted(_VECTORS.glob("*.json")):
        whole = json.loads(path.read_text())
        for case in whole["cases"]:
            form = as_file(case, whole["statements"])
            yield f"{path.stem}: {case['says']}", form, case["expected"]


def as_file(case: dict[str, Any], named: dict[str, Any]) -> dict[str, Any]:
    """A case spelt out, as an administrator would have it."""

    def policy(statements: list[Any], version: str = "2012-10-17") -> dict[str, Any]:
        spelt = [named[each] if isinstance(each, str) else each for each in statements]
        return {"Version": version, "Statement": spelt}

    def role(name: str, of: dict[str, Any]) -> dict[str, Any]:
        form = {
            "name": name,
            "role_id": f"AROA{name.upper()}",
            "trust": policy(of["trust"], of.get("trust_version", "2012-10-17")),
            "tags": of.get("tags", {}),
        }
        if of["identity"]:
            version = of.get("identity_version", "2012-10-17")
            form["identity_policies"] = [policy(of["identity"], version)]
        if of.get("boundary"):
            form["boundary"] = policy(of["boundary"])
        return form

    form = {
        name: case[name] for name in ("folder", "unique", "slash_free") & case.keys()
    }
    if case.get("bucket_policy"):
        form["bucket_policy"] = policy(case["bucket_policy"])
    return {
        **form,
        "account": _ACCOUNT,
        "bucket": "docs",
        "roles": [role(name, of) for name, of in case["roles"].items()],
        "key_policies": [
            {"arn": key["arn"], "policy": policy(key["policy"])}
            for key in case.get("keys", ())
        ],
    }


CASES = list(cases())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "expected"),
    [(form, expected) for _, form, expected in CASES],
    ids=[name for name, _, _ in CASES],
)
def test_every_case_has_its_verdict(
    run: Run, form: dict[str, Any], expected: str
) -> None:
    """As an exit code, and as data; a counterexample can be tried again."""
    done = run(form, "--json")
    assert done.exit_code == _EXIT[expected], done.output
    told = json.loads(done.stdout)
    assert told["verdict"] == _VERDICTS.get(expected, expected)
    if expected == "counterexample":
        assert told["statements"]
        line = json.dumps(told["evaluate"])
        again = CliRunner().invoke(main, ["policy", "evaluate"], input=line)
        answer = json.loads(again.stdout)
        assert answer["decision"] == "ALLOW", answer


def allow(action: Any, **elements: Any) -> dict[str, Any]:
    """A policy of one statement."""
    statement = {"Effect": "Allow", "Action": action, **elements}
    return {"Version": "2012-10-17", "Statement": statement}


def deployment(resource: str = "${aws:userid}/*", **more: Any) -> dict[str, Any]:
    """A bucket and a role that opens a resource in it."""
    provider = f"arn:aws:iam::{_ACCOUNT}:saml-provider/Corp"
    return {
        "account": _ACCOUNT,
        "bucket": "docs",
        "roles": [
            {
                "name": "Employee",
                "trust": allow(
                    ["sts:AssumeRoleWithSAML", "sts:TagSession"],
                    Principal={"Federated": provider},
                ),
                "identity_policies": [
                    allow("s3:GetObject", Resource=f"arn:aws:s3:::docs/{resource}")
                ],
            }
        ],
        **more,
    }


def test_a_proof_is_told_with_its_assumptions(run: Run) -> None:
    """The verdict first, then what it rests on, what was examined, how long."""
    done = run(deployment())
    assert done.exit_code == 0
    assert done.stdout.startswith(
        "Proved: nobody can come to another person's folder in docs.\n"
    )
    assert "signs the RoleSessionName of each assertion" in done.stdout
    assert "\nExamined: 1 role, 2 statements, " in done.stdout
    assert re.search(r"\nTook \d+ ms\.\n$", done.stdout)


def test_a_counterexample_is_told_as_a_story(run: Run) -> None:
    """Whose folder, who else signs in how, what they ask for, what lets them."""
    done = run(deployment("${aws:userid}*"))
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert lines[0] == (
        "Not isolated: somebody reads or changes a document in another's folder."
    )
    owner, asker = re.findall(r"aws:userid '([^']+)'", done.stdout)
    assert owner.startswith(asker)
    assert owner != asker
    assert f"     resource   arn:aws:s3:::docs/{owner}/" in done.stdout
    assert (
        'their own policies: {"Effect": "Allow", "Action": "s3:GetObject", '
        '"Resource": "arn:aws:s3:::docs/${aws:userid}*"}'
    ) in done.stdout


TAG = "aws:PrincipalTag/employee"


def test_what_the_provider_promises_can_be_said_by_options(run: Run) -> None:
    """Folders after a tag need the tag to be one person's, and slash-free."""
    by_tag = deployment(f"${{{TAG}}}/*")
    promises = ("--unique", TAG, "--slash-free", TAG)
    folder = ("--folder", f"${{{TAG}}}/")
    assert run(by_tag, *folder, *promises).exit_code == 0
    assert run(by_tag, *folder, *promises[2:]).exit_code == 1
    assert run(by_tag, *folder, *promises[:2]).exit_code == 1


BAD = {
    "no JSON": ("{", "Expecting"),
    "no object": ("[]", "valid dictionary"),
    "too deep": ("[" * 100_000, "nested too deeply"),
    "no roles": (deployment(roles=[]), "roles: List should have at least 1 item"),
    "a misspelt member": (
        deployment(bucket_polcy={}),
        "bucket_polcy: Extra inputs are not permitted",
    ),
    "a malformed policy": (
        deployment(bucket_policy=allow("s3:GetObject", Resource="*")),
        "bucket_policy: Statement 1: Principal is missing",
    ),
    "a member twice": (
        '{"bucket": "docs", "bucket": "docs"}',
        "'bucket' stands twice in one object",
    ),
    "no account": (deployment(account="12"), "account: String should match"),
}


@pytest.mark.parametrize(("content", "says"), BAD.values(), ids=BAD)
def test_a_file_that_is_none_is_refused(run: Run, content: Any, says: str) -> None:
    """With the file and the place in it; that is no verdict."""
    done = run(content)
    assert done.exit_code == 1
    assert done.stdout == ""
    assert re.match(r"securecart: \S+deployment\.json: ", done.stderr)
    assert says in done.stderr


def test_a_folder_that_no_policy_could_name_is_refused(run: Run) -> None:
    """In the file or by the option, and it is no verdict."""
    for done in (
        run(deployment(folder="${aws:userid/")),
        run(deployment(), "--folder", "${aws:userid/"),
    ):
        assert done.exit_code == 1
        assert done.stdout == ""
        assert "securecart: the folder '${aws:userid/': a variable" in done.stderr


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """In one line."""
    done = CliRunner().invoke(main, ["prove", str(tmp_path / "none.json")])
    assert done.exit_code == 1
    assert done.stderr.endswith("none.json: No such file or directory\n")


def test_without_an_installation_it_says_what_to_run(tmp_path: Path) -> None:
    """The local target was never started here."""
    data = tmp_path / "data"
    done = CliRunner().invoke(main, ["prove", "--data-dir", str(data)])
    assert done.exit_code == 1
    assert "run `securecart up` first" in done.stderr
