"""The file of accounts is read strictly, and again when it changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from vitrine.errors import ConfigurationError
from vitrine.mall.problems import Refused
from vitrine.people.accounts import (
    Account,
    AccountFile,
    read_accounts,
    write_accounts,
)
from vitrine.people.passwords import NOBODYS

ADA = Account(name="ada", role="operator", password=NOBODYS)
BEN = Account(name="ben.2", role="auditor", password=NOBODYS)
ANN = Account(
    name="ann",
    role="advertiser",
    password=NOBODYS,
    advertisers=("acme", "beans"),
)
EVE = Account(name="eve", role="auditor", oidc="248289761001", key="0" * 64)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "users.yaml"
    write_accounts(path, [ADA, BEN, ANN, EVE])
    assert list(read_accounts(path).values()) == [ADA, BEN, ANN, EVE]
    assert path.stat().st_mode & 0o777 == 0o600
    write_accounts(path, [])
    assert read_accounts(path) == {}


def test_without_a_file_there_are_no_accounts(tmp_path: Path) -> None:
    assert AccountFile(tmp_path / "users.yaml").current() == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_writes_stays_readable_for_the_services(tmp_path: Path) -> None:
    os.chown(tmp_path, 10001, 10002)
    path = tmp_path / "users.yaml"
    for user in (10001, 10003):
        write_accounts(path, [ADA])
        assert path.stat().st_uid == user
        os.chown(path, 10003, 10003)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "users.yaml"
    with pytest.raises(ConfigurationError, match=r"users\.yaml cannot be written"):
        write_accounts(path, [ADA])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "expected the key `users:`"),
        ("people: []", "expected the key `users:`"),
        ("users: ada", "expected the key `users:`"),
        ("users:\n- ada", ":2: users: "),
        ("users:\n- name: ada\n  role: boss", ":3: role: "),
        ("users:\n- name: Ada\n  role: operator", ":2: name: "),
        ("users:\n- name: ada\n  password: geheim", ":3: password: "),
        ("users:\n- name: ada\n  name: ben", "is there twice"),
        (
            "users:\n- name: eve\n  role: auditor\n  oidc: eve",
            "has `password`, or else `oidc` and `key`",
        ),
        (
            f"users:\n- name: ada\n  role: auditor\n  oidc: x\n  password: {NOBODYS}",
            "has `password`, or else `oidc` and `key`",
        ),
        (
            f"users:\n- name: ann\n  role: advertiser\n  password: {NOBODYS}",
            ":2: users: an account of the role advertiser",
        ),
        (
            f"users:\n- name: ada\n  role: operator\n  password: {NOBODYS}\n"
            "  advertisers: [acme]",
            "and no other, names `advertisers`",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_without_the_value(
    tmp_path: Path, text: str, problem: str
) -> None:
    path = tmp_path / "users.yaml"
    path.write_text(text)
    with pytest.raises(Refused) as error:
        read_accounts(path)
    assert problem in str(error.value)
    assert "geheim" not in str(error.value)


def test_a_name_is_there_once(tmp_path: Path) -> None:
    path = tmp_path / "users.yaml"
    write_accounts(path, [ADA, ADA])
    with pytest.raises(Refused, match="the name 'ada' is there twice"):
        read_accounts(path)


def test_a_change_is_seen_at_once_and_a_mistake_keeps_the_last_good_accounts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "users.yaml"
    write_accounts(path, [ADA])
    file = AccountFile(path)
    assert set(file.current()) == {"ada"}
    write_accounts(path, [ADA, BEN])
    assert set(file.current()) == {"ada", "ben.2"}
    labels = {"file": "users", "outcome": "refused"}
    before = REGISTRY.get_sample_value("vitrine_config_reloads_total", labels) or 0
    path.write_text("users: nobody")
    for _ in range(3):
        assert set(file.current()) == {"ada", "ben.2"}
    after = REGISTRY.get_sample_value("vitrine_config_reloads_total", labels)
    assert after == before + 1
    assert caplog.text.count("the last good ones stay valid") == 1
    path.unlink()
    assert file.current() == {}


def test_a_bad_file_at_the_start_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "users.yaml"
    path.write_text("users: nobody")
    with pytest.raises(ConfigurationError):
        AccountFile(path).current()


def test_an_advertiser_reads_what_is_of_own_advertisers_alone() -> None:
    ann = ANN.person
    assert ann.may_read("acme")
    assert ann.may_read("acme", "beans")
    assert not ann.may_read("acme", "other")
    assert not ann.may_read()
    assert ADA.person.may_read("other")
    assert not BEN.person.may_read("acme")


def test_somebody_of_the_provider_has_one_account(tmp_path: Path) -> None:
    path = tmp_path / "users.yaml"
    write_accounts(path, [EVE, EVE.model_copy(update={"name": "eva"})])
    with pytest.raises(Refused, match="'eva' and 'eve' have the same `oidc`"):
        read_accounts(path)
