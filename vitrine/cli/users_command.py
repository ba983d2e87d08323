"""Offer `vitrine users`: who may sign in to the pages."""

from __future__ import annotations

from pathlib import Path

import click

_GENERATE = click.option(
    "--generate",
    is_flag=True,
    help="Make a password and print it once, instead of asking for one.",
)
_ROLE = click.option(
    "--role",
    required=True,
    # As in `vitrine.people.accounts`, which is loaded when a command runs.
    type=click.Choice(["operator", "auditor", "advertiser"]),
    help="operator: opens all pages. auditor: opens the audit log and nothing else. "
    "advertiser: opens the figures of own campaigns and nothing else.",
)
_ADVERTISER = click.option(
    "--advertiser",
    "advertisers",
    metavar="ID",
    multiple=True,
    help="Whose campaigns an advertiser sees, as campaigns.yaml has it; repeatable.",
)


_OIDC = click.option(
    "--oidc",
    metavar="SUBJECT",
    help="Sign in by the identity provider, as this subject or verified e-mail; no password.",
)


@click.group(short_help="Say who may sign in to the pages.")
@click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file of accounts; VITRINE_USERS unless given.",
)
@click.pass_context
def users(context: click.Context, file: Path | None) -> None:
    """Add, list and remove the accounts of people, and give them new passwords.

    \b
    export VITRINE_USERS=/etc/vitrine/users.yaml
    vitrine users add ada --role operator
    vitrine users add ann --role advertiser --advertiser acme
    vitrine users add eve --role auditor --oidc eve@mall.example

    Services look at the file at each request: no restart is needed once they know it by
    VITRINE_USERS. Run this as the user that the services run as, or as root: nobody else
    may read the file. Passwords are kept hashed. Each change is a line of VITRINE_AUDIT_FILE.
    """
    context.obj = file


@users.command()
@click.argument("name")
@_ROLE
@_ADVERTISER
@_OIDC
@_GENERATE
@click.pass_obj
def add(
    file: Path | None,
    name: str,
    role: str,
    advertisers: tuple[str, ...],
    oidc: str | None,
    generate: bool,
) -> None:
    """Let NAME sign in. It has small letters, digits, dots and dashes."""
    from vitrine.cli.users import add_account

    add_account(file, name, role, advertisers, oidc, generate=generate)


@users.command("list")
@click.option("--json", "as_json", is_flag=True, help="For other programs.")
@click.pass_obj
def list_all(file: Path | None, as_json: bool) -> None:
    """List who may sign in, and as what."""
    from vitrine.cli.users import list_accounts

    list_accounts(file, as_json=as_json)


@users.command()
@click.argument("name")
@_GENERATE
@click.pass_obj
def password(file: Path | None, name: str, generate: bool) -> None:
    """Give NAME a new password. Whoever is signed in with the old one is signed out."""
    from vitrine.cli.users import change_password

    change_password(file, name, generate=generate)


@users.command()
@click.argument("name")
@click.pass_obj
def remove(file: Path | None, name: str) -> None:
    """Take the account of NAME away. Whoever is signed in with it is signed out."""
    from vitrine.cli.users import remove_account

    remove_account(file, name)
