"""People who sign in with a name and a password."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Lock
from typing import Final

from pydantic import SecretStr

from vitrine.people.accounts import (
    Account,
    AccountFile,
    Identity,
    Person,
    read_accounts,
)
from vitrine.people.audit import AuditLog
from vitrine.people.passwords import NOBODYS, is_password
from vitrine.settings import Settings
from vitrine.telemetry.metrics import HTTP_REFUSED
from vitrine.web.attempts import Attempts, subscriber
from vitrine.web.sessions import EndedSessions, Sessions
from vitrine.web.sign_in_page import HOMES
from vitrine.web.tokens import signing_secret

logger = logging.getLogger(__name__)

# The same for the pages of all services: whoever signed in to one is signed in to all.
PERSON_COOKIE: Final = "vitrine-person"
# The opening hours of a mall: nobody signs in twice a day, and no session sees the next.
SESSION_S: Final = 12 * 3_600

# Some mistyped ones. After that an account can be tried once a minute, some 1,400 times a
# day, from however many addresses: hopeless against 15 characters. It is not longer, as
# strangers could lock an account. Chosen, not measured.
ACCOUNT_FREE: Final = 5
ACCOUNT_LONGEST_S: Final = 60.0
# More, as the people of an office may share an address. Chosen, not measured.
ADDRESS_FREE: Final = 20
ADDRESS_LONGEST_S: Final = 900.0
# More than the name of any account has: what is kept of a name that somebody tried.
LETTERS: Final = 64
# One password is checked at a time: each takes 16 MB. Who waits longer has to come again.
# Chosen, not measured.
BUSY_S: Final = 1.0


def people_of(
    settings: Settings,
    audit: AuditLog,
    *,
    by_provider: bool = False,
) -> People | None:
    """Return the people of the settings; None where nobody has an account."""
    if settings.users is None:
        return None
    accounts = AccountFile(settings.users)
    secret = session_secret(settings)
    return People(accounts, audit, secret, by_provider=by_provider)


def session_secret(settings: Settings) -> SecretStr | None:
    """Return what signs the sessions of operators and of people. Raises ConfigurationError."""
    return signing_secret(
        settings.operator_token,
        settings.services_token,
        "VITRINE_OPERATOR_TOKEN",
    )


def check_accounts(settings: Settings) -> None:
    """Raise ConfigurationError for a file of accounts that cannot be used."""
    if settings.users is not None and not read_accounts(settings.users):
        logger.warning(
            "nobody can sign in yet: `vitrine users add NAME` writes %s",
            settings.users,
        )


class NotAdmitted(Exception):
    """A name and a password that do not belong together."""


class TooOften(Exception):
    """An attempt that was not looked at."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"wait {wait_s} s")
        self.wait_s = wait_s
        """Until the next one may be made."""


class People:
    """Sign people in and out, and know them by their cookie. Thread-safe.

    A session is signed with a key of the account's password and the servers' secret. So it
    is good at every process that has both, and ends with a new password or without the
    account. That it was ended early, only this process knows.
    """

    def __init__(
        self,
        accounts: AccountFile,
        audit: AuditLog,
        secret: SecretStr | None,
        clock_s: Callable[[], float] = time.time,
        *,
        by_provider: bool = False,
    ) -> None:
        """Know the accounts of a file; `by_provider` offers the identity provider, too."""
        self.by_provider = by_provider
        self._accounts = accounts
        self._audit = audit
        self._secret = ""
        if secret is not None:
            self._secret = secret.get_secret_value()
        self._clock_s = clock_s
        self._ended = EndedSessions()
        self._checking = Lock()
        self._by_account = Attempts(ACCOUNT_FREE, ACCOUNT_LONGEST_S)
        self._by_address = Attempts(ADDRESS_FREE, ADDRESS_LONGEST_S)

    def sign_in(self, name: str, password: str, host: str) -> str:
        """Return the value of a new session; `host` is the client's address.

        Raises NotAdmitted, and TooOften without a look at the password.
        """
        self._limit(name, host)
        account = self._accounts.current().get(name)
        kept = NOBODYS
        if account is not None and account.password is not None:
            kept = account.password
        if not self._checking.acquire(timeout=BUSY_S):
            HTTP_REFUSED.labels("attempts").inc()
            raise TooOften(BUSY_S)
        try:
            admitted = is_password(password, kept)
        finally:
            self._checking.release()
        person = account.person if account else None
        if account is None or not admitted:
            # People type passwords into the field of the name.
            known = account.name if account else "a name without an account"
            HTTP_REFUSED.labels("password").inc()
            logger.warning("a sign-in failed: %s", known)
            self._audit.note("failed sign-in", person, place=host)
            raise NotAdmitted
        self._by_account.succeeded(name)
        return self._admitted(account, host)

    def begin_elsewhere(self, host: str) -> None:
        """Count that somebody goes to the identity provider. Raises TooOften."""
        self._check(self._by_address.begin(subscriber(host)))

    def sign_in_as(self, identity: Identity, host: str) -> str:
        """Return a new session for whom an identity provider knows.

        Raises NotAdmitted for who has no account.
        """
        for account in self._accounts.current().values():
            if account.oidc is not None and identity.is_called(account.oidc):
                return self._admitted(account, host)
        self.failed_elsewhere("no account has this subject", host)
        raise NotAdmitted

    def failed_elsewhere(self, reason: str, host: str) -> None:
        """Count, log and note a sign-in by an identity provider that failed."""
        HTTP_REFUSED.labels("provider").inc()
        logger.warning("a sign-in by the identity provider failed: %s", reason)
        self._audit.note("failed sign-in", None, place=host)

    def _admitted(self, account: Account, host: str) -> str:
        self._by_address.succeeded(subscriber(host))
        self._audit.note("sign-in", account.person, place=host)
        session = self._sessions(account).new(SESSION_S)
        return f"{account.name}:{session}"

    def person_of(self, value: str) -> Person | None:
        """Return who signed in with this session; None where it is none, or has ended."""
        name, _, session = value.partition(":")
        account = self._accounts.current().get(name)
        if account is None or value in self._ended:
            return None
        if not self._sessions(account).admits(session):
            return None
        return account.person

    def home_of(self, value: str, next_address: str) -> str:
        """Return where a session begins: its role's first page in place of `/`."""
        person = self.person_of(value)
        if person is None or next_address != "/":
            return next_address
        home, _ = HOMES[person.role]
        return home

    def known(self, name: str) -> Person | None:
        """Return whose account has this name; None without one."""
        account = self._accounts.current().get(name)
        return account.person if account is not None else None

    def sign_out(self, value: str, host: str) -> None:
        """End a session; others are ignored."""
        person = self.person_of(value)
        if person is not None:
            self._ended.add(value)
            self._audit.note("sign-out", person, place=host)

    def _limit(self, name: str, host: str) -> None:
        wait_s = self._by_address.begin(subscriber(host))
        if not wait_s:
            wait_s = self._by_account.begin(name[:LETTERS])
        self._check(wait_s)

    def _check(self, wait_s: float) -> None:
        """Raise TooOften where an attempt comes too early."""
        if wait_s:
            HTTP_REFUSED.labels("attempts").inc()
            logger.warning(
                "a sign-in was refused: too many failed; next in %d s", wait_s
            )
            raise TooOften(wait_s)

    def _sessions(self, account: Account) -> Sessions:
        secret = SecretStr(f"{account.signs} {self._secret}")
        cookie = f"{PERSON_COOKIE} {account.name}"
        return Sessions(cookie, secret, self._clock_s)
