"""Accounts, and servers that know them, for the tests of signing in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from tests.builders import make_mall
from tests.console_builders import RunningConsole, running_console
from tests.stand_builders import Running, running_stand
from tests.stand_players import SPRING
from vitrine.people.accounts import Account, Role, write_accounts
from vitrine.people.audit import AuditLog
from vitrine.people.passwords import hashed

PASSWORD: Final = "correct horse battery"  # noqa: S105 - of the tests
TOKEN: Final = "the token of machines"  # noqa: S105 - of the tests


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


@dataclass(frozen=True)
class Servers:
    """Hold a stand and the console whose pages it shows, with accounts."""

    folder: Path
    stand: Running
    console: RunningConsole

    @property
    def audit(self) -> list[tuple[str, str, str]]:
        return noted(self.folder / "audit.jsonl")


@contextmanager
def running_servers(folder: Path, redis_url: str) -> Iterator[Servers]:
    """Run both, with the accounts of `write_people` and one audit log in the folder."""
    users = write_people(folder)
    audit = folder / "audit.jsonl"
    with ExitStack() as stack:
        console = stack.enter_context(
            running_console(
                make_mall(), operator_token=TOKEN, users=users, audit_file=audit
            )
        )
        stand = stack.enter_context(
            running_stand(
                folder,
                redis_url,
                SPRING,
                operator_token=TOKEN,
                console_url=console.service.address,
                users=users,
                audit_file=audit,
            )
        )
        yield Servers(folder, stand, console)
