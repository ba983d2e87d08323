"""Customers who enrolled: listed, withdrawn from a consent, erased."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import click
from rich.table import Table
from rich.text import Text

from vitrine.customers.consents import Purpose, in_force
from vitrine.people.audit import shell_user
from vitrine.services.identity.opened import audit_log, opened_store
from vitrine.terminal import console


def list_customers(data: Path | None, *, as_json: bool) -> None:
    """Print the customers and what they agree to now."""
    now_ns = time.time_ns()
    listed = []
    with opened_store(data) as store:
        for customer in store.customers():
            purposes = in_force(customer.consents, now_ns)
            plain = {
                "id": customer.customer_id,
                "name": customer.name,
                "templates": customer.templates,
                "agreed_to": list(purposes),
            }
            listed.append(plain)
    if as_json:
        text = json.dumps(listed, indent=2)
        click.echo(text)
        return
    console().print(_table(listed))


def erase_customer(data: Path | None, customer_id: str) -> None:
    """Erase everything of a customer and print the receipt."""
    audit = audit_log()
    with opened_store(data) as store:
        receipt = store.erase(customer_id, now_ns=time.time_ns())
    audit.note("erased a customer", None, name=shell_user(), place=customer_id)
    text = json.dumps(receipt, indent=2)
    click.echo(text)


def withdraw_consent(data: Path | None, customer_id: str, purpose: str) -> None:
    """End a consent of a customer."""
    audit = audit_log()
    with opened_store(data) as store:
        store.withdraw(customer_id, cast("Purpose", purpose), now_ns=time.time_ns())
    audit.note("withdrew a consent", None, name=shell_user(), place=customer_id)
    click.echo(f"{customer_id}  no consent to {purpose} any more")


def _table(listed: Sequence[Mapping[str, Any]]) -> Table:
    table = Table()
    for heading in ("id", "name", "templates", "agreed to"):
        # Too long for the terminal, a name goes on in the next line: nothing is cut off.
        table.add_column(heading, overflow="fold")
    for customer in listed:
        agreed = ", ".join(customer["agreed_to"])
        table.add_row(
            customer["id"],
            _shown(customer["name"]),
            str(customer["templates"]),
            agreed or "expired",
        )
    return table


def _shown(name: str) -> Text:
    """Return a name that controls no terminal: it may have come from another system."""
    characters = [
        each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in name
    ]
    return Text("".join(characters))
