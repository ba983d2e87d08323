"""Change the file of accounts."""

from __future__ import annotations

import json
import re
import secrets
from pathlib import Path

import click

from vitrine.errors import ConfigurationError
from vitrine.people.accounts import (
    NAME,
    Account,
    conflict_of,
    read_accounts,
    write_accounts,
)
from vitrine.people.audit import AuditLog, shell_user
from vitrine.people.passwords import SHORTEST, generated, hashed
from vitrine.settings import Settings

PROCESS = "vitrine users"
# As long as the digest of the HMAC that it signs with.
KEY_BYTES = 32


def add_account(
    file: Path | None,
    name: str,
    role: str,
    advertisers: tuple[str, ...] = (),
    oidc: str | None = None,
    *,
    generate: bool,
) -> None:
    """Add an account, with a password unless somebody signs in elsewhere, as `oidc`.

    Raises ConfigurationError for a name that is wrong or taken, and options that do not fit.
    """
    if oidc is not None and generate:
        raise ConfigurationError("an account with --oidc has no password to --generate")
    if (role == "advertiser") != bool(advertisers):
        raise ConfigurationError(
            "an advertiser sees the campaigns of --advertiser ID, as campaigns.yaml has it; "
            "other roles have no such option"
        )
    if not re.fullmatch(NAME, name):
        raise ConfigurationError(
            "a name has 1 to 40 small letters, digits, dots, dashes and underscores, "
            "and begins with a letter or digit"
        )
    path = _path(file)
    if name in read_accounts(path):
        raise ConfigurationError(
            f"{name} has an account; `vitrine users password {name}` gives a new password"
        )
    way_in = {"oidc": oidc, "key": secrets.token_hex(KEY_BYTES)}
    if oidc is None:
        way_in = {"password": _new_password(generate=generate)}
    account = Account.model_validate(
        {
            "name": name,
            "role": role,
            "advertisers": advertisers,
            **way_in,
        }
    )
    # Read again: asking took a while.
    accounts = read_accounts(path)
    conflict = conflict_of(account, accounts)
    if conflict:
        raise ConfigurationError(conflict)
    accounts[name] = account
    write_accounts(path, accounts.values())
    described = _described(account)
    _note(f"added {name}, {described}", path)
    click.echo(f"{name} may sign in as {described}")


def list_accounts(file: Path | None, *, as_json: bool) -> None:
    """Print names and roles."""
    accounts = read_accounts(_path(file)).values()
    if as_json:
        listed = [
            account.model_dump(mode="json", exclude={"password", "key"})
            for account in accounts
        ]
        click.echo(json.dumps(listed, indent=2))
        return
    for account in accounts:
        click.echo(f"{account.name}  {_described(account)}")


def _described(account: Account) -> str:
    """Return the role, for whom, and the way in where that is no password."""
    described: str = account.role
    if account.advertisers:
        described += f" of {', '.join(account.advertisers)}"
    if account.oidc is not None:
        described += ", by the identity provider"
    return described


def change_password(file: Path | None, name: str, *, generate: bool) -> None:
    """Give an account a new password. Raises ConfigurationError for an unknown name."""
    path = _path(file)
    if _known(path, name)[name].oidc is not None:
        raise ConfigurationError(
            f"{name} signs in by the identity provider, and has no password here"
        )
    kept = _new_password(generate=generate)
    # Read again: asking took a while.
    accounts = _known(path, name)
    accounts[name] = accounts[name].model_copy(update={"password": kept})
    write_accounts(path, accounts.values())
    _note(f"new password of {name}", path)
    click.echo(f"{name} has a new password, and is signed out everywhere")


def remove_account(file: Path | None, name: str) -> None:
    """Take an account away. Raises ConfigurationError for an unknown name."""
    path = _path(file)
    accounts = _known(path, name)
    del accounts[name]
    write_accounts(path, accounts.values())
    _note(f"removed {name}", path)
    click.echo(f"{name} is signed out everywhere, and cannot sign in any more")


def _path(file: Path | None) -> Path:
    path = file or Settings.load().users
    if path is None:
        raise ConfigurationError(
            "set VITRINE_USERS to the file of accounts, for the services too; "
            "or name it with --file"
        )
    return path


def _known(path: Path, name: str) -> dict[str, Account]:
    """Return all accounts. Raises ConfigurationError where `name` has none."""
    accounts = read_accounts(path)
    if name not in accounts:
        raise ConfigurationError(f"{name} has no account in {path}")
    return accounts


def _new_password(*, generate: bool) -> str:
    """Return what to keep of a password that is made, or asked for twice."""
    if generate:
        password = generated()
        click.echo(f"The password, which is shown only here: {password}")
        return hashed(password)
    password = click.prompt(
        f"Password, {SHORTEST} characters or more; three words will do",
        hide_input=True,
        confirmation_prompt="The same again",
    )
    if len(password) < SHORTEST:
        raise ConfigurationError(
            f"the password has {len(password)} characters, expected {SHORTEST} or more; "
            "--generate makes one"
        )
    return hashed(password)


def _note(what: str, path: Path) -> None:
    """Add a change to the audit log; the system knows who made it."""
    audit = AuditLog(Settings.load().audit_file, PROCESS)
    audit.note(what, None, name=shell_user(), place=str(path))
