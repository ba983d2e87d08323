"""The file of accounts: who may sign in, as what."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final, Literal, Self, TypeAlias

import yaml
from pydantic import Field, ValidationError, model_validator

from vitrine.errors import ConfigurationError
from vitrine.mall.folder import Stamp, stamp_of
from vitrine.mall.part import Part
from vitrine.mall.problems import Problem, Refused
from vitrine.mall.reader import MOST_BYTES, Node, read_yaml
from vitrine.mall.text import Unreadable, read_text
from vitrine.output import replace_file
from vitrine.people.passwords import FORM
from vitrine.telemetry.metrics import CONFIG_RELOADS

logger = logging.getLogger(__name__)

Role: TypeAlias = Literal["operator", "auditor", "advertiser"]
ROLES: Final[Mapping[Role, str]] = {
    "operator": "opens all pages",
    "auditor": "opens the audit log and nothing else",
    "advertiser": "opens the figures of own campaigns and nothing else",
}
NAME: Final = r"^[a-z0-9][a-z0-9._-]{0,39}$"
HEAD: Final = "# Written by `vitrine users`; passwords are hashed.\n"
FILE: Final = "users"
"""The label of metrics."""


@dataclass(frozen=True, slots=True)
class Person:
    """Hold who asks: the name of an account, or of another way in."""

    name: str
    role: Role
    advertisers: tuple[str, ...] = ()
    """For whose campaigns an advertiser stands."""

    def may_read(self, *advertisers: str) -> bool:
        """Return True where the figures of these advertisers are open to this person."""
        if self.role != "advertiser":
            return self.role == "operator"
        return bool(advertisers) and set(advertisers) <= set(self.advertisers)


@dataclass(frozen=True, slots=True)
class Identity:
    """Hold who an identity provider says that somebody is."""

    subject: str
    email: str = ""
    """Empty where the provider has not verified it."""

    def is_called(self, name: str) -> bool:
        """Return True for the subject, and for the address of e-mail in any case."""
        if name == self.subject:
            return True
        return bool(self.email) and name.casefold() == self.email.casefold()


class Account(Part):
    """Hold one account."""

    name: str = Field(pattern=NAME)
    role: Role
    password: str | None = Field(None, pattern=FORM, repr=False)
    """Hashed; None for who signs in by an identity provider."""
    oidc: str | None = Field(None, min_length=1, max_length=255)
    """Who that is there: the subject, or the address of e-mail that the provider verified."""
    key: str | None = Field(None, pattern="^[0-9a-f]{64}$", repr=False)
    """Random, in place of a password: with it sessions are signed."""
    advertisers: tuple[str, ...] = ()
    """Ids of those whose campaigns an account of this role sees."""

    @model_validator(mode="after")
    def _with_advertisers(self) -> Self:
        if (self.role == "advertiser") != bool(self.advertisers):
            raise ValueError(
                "an account of the role advertiser, and no other, names `advertisers`"
            )
        return self

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        by_provider = self.oidc is not None and self.key is not None
        neither = self.oidc is None and self.key is None
        if not (by_provider if self.password is None else neither):
            raise ValueError("an account has `password`, or else `oidc` and `key`")
        return self

    @property
    def signs(self) -> str:
        """Return what sessions of this account are signed with; a new one ends them."""
        return self.password or self.key or ""

    @property
    def person(self) -> Person:
        """Return whose account it is."""
        return Person(self.name, self.role, self.advertisers)


Accounts: TypeAlias = Mapping[str, Account]
"""By their names."""


class AccountFile:
    """Give the accounts of a file as it is at each moment. Thread-safe.

    Without the file there are no accounts. A bad file leaves the last good accounts valid.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        self._stamp: Stamp | None = None
        self._accounts: Accounts | None = None
        # A label counts from zero on: Prometheus then sees the first refusal as a rise.
        CONFIG_RELOADS.labels(FILE, "refused")

    def current(self) -> Accounts:
        """Return the accounts now. Raises Refused if there was never a good file."""
        with self._lock:
            # Before reading, so that no change is missed.
            stamp = stamp_of(self.path)
            if self._accounts is None:
                self._accounts = self._load()
            elif stamp != self._stamp:
                self._accounts = self._read_again(self._accounts)
            self._stamp = stamp
            return self._accounts

    def _read_again(self, active: Accounts) -> Accounts:
        try:
            return self._load()
        except Refused as error:
            logger.error(  # noqa: TRY400 - the message says everything
                "accounts refused, the last good ones stay valid: %s",
                error,
            )
            return active

    def _load(self) -> Accounts:
        try:
            accounts = read_accounts(self.path)
        except Refused:
            CONFIG_RELOADS.labels(FILE, "refused").inc()
            raise
        CONFIG_RELOADS.labels(FILE, "accepted").inc()
        logger.info("%d people may sign in", len(accounts))
        return accounts


def read_accounts(path: Path) -> dict[str, Account]:
    """Return the accounts of a file; none without a file. Raises Refused."""
    try:
        path.stat()
        text = read_text(path, MOST_BYTES)
    except FileNotFoundError:
        return {}
    except OSError as error:
        text = f"cannot be read: {error.strerror}"
        raise Refused([Problem(path, text)]) from None
    except Unreadable as error:
        raise Refused([Problem(path, str(error), error.line)]) from None
    document = read_yaml(path, text)
    listed = document.below(FILE)
    if listed is None or not isinstance(listed.content, list):
        text = f"expected the key `{FILE}:` with a list under it"
        raise Refused([Problem(path, text, document.line)])
    accounts: dict[str, Account] = {}
    problems: list[Problem] = []
    for node in listed.content:
        account = _account(path, node, problems)
        if account is None:
            continue
        conflict = conflict_of(account, accounts)
        if conflict:
            problems.append(Problem(path, conflict, node.line))
        accounts[account.name] = account
    if problems:
        raise Refused(problems)
    return accounts


def conflict_of(account: Account, accounts: Accounts) -> str:
    """Return why an account cannot be beside the others; empty where it can."""
    if account.name in accounts:
        return f"the name {account.name!r} is there twice; keep one"
    for other in accounts.values():
        if account.oidc is not None and account.oidc == other.oidc:
            return f"{account.name!r} and {other.name!r} have the same `oidc`"
    return ""


def _account(path: Path, node: Node, problems: list[Problem]) -> Account | None:
    """Return an account; add what is wrong to `problems`, without the value."""
    try:
        return Account.model_validate(node.plain())
    except ValidationError as error:
        for details in error.errors(include_url=False, include_input=False):
            place = details["loc"]
            field = str(place[0]) if place else FILE
            below = node.below(field) or node
            message = details["msg"].removeprefix("Value error, ")
            text = f"{message}; `vitrine users` writes this file"
            problems.append(Problem(path, text, below.line, field))
    return None


def write_accounts(path: Path, accounts: Iterable[Account]) -> None:
    """Replace the file, in one step, for its owner alone. Raises ConfigurationError.

    Where root does so, it stays readable for the services: its owner, or else that of the
    folder, gets it.
    """
    listed = [
        account.model_dump(mode="json", exclude_defaults=True) for account in accounts
    ]
    text = yaml.safe_dump({FILE: listed}, sort_keys=False)
    try:
        before = path if path.exists() else path.parent
        owner = before.stat()
        replace_file(path, HEAD + text)
        if os.geteuid() == 0:
            os.chown(path, owner.st_uid, owner.st_gid)
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written: {error.strerror}"
        ) from error
