"""What is left of customers is swept away, and erasures since a backup are applied again."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click

from vitrine.errors import ConfigurationError
from vitrine.people.audit import AuditLog, shell_user
from vitrine.services.customers.opened import (
    audit_log,
    opened_records,
    opened_store,
)
from vitrine.stores.customer_records import NoCustomer

ERASED: Final = "erased a customer"
LEFT: Final = "left"
"""As the pages note it of who erases themselves on the phone."""
SPACE: Final = re.compile(r"\s+")


def sweep_customers(data: Path | None, *, begin_anew: bool) -> None:
    """Remove what no consent and no key covers any more, or everything."""
    audit = audit_log(data)
    now_ns = time.time_ns()
    with opened_store(data) as store:
        if begin_anew:
            erased = store.begin_anew(now_ns)
            audit.note("erased all customers", None, name=shell_user())
            click.echo(f"{erased} customers erased; the two stores belong together now")
            return
        swept = store.sweep(now_ns)
    click.echo(
        f"{swept.expired} customers whose consent has expired, {swept.without_key} without a data "
        f"key, {swept.keys} data keys of nobody"
    )


def erase_again(data: Path | None, path: Path) -> None:
    """Erase who was erased by a file of receipts or an audit log. Raises ConfigurationError."""
    ids = list(dict.fromkeys(_erased(path)))
    audit = audit_log(data)
    erased = 0
    with opened_records(data) as store:
        for customer_id in ids:
            try:
                store.erase(customer_id, now_ns=time.time_ns())
            except NoCustomer:
                # Nothing has come back of this one.
                continue
            erased += 1
            note_erasure(audit, customer_id)
    click.echo(f"{erased} of {len(ids)} customers were there again, and are erased")


def note_erasure(audit: AuditLog, customer_id: str) -> None:
    """Add to the audit log who was erased: after a backup is restored, it is read again."""
    audit.note(ERASED, None, name=shell_user(), place=customer_id)


def _erased(path: Path) -> Iterator[str]:
    """Yield the ids of who was erased. Raises ConfigurationError for another kind of file."""
    for entry in _objects(path):
        if "customer_id" in entry and "erased_at_ns" in entry:
            yield str(entry["customer_id"])
        elif entry.get("what") in (ERASED, LEFT):
            yield str(entry.get("place", ""))
        elif "what" not in entry:
            raise ConfigurationError(f"{path} holds no receipts, and no audit log")


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of a file, one after the other."""
    decoder = json.JSONDecoder()
    try:
        text = path.read_text().rstrip()
        place = 0
        while place < len(text):
            space = SPACE.match(text, place)
            if space is not None:
                place = space.end()
            found, place = decoder.raw_decode(text, place)
            if not isinstance(found, dict):
                raise ConfigurationError(f"{path} holds no receipts, and no audit log")
            yield found
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"cannot read {path} ({error})") from None
