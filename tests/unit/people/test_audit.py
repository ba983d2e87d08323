"""The audit log is only ever added to."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from vitrine.people import audit
from vitrine.people.accounts import Person
from vitrine.people.audit import UNREADABLE, AuditLog, shell_user

ADA = Person("ada", "operator")


def lost() -> float:
    return REGISTRY.get_sample_value("vitrine_audit_lost_total") or 0.0


def test_processes_add_lines_to_one_file_and_the_newest_comes_first(
    tmp_path: Path,
) -> None:
    path = tmp_path / "audit.jsonl"
    AuditLog(path, "stand").note("sign-in", ADA, place="192.0.2.7")
    console = AuditLog(path, "console")
    console.note("failed sign-in", None, name="a\nline {}")
    first, second = console.newest()
    assert (second.process, second.who, second.role) == ("stand", "ada", "operator")
    assert (second.what, second.place) == ("sign-in", "192.0.2.7")
    assert (first.process, first.who, first.role) == ("console", "a\nline {}", "")
    assert first.at >= second.at
    assert path.read_text().count("\n") == 2
    assert not path.stat().st_mode & 0o007


def test_the_file_may_be_moved_away_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    log = AuditLog(path, "stand")
    log.note("sign-in", ADA)
    path.rename(tmp_path / "audit.jsonl.1")
    log.note("sign-out", ADA)
    assert [entry.what for entry in log.newest()] == ["sign-out"]


def test_without_a_file_nothing_is_kept() -> None:
    log = AuditLog(None, "stand")
    log.note("sign-in", ADA)
    assert list(log.newest()) == []


def test_what_cannot_be_written_is_counted_and_logged_without_the_name(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = lost()
    AuditLog(tmp_path / "nowhere" / "audit.jsonl", "stand").note("sign-in", ADA)
    assert lost() == before + 1
    assert "cannot be written (No such file or directory)" in caplog.text
    assert "sign-in" in caplog.text
    assert "ada" not in caplog.text


def test_a_full_disk_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = lost()
    monkeypatch.setattr("vitrine.people.audit.os.write", lambda *_: 3)
    AuditLog(tmp_path / "audit.jsonl", "stand").note("sign-in", ADA)
    assert lost() == before + 1


def test_a_broken_line_hides_no_other(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    log = AuditLog(path, "stand")
    log.note("sign-in", ADA)
    with path.open("a") as file:
        file.write('{"at": "2026-\n')
    log.note("sign-out", ADA)
    found = list(log.newest())
    assert [entry.what for entry in found] == ["sign-out", UNREADABLE.what, "sign-in"]


def test_of_a_large_file_the_end_is_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = AuditLog(tmp_path / "audit.jsonl", "stand")
    for number in range(100):
        log.note(f"step {number}", ADA)
    monkeypatch.setattr(audit, "TAIL_BYTES", 1_000)
    found = [entry.what for entry in log.newest()]
    assert found[0] == "step 99"
    assert 2 < len(found) < 20
    assert UNREADABLE.what not in found


def test_a_user_without_a_name_is_noted_by_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nameless() -> str:
        raise KeyError

    monkeypatch.setattr("getpass.getuser", nameless)
    monkeypatch.setattr("os.getuid", lambda: 10001)
    assert shell_user() == "shell user 10001"
