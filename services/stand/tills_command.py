"""`vitrine tills` and `vitrine offers`: tokens of tills, and how offers go on."""

from __future__ import annotations

from pathlib import Path

import click

from vitrine.services.stand.screens_command import data_option


@click.group(short_help="Give each till a token of its own, and take it back.")
@data_option
@click.pass_context
def tills(context: click.Context, data: Path | None) -> None:
    """Give each till a token of its own, and take it back.

    With its token a till checks, redeems and cancels codes at its stand, and reads its stand's
    redemptions; docs/till.md has the API. The list is in Redis (VITRINE_REDIS_URL), or in the data
    folder of a site: `vitrine tills --data mall/data list`. A change counts at once.
    """
    context.obj = data


@tills.command()
@click.argument("stand_id", metavar="STAND")
@click.option(
    "--name", default="", help="Words for the list, such as the till's place."
)
@click.pass_obj
def add(data: Path | None, stand_id: str, name: str) -> None:
    """Add a till at STAND and print its token, this once."""
    from vitrine.services.stand.till_list import add_till

    add_till(data, stand_id, name)


@tills.command("list")
@click.option("--json", "as_json", is_flag=True, help="For other programs.")
@click.pass_obj
def list_all(data: Path | None, as_json: bool) -> None:
    """List the tills."""
    from vitrine.services.stand.till_list import list_tills

    list_tills(data, as_json=as_json)


@tills.command()
@click.argument("till_id", metavar="ID")
@click.pass_obj
def revoke(data: Path | None, till_id: str) -> None:
    """Let the token of the till ID open nothing any more. What it redeemed stays."""
    from vitrine.services.stand.till_list import revoke_till

    revoke_till(data, till_id)


@click.group(short_help="Link customers' phones; say how offers go on after a loss.")
@data_option
@click.pass_context
def offers(context: click.Context, data: Path | None) -> None:
    """Link customers' phones, and say how offers go on after their store was lost."""
    context.obj = data


@offers.command()
@click.argument("customer_id", metavar="CUSTOMER")
@click.pass_obj
def phone(data: Path | None, customer_id: str) -> None:
    """Print a QR code that makes the phone which opens it the phone of CUSTOMER.

    Offers for customers who are recognised (`known: true`, `show: phone`) open on it, and on no
    other. It can be opened once, for a quarter of an hour; `vitrine customers list` has the ids.
    Needs VITRINE_STAND_PUBLIC_URL.
    """
    from vitrine.services.stand.till_list import link_phone

    link_phone(data, customer_id)


@offers.command()
@click.option(
    "--granted-codes-are-out",
    is_flag=True,
    help="The files in codes/ have no code that was granted before.",
)
@click.pass_obj
def begin(data: Path | None, granted_codes_are_out: bool) -> None:
    """Grant offers again from a store that was emptied or set back.

    It does not know which codes were granted: one that is still in a file would be given to
    somebody else as well. Take them out first, then say so.
    """
    if not granted_codes_are_out:
        raise click.UsageError(
            "the store does not know which codes were granted before: take them out of the "
            "files in codes/, then call this with --granted-codes-are-out"
        )
    from vitrine.services.stand.till_list import begin_offers

    begin_offers(data)
