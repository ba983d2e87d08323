"""People sign in with a name and a password, for a while."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from vitrine.people.accounts import Account, AccountFile, Person, write_accounts
from vitrine.people.audit import AuditLog
from vitrine.people.passwords import SCHEME, hashed
from vitrine.web import people as people_module
from vitrine.web.people import (
    ACCOUNT_FREE,
    ADDRESS_FREE,
    SESSION_S,
    NotAdmitted,
    People,
    TooOften,
)

PASSWORD = "correct horse battery"  # noqa: S105 - of the test
TOKEN = SecretStr("the token of the house")
HOST = "192.0.2.7"


class HandClock:
    now_s = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now_s


def write(folder: Path, *names: str, password: str = PASSWORD) -> Path:
    path = folder / "users.yaml"
    kept = hashed(password)
    accounts = [Account(name=name, role="operator", password=kept) for name in names]
    write_accounts(path, accounts)
    return path


def make_people(
    folder: Path,
    token: SecretStr | None = TOKEN,
    clock: HandClock | None = None,
) -> People:
    """Return the people of the accounts in `folder`."""
    accounts = AccountFile(folder / "users.yaml")
    audit = AuditLog(folder / "audit.jsonl", "stand")
    return People(accounts, audit, token, clock or HandClock())


def noted(folder: Path) -> list[tuple[str, str]]:
    """Return who did what, the first entry first."""
    entries = list(AuditLog(folder / "audit.jsonl", "").newest())
    return [(entry.who, entry.what) for entry in reversed(entries)]


def test_a_session_is_good_at_every_process_with_accounts_and_token(
    tmp_path: Path,
) -> None:
    write(tmp_path, "ada")
    value = make_people(tmp_path).sign_in("ada", PASSWORD, HOST)
    ada = Person("ada", "operator")
    assert make_people(tmp_path).person_of(value) == ada
    assert make_people(tmp_path, token=None).person_of(value) is None
    assert PASSWORD not in value
    assert noted(tmp_path) == [("ada", "sign-in")]


def test_a_session_is_of_one_account(tmp_path: Path) -> None:
    write(tmp_path, "ada", "ben")
    people = make_people(tmp_path)
    _, _, session = people.sign_in("ada", PASSWORD, HOST).partition(":")
    for value in (f"ben:{session}", f":{session}", session, "ada:", "ada", "", "é:1"):
        assert people.person_of(value) is None


def test_a_session_ends_after_its_time(tmp_path: Path) -> None:
    write(tmp_path, "ada")
    clock = HandClock()
    people = make_people(tmp_path, clock=clock)
    value = people.sign_in("ada", PASSWORD, HOST)
    clock.now_s += SESSION_S - 1
    assert people.person_of(value)
    clock.now_s += 1
    assert people.person_of(value) is None


def test_a_new_password_and_a_removed_account_end_sessions_at_once(
    tmp_path: Path,
) -> None:
    write(tmp_path, "ada")
    people = make_people(tmp_path)
    value = people.sign_in("ada", PASSWORD, HOST)
    write(tmp_path, "ada", password=f"{PASSWORD}!")
    assert people.person_of(value) is None
    value = people.sign_in("ada", f"{PASSWORD}!", HOST)
    write(tmp_path, "ben")
    assert people.person_of(value) is None


def test_signing_out_ends_the_session_and_no_other(tmp_path: Path) -> None:
    write(tmp_path, "ada")
    people = make_people(tmp_path)
    first = people.sign_in("ada", PASSWORD, HOST)
    second = people.sign_in("ada", PASSWORD, HOST)
    people.sign_out(first, HOST)
    people.sign_out(first, HOST)
    people.sign_out("nonsense", HOST)
    assert people.person_of(first) is None
    assert people.person_of(second)
    assert noted(tmp_path)[2:] == [("ada", "sign-out")]


def test_a_failure_is_noted_and_tells_nothing_of_what_was_typed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path, "ada")
    people = make_people(tmp_path)
    for name, password in (("ada", "geheim"), ("geheim", "geheim"), ("ada", "")):
        with pytest.raises(NotAdmitted):
            people.sign_in(name, password, HOST)
    failed = "failed sign-in"
    assert noted(tmp_path) == [("ada", failed), ("unknown", failed), ("ada", failed)]
    assert "geheim" not in caplog.text
    assert "geheim" not in (tmp_path / "audit.jsonl").read_text()
    assert "a sign-in failed: ada" in caplog.text


@pytest.mark.parametrize("name", ["ada", "nobody", "x" * 50_000])
def test_an_account_is_limited_from_all_addresses_whether_it_exists_or_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setattr(people_module, "is_password", lambda *_: False)
    write(tmp_path, "ada")
    people = make_people(tmp_path)
    for number in range(ACCOUNT_FREE + 1):
        with pytest.raises(NotAdmitted):
            people.sign_in(name, "wrong", f"192.0.2.{number}")
    with pytest.raises(TooOften) as refused:
        people.sign_in(name, PASSWORD, "198.51.100.1")
    assert 0 < refused.value.wait_s <= 1
    assert all(len(key) < 100 for key in people._by_account._failures)


def test_an_address_is_limited_over_all_accounts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(people_module, "is_password", lambda *_: False)
    people = make_people(tmp_path)
    for number in range(ADDRESS_FREE + 1):
        with pytest.raises(NotAdmitted):
            people.sign_in(f"name-{number}", "wrong", HOST)
    with pytest.raises(TooOften):
        people.sign_in("another", "wrong", HOST)


def test_a_name_without_an_account_costs_as_much_as_one_with(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    checked = []

    def noting(password: str, kept: str) -> bool:
        checked.append(kept[: len(SCHEME)])
        return False

    monkeypatch.setattr(people_module, "is_password", noting)
    write(tmp_path, "ada")
    people = make_people(tmp_path)
    for name in ("ada", "nobody"):
        with pytest.raises(NotAdmitted):
            people.sign_in(name, PASSWORD, HOST)
    assert checked == [SCHEME, SCHEME]


def test_passwords_are_checked_one_at_a_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(people_module, "BUSY_S", 0.01)
    write(tmp_path, "ada")
    people = make_people(tmp_path)
    with people._checking, pytest.raises(TooOften):
        people.sign_in("ada", PASSWORD, HOST)
    assert people.sign_in("ada", PASSWORD, HOST)
