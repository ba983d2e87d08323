"""`vitrine users` says who may sign in."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from vitrine.cli.commands import cli
from vitrine.errors import ConfigurationError
from vitrine.people.accounts import ROLES, read_accounts
from vitrine.people.audit import AuditLog
from vitrine.people.passwords import is_password

PASSWORD = "correct horse battery"  # noqa: S105 - of the test


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    file = tmp_path / "users.yaml"
    monkeypatch.setenv("VITRINE_USERS", str(file))
    monkeypatch.setenv("VITRINE_AUDIT_FILE", str(tmp_path / "audit.jsonl"))
    return file


def run(*arguments: str, answers: str = "") -> Result:
    return CliRunner().invoke(cli, ["users", *arguments], input=answers)


def add(name: str, role: str = "operator") -> Result:
    return run("add", name, "--role", role, answers=f"{PASSWORD}\n{PASSWORD}\n")


def problem(result: Result) -> str:
    assert isinstance(result.exception, ConfigurationError)
    return str(result.exception)


def test_somebody_is_added_with_a_password_that_is_typed_twice(file: Path) -> None:
    result = add("ada")
    assert result.exit_code == 0
    assert "ada may sign in as operator" in result.output
    assert PASSWORD not in result.output
    kept = read_accounts(file)["ada"]
    assert is_password(PASSWORD, kept.password or "")
    assert PASSWORD not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_password_that_is_typed_differently_is_asked_for_again(file: Path) -> None:
    answers = f"{PASSWORD}\nsomething else\n{PASSWORD}\n{PASSWORD}\n"
    result = run("add", "ada", "--role", "operator", answers=answers)
    assert result.exit_code == 0
    assert is_password(PASSWORD, read_accounts(file)["ada"].password or "")


def test_a_generated_password_is_shown_once_and_is_the_password(file: Path) -> None:
    result = run("add", "ada", "--role", "auditor", "--generate")
    found = re.search(r"shown only here: (\S{20})\n", result.output)
    assert found is not None
    account = read_accounts(file)["ada"]
    assert is_password(found[1], account.password or "")
    assert account.role == "auditor"


def test_an_advertiser_stands_for_some(file: Path) -> None:
    asked = ("add", "ann", "--role", "advertiser", "--generate")
    assert "sees the campaigns of --advertiser ID" in problem(run(*asked))
    result = run(*asked, "--advertiser", "acme", "--advertiser", "beans")
    assert "ann may sign in as advertiser of acme, beans" in result.output
    assert read_accounts(file)["ann"].advertisers == ("acme", "beans")
    assert "ann  advertiser of acme, beans" in run("list").output
    other = run("add", "ada", "--role", "operator", "--advertiser", "acme")
    assert "other roles have no such option" in problem(other)


def test_somebody_signs_in_by_the_identity_provider(file: Path) -> None:
    result = run("add", "eve", "--role", "auditor", "--oidc", "eve@mall.example")
    assert "eve may sign in as auditor, by the identity provider" in result.output
    eve = read_accounts(file)["eve"]
    assert eve.password is None
    assert eve.oidc == "eve@mall.example"
    assert eve.signs
    assert eve.signs not in run("list", "--json").output
    second = run("add", "eva", "--role", "auditor", "--oidc", "eve@mall.example")
    assert "have the same `oidc`" in problem(second)
    assert "has no password here" in problem(run("password", "eve"))
    both = run("add", "eva", "--role", "auditor", "--oidc", "eva", "--generate")
    assert "has no password to --generate" in problem(both)


def test_a_short_password_and_a_taken_name_are_refused(file: Path) -> None:
    short = run("add", "ada", "--role", "operator", answers="short\nshort\n")
    assert "has 5 characters, expected 15 or more" in problem(short)
    assert not file.exists()
    add("ada")
    assert "ada has an account" in problem(add("ada"))


@pytest.mark.parametrize("name", ["Ada", "a b", "", ".a", "a:b", "x" * 41, "a\n"])
def test_a_name_is_simple(file: Path, name: str) -> None:
    assert "a name has 1 to 40" in problem(add(name))
    assert not file.exists()


def test_the_list_has_names_and_roles_and_no_passwords(file: Path) -> None:
    add("ada")
    add("ben", "auditor")
    listed = json.loads(run("list", "--json").output)
    assert listed == [
        {"name": "ada", "role": "operator", "advertisers": [], "oidc": None},
        {"name": "ben", "role": "auditor", "advertisers": [], "oidc": None},
    ]
    assert run("list").output == "ada  operator\nben  auditor\n"


def test_a_password_is_changed_and_an_account_removed(file: Path) -> None:
    add("ada")
    add("ben")
    other = f"{PASSWORD}, too"
    result = run("password", "ada", answers=f"{other}\n{other}\n")
    assert "signed out everywhere" in result.output
    assert is_password(other, read_accounts(file)["ada"].password or "")
    assert is_password(PASSWORD, read_accounts(file)["ben"].password or "")
    run("remove", "ada")
    assert set(read_accounts(file)) == {"ben"}
    for command in ("password", "remove"):
        assert "ada has no account" in problem(run(command, "ada"))


def test_each_change_is_in_the_audit_log(file: Path) -> None:
    add("ada")
    run("password", "ada", "--generate")
    run("remove", "ada")
    entries = list(AuditLog(file.parent / "audit.jsonl", "").newest())
    changes = [entry.what for entry in entries]
    assert changes == ["removed ada", "new password of ada", "added ada, operator"]
    assert entries[0].who.startswith("shell user ")
    assert entries[0].place == str(file)


def test_the_file_has_to_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VITRINE_USERS", raising=False)
    assert "set VITRINE_USERS" in problem(run("list"))


def test_another_file_may_be_named(tmp_path: Path) -> None:
    file = tmp_path / "others.yaml"
    result = run("--file", str(file), "add", "ada", "--role", "operator", "--generate")
    assert result.exit_code == 0
    assert set(read_accounts(file)) == {"ada"}


def test_all_roles_can_be_given_and_are_explained() -> None:
    help_text = run("add", "--help").output
    assert f"[{'|'.join(ROLES)}]" in help_text
    for role, opens in ROLES.items():
        assert f"{role}: {opens}." in " ".join(help_text.split())
