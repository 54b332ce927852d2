"""The invented company, and the file that keeps it."""

import os
import re
import shutil
import stat
import threading
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securecart.serve.idp import (
    Directory,
    DirectoryError,
    UnknownEmployee,
    sample_sign_ins,
    set_password,
    set_passwords,
)
from securecart.serve.idp.passwords import hash_password, verify_password
from securecart.serve.idp.sample import (
    MAX_COUNT,
    MFA_DEPARTMENTS,
    invent_employees,
    invent_password,
)
from securecart.serve.idp.sample_words import PASSWORD_WORDS


@pytest.fixture
def path(installed: Path, tmp_path: Path) -> Path:
    """A directory file of 40 people, to be changed at will."""
    return shutil.copytree(installed, tmp_path / "idp") / "directory.json"


class TestInventedEmployees:
    """Stable, unique, and fit to be session names."""

    def test_there_are_1200_of_a_company(self) -> None:
        """Ten departments, each with somebody in it."""
        people = list(invent_employees(seed="a", count=1200, domain="example.com"))

        assert len(people) == 1200
        departments = Counter(each.department for each in people)
        assert len(departments) == 10
        assert departments.most_common(1)[0][0] == "engineering"

    def test_names_are_role_session_names(self) -> None:
        """Unique even where two people have one name, and within STS's bounds."""
        people = list(invent_employees(seed="a", count=5000, domain="example.com"))

        assert len({each.username for each in people}) == len(people)
        assert len({each.email for each in people}) == len(people)
        assert len({each.employee_id for each in people}) == len(people)
        for each in people:
            assert re.fullmatch(r"[a-z]+\.[a-z]+[0-9]*", each.username)
            assert re.fullmatch(r"[\w+=,.@-]{2,64}", each.username, re.ASCII)
            assert each.email == f"{each.username}@example.com"

    @given(seed=st.text(max_size=20), count=st.integers(3, 60))
    def test_a_larger_company_begins_with_the_smaller(
        self, seed: str, count: int
    ) -> None:
        """The same seed gives the same people, whatever the number."""
        small = list(invent_employees(seed=seed, count=count, domain="a.example"))
        large = list(invent_employees(seed=seed, count=60, domain="a.example"))

        assert large[:count] == small

    @pytest.mark.parametrize("count", [-1, 0, 2, MAX_COUNT + 1])
    def test_the_number_has_bounds(self, count: int) -> None:
        """The three samples must fit, and the file must stay readable."""
        with pytest.raises(ValueError, match="the number of employees"):
            next(invent_employees(seed="a", count=count, domain="a.example"))


def test_password_words_are_chosen_evenly() -> None:
    """The number of words divides a byte's values, and none comes twice."""
    assert 256 % len(set(PASSWORD_WORDS)) == 0
    assert len(set(PASSWORD_WORDS)) == len(PASSWORD_WORDS)
    assert re.fullmatch(r"([a-z]+-){4}[0-9]{2}", invent_password(os.urandom))


class TestTheFile:
    """Private, whole, and read again when it changes."""

    def test_two_installations_share_people_but_no_secrets(
        self, tmp_path: Path
    ) -> None:
        """The seed gives the people, randomness their secrets."""
        paths = [tmp_path / name / "directory.json" for name in ("a", "b")]
        first, second = (
            Directory.create_sample(
                path, seed="s", domain="a.example", random=os.urandom, count=20
            )
            for path in paths
        )

        assert [each.username for each in first] == [each.username for each in second]
        secrets = [
            {each.password for each in sample_sign_ins(path)}
            | {each.totp_secret for each in Directory.load(path) if each.totp_secret}
            for path in paths
        ]
        assert not secrets[0] & secrets[1]

    def test_only_the_owner_reads_it(self, tmp_path: Path) -> None:
        """Files 0600, and the folder 0700."""
        path = tmp_path / "idp" / "directory.json"
        Directory.create_sample(
            path, seed="s", domain="a.example", random=os.urandom, count=3
        )

        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        for file in path.parent.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
        set_password(path, sample_sign_ins(path)[0].username, "another one")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert len(list(path.parent.iterdir())) == 2

    def test_three_people_can_sign_in(self, path: Path) -> None:
        """One in engineering, one in finance, one with a one-time code."""
        directory = Directory.load(path)
        samples = sample_sign_ins(path)

        assert [each.department for each in samples] == [
            "engineering",
            "finance",
            "legal",
        ]
        assert [each.totp_secret is None for each in samples] == [True, True, False]
        for sample in samples:
            employee = directory.find(sample.username)
            assert employee is not None
            assert employee.department == sample.department
            assert employee.totp_secret == sample.totp_secret
            assert verify_password(employee.password_hash, sample.password)
        names = {each.username for each in samples}
        assert all(
            each.password_hash is None
            for each in directory
            if each.username not in names
        )

    def test_a_samples_new_password_is_the_one_that_is_shown(self, path: Path) -> None:
        """Every start prints the samples: what it prints must work."""
        first, second, _ = sample_sign_ins(path)
        set_password(path, first.username, "quite another one")
        shown = sample_sign_ins(path)

        assert shown[0].password == "quite another one"
        assert shown[1] == second

    def test_some_departments_must_use_codes(self, path: Path) -> None:
        """And only those."""
        for each in Directory.load(path):
            assert each.needs_one_time_code == (each.department in MFA_DEPARTMENTS)

    def test_secrets_stay_out_of_repr(self, path: Path) -> None:
        """And so out of logs."""
        for sample in sample_sign_ins(path):
            employee = Directory.load(path).find(sample.username)
            assert "argon2" not in repr(employee)
            assert sample.password not in repr(sample)
            assert str(sample.totp_secret) not in repr((employee, sample))

    def test_a_password_set_elsewhere_counts(self, path: Path) -> None:
        """A directory that is open reads the file again."""
        directory = Directory.load(path)
        name = [each.username for each in directory][5]
        set_passwords(path, {name: "first password"})

        employee = directory.find(name)
        assert employee is not None
        assert verify_password(employee.password_hash, "first password")
        assert not verify_password(employee.password_hash, "first passwor")

    def test_passwords_are_set_all_or_none(self, path: Path) -> None:
        """An unknown name among them changes nothing."""
        before = path.read_bytes()
        name = sample_sign_ins(path)[0].username

        with pytest.raises(UnknownEmployee):
            set_passwords(path, {name: "password", "nobody": "password"})
        with pytest.raises(ValueError, match="characters"):
            set_password(path, name, "")
        assert path.read_bytes() == before

    def test_two_administrators_do_not_undo_each_other(self, path: Path) -> None:
        """Changes at the same moment are both there afterwards."""
        names = [each.username for each in Directory.load(path)][5:13]
        threads = [
            threading.Thread(target=set_password, args=(path, name, f"of {name}"))
            for name in names
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        directory = Directory.load(path)
        for name in names:
            employee = directory.find(name)
            assert employee is not None
            assert verify_password(employee.password_hash, f"of {name}")

    @pytest.mark.parametrize(
        "content", ["", "{", "[]", "{}", '{"employees": [{"username": "a"}]}']
    )
    def test_a_damaged_file_is_named(self, path: Path, content: str) -> None:
        """With what is wrong."""
        path.write_text(content)
        (path.parent / "sample-sign-ins.json").write_text(content)

        with pytest.raises(DirectoryError, match=r"directory\.json"):
            Directory.load(path)
        with pytest.raises(DirectoryError, match=r"sample-sign-ins\.json"):
            sample_sign_ins(path)

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        """With its path."""
        with pytest.raises(DirectoryError, match=r"directory\.json"):
            Directory.load(tmp_path / "directory.json")


class TestPasswords:
    """Argon2id as OWASP asks."""

    def test_the_parameters_are_owasps(self) -> None:
        """They stand in the hash itself."""
        assert hash_password("a").startswith("$argon2id$v=19$m=19456,t=2,p=1$")

    def test_a_missing_hash_costs_the_same_work(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Time does not tell who works here."""
        verified = []

        class Spy:
            def verify(self, password_hash: str, _password: str) -> None:
                verified.append(password_hash)

        monkeypatch.setattr("securecart.serve.idp.passwords._HASHER", Spy())

        assert not verify_password(None, "a")
        (work,) = verified
        assert work.startswith("$argon2id$v=19$m=19456,t=2,p=1$")

    def test_nonsense_never_matches(self) -> None:
        """Neither a broken hash nor an endless password."""
        assert not verify_password("not a hash", "a")
        assert not verify_password(hash_password("a"), "a" * 5000)
