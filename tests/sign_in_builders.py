"""Accounts for the tests of signing in."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from vitrine.people.accounts import Account, Role, write_accounts
from vitrine.people.audit import AuditLog
from vitrine.people.passwords import hashed

PASSWORD: Final = "correct horse battery"  # noqa: S105 - of the tests


@cache
def kept_password(password: str) -> str:
    """What is kept of a password, made once: it takes a tenth of a second."""
    return hashed(password)


def write_people(
    folder: Path,
    password: str = PASSWORD,
    role: Role = "operator",
) -> Path:
    """Write the accounts of `ada`, by default an operator, and `ben`, an auditor."""
    path = folder / "users.yaml"
    kept = kept_password(password)
    accounts = [
        Account(name="ada", role=role, password=kept),
        Account(name="ben", role="auditor", password=kept),
    ]
    write_accounts(path, accounts)
    return path


def noted(path: Path) -> list[tuple[str, str, str]]:
    """Who did what at which process, the first entry first."""
    entries = list(AuditLog(path, "").newest())
    entries.reverse()
    return [(entry.who, entry.what, entry.process) for entry in entries]
