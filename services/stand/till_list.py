"""The tills of a site, for the operator: added, listed, revoked."""

from __future__ import annotations

import time
from io import StringIO
from pathlib import Path
from typing import Final

import click
import segno
from pydantic import ValidationError

from vitrine.errors import ConfigurationError
from vitrine.services.stand.listing import (
    Row,
    moment,
    opened,
    opened_both,
    print_rows,
)
from vitrine.services.stand.settings import StandSettings
from vitrine.stores import offers, phones
from vitrine.stores import tills as stored

COLUMNS: Final = ("id", "stand", "name", "added", "revoked")


def add_till(data: Path | None, stand_id: str, name: str) -> None:
    """Add a till to a stand and print its token.

    Raises ConfigurationError for what can be no stand.
    """
    with opened(data) as redis:
        try:
            till, token = stored.add(redis, stand_id, name, int(time.time()))
        except ValidationError:
            raise ConfigurationError(
                f"{stand_id!r} is no id of a stand; stands.yaml has them"
            ) from None
    click.echo(f"till  {till.till_id} of stand {stand_id}")
    click.echo(f"token {token}")
    click.echo(
        "The token is shown this once. The till sends it as `Authorization: Bearer …`.",
        err=True,
    )


def list_tills(data: Path | None, *, as_json: bool) -> None:
    """Print the tills."""
    rows: list[Row] = []
    with opened(data) as redis:
        for till in stored.listed(redis):
            row = {
                "id": till.till_id,
                "stand": till.stand_id,
                "name": till.name,
                "added": moment(till.added_s),
                "revoked": moment(till.revoked_s),
            }
            rows.append(row)
    print_rows(COLUMNS, rows, as_json=as_json)


def revoke_till(data: Path | None, till_id: str) -> None:
    """Revoke a till's token. Raises ConfigurationError for an unknown till."""
    with opened(data) as redis:
        till = stored.revoke(redis, till_id, int(time.time()))
    if till is None:
        click.echo(f"what the store had of till {till_id} is removed")
        return
    click.echo(f"till {till.till_id} of stand {till.stand_id} is revoked")


def begin_offers(data: Path | None) -> None:
    """Let offers be granted from a store that has lost what it granted."""
    with opened(data) as redis:
        before = offers.mark_of(redis)
        offers.begin(redis)
    if before is not None:
        click.echo(f"the store knew of {before.granted} grants, and keeps them")
    click.echo("offers are granted again, within seconds")


def link_phone(data: Path | None, customer_id: str) -> None:
    """Print the link that makes a phone a customer's, as an address and as a QR code.

    Raises ConfigurationError without an address for phones, or such a customer.
    """
    public_url = StandSettings.load().public_url
    if public_url is None:
        raise ConfigurationError(
            "set VITRINE_STAND_PUBLIC_URL to the address by which phones reach the stand"
        )
    with opened_both(data) as (redis, keys):
        key = keys.entry(customer_id)
        if key is None:
            raise ConfigurationError(
                f"no customer {customer_id}; `vitrine customers list` shows all"
            )
        token = phones.offer_link(redis, key.pseudonym)
    address = f"{public_url}/phone/{token}"
    picture = StringIO()
    segno.make_qr(address).terminal(picture, compact=True)
    click.echo(picture.getvalue())
    click.echo(address)
