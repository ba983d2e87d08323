"""Customers who enrolled: listed, withdrawn from a consent, erased."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import click
from pydantic import TypeAdapter, ValidationError
from rich.progress import track
from rich.table import Table
from rich.text import Text

from vitrine.clock import SECOND_NS
from vitrine.customers.consents import Purpose, in_force
from vitrine.errors import ConfigurationError, Invalid
from vitrine.people.audit import shell_user
from vitrine.services.customers.naming import check_name
from vitrine.services.customers.opened import (
    audit_log,
    opened_records,
    opened_store,
    receipt_key,
)
from vitrine.services.customers.sweeping import note_erasure
from vitrine.stores.receipts import check
from vitrine.terminal import console


def list_customers(data: Path | None, *, as_json: bool) -> None:
    """Print the customers and what they agree to now."""
    audit = audit_log(data)
    now_ns = time.time_ns()
    listed = []
    with opened_records(data) as store:
        for customer in store.customers():
            purposes = in_force(customer.consents, now_ns)
            is_open = customer.name is not None
            plain = {
                "id": customer.customer_id,
                "name": customer.name,
                "templates": customer.templates,
                "agreed_to": list(purposes) if is_open else None,
            }
            listed.append(plain)
    audit.note("listed the customers", None, name=shell_user())
    if as_json:
        text = json.dumps(listed, indent=2)
        click.echo(text)
        return
    console().print(_table(listed))


def erase_customer(data: Path | None, customer_id: str) -> None:
    """Erase everything of a customer and print the receipt."""
    audit = audit_log(data)
    with opened_records(data) as store:
        receipt = store.erase(customer_id, now_ns=time.time_ns())
    note_erasure(audit, customer_id)
    try:
        receipt = receipt_key(data).sign(receipt)
    except ConfigurationError as error:
        # Nobody has to wait for a key to be erased.
        click.echo(f"not signed: {error}", err=True)
    click.echo(json.dumps(receipt, indent=2))


def withdraw_consent(data: Path | None, customer_id: str, purpose: str) -> None:
    """End a consent of a customer."""
    audit = audit_log(data)
    with opened_store(data) as store:
        store.withdraw(customer_id, cast("Purpose", purpose), now_ns=time.time_ns())
    audit.note("withdrew a consent", None, name=shell_user(), place=customer_id)
    click.echo(f"{customer_id}  no consent to {purpose} any more")


def change_customer(
    data: Path | None,
    customer_id: str,
    *,
    name: str | None,
    tags: Sequence[str] | None,
    level: str | None,
) -> None:
    """Change what is known of a customer, where it is not None; empty tags are left out.

    Raises ConfigurationError where nothing is given, and as `CustomerStore.change`.
    """
    if name is None and tags is None and level is None:
        raise ConfigurationError("nothing to change: give --name, --tag or --level")
    if name is not None:
        check_name(name)
    if tags is not None:
        tags = [tag for tag in dict.fromkeys(tags) if tag]
    audit = audit_log(data)
    with opened_store(data) as store:
        store.change(customer_id, time.time_ns(), name=name, tags=tags, level=level)
    audit.note("changed a customer", None, name=shell_user(), place=customer_id)
    click.echo(f"{customer_id}  changed")


def verify_receipt(data: Path | None, text: str, public_key: str | None) -> None:
    """Print what a receipt says, if the site signed it. Raises ConfigurationError if not."""
    if public_key is None:
        public_key = receipt_key(data).public
    try:
        receipt = TypeAdapter(dict[str, Any]).validate_json(text)
        check(receipt, public_key)
        at = datetime.fromtimestamp(receipt["erased_at_ns"] / SECOND_NS, UTC)
        customer_id, templates = receipt["customer_id"], receipt["templates"]
    except (ValidationError, KeyError, TypeError):
        raise ConfigurationError("this is no receipt") from None
    except Invalid as error:
        raise ConfigurationError(f"this receipt does not hold: {error}") from None
    click.echo(f"The site erased {customer_id} on {at:%d %B %Y at %H:%M:%S} UTC.")
    click.echo(f"Templates: {templates}.")


def print_receipt_key(data: Path | None) -> None:
    """Print the public key with which anybody can verify receipts."""
    click.echo(receipt_key(data).public)


def rotate_key(data: Path | None) -> None:
    """Seal data keys with the newest key, and say which keys of the site nobody needs any more."""
    audit = audit_log(data)
    with opened_store(data) as store:
        ids = store.ids()
        shown = track(ids, "sealing anew", console=console(stderr=True))
        rotated = store.rotate(shown)
        active = store.sealer.active_id
        others = ", ".join(sorted(store.sealer.key_ids - {active}))
    audit.note("rotated the key of customers", None, name=shell_user(), place=active)
    click.echo(
        f"the data keys of {rotated.sealed} of {len(ids)} customers were sealed anew, with {active}"
    )
    if rotated.unopened:
        raise ConfigurationError(
            f"{rotated.unopened} were left: no key in the file opens them"
        )
    if rotated.late:
        raise ConfigurationError(
            f"{rotated.late} were sealed with another key meanwhile: start `customers` anew, which "
            "does not have the new key yet, and rotate again"
        )
    if others:
        click.echo(
            f"No customer needs {others} any more. After ten minutes, when the topic `faces` has "
            "nothing left of it, remove the line where `landmarks`, `identity` and `customers` "
            "have it."
        )


def _table(listed: Sequence[Mapping[str, Any]]) -> Table:
    table = Table()
    for heading in ("id", "name", "templates", "agreed to"):
        # Too long for the terminal, a name goes on in the next line: nothing is cut off.
        table.add_column(heading, overflow="fold")
    for customer in listed:
        agreed = "?"
        if customer["agreed_to"] is not None:
            agreed = ", ".join(customer["agreed_to"]) or "expired"
        table.add_row(
            customer["id"],
            _shown(customer["name"]),
            str(customer["templates"]),
            agreed,
        )
    return table


def _shown(name: str | None) -> Text:
    """Return a name that controls no terminal: it may have come from another system."""
    if name is None:
        return Text("no key opens it", style="dim")
    characters = [
        each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in name
    ]
    return Text("".join(characters))
