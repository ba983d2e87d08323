"""`vitrine customers`: enrol, list and erase the customers who asked to be recognised."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def customers() -> None:
    """Enrol, list and erase customers who asked to be recognised.

    They live in Redis (VITRINE_REDIS_URL), encrypted with the key in VITRINE_KEY_FILE.
    """


@customers.command()
@click.argument("name")
@click.argument(
    "images",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path),
    metavar="IMAGE…",
)
@click.option(
    "--purpose",
    "purposes",
    multiple=True,
    type=click.Choice(["recognise", "profile", "offers"]),
    default=("recognise", "offers"),
    show_default=True,
    help="What the customer agreed to; repeat it.",
)
@click.option(
    "--days",
    default=365,
    show_default=True,
    type=click.IntRange(1, 3650),
    help="Until it expires.",
)
@click.option(
    "--text",
    default="1",
    show_default=True,
    help="Version of the consent text that was shown.",
)
def enrol(
    name: str,
    images: tuple[Path, ...],
    purposes: tuple[str, ...],
    days: int,
    text: str,
) -> None:
    """Enrol the customer NAME with one or more pictures of their face.

    Enrolling records that the customer consented: ask first. Pictures are read and not
    kept. A picture without exactly one face is left out; without any good picture nobody
    is enrolled.
    """
    from vitrine.services.identity.enrolling import enrol_customer

    enrol_customer(
        name,
        images,
        purposes=purposes,
        days=days,
        text_version=text,
    )


@customers.command("list")
@click.option("--json", "as_json", is_flag=True, help="For other programs.")
def list_all(as_json: bool) -> None:
    """List the customers and what they agreed to."""
    from vitrine.services.identity.enrolling import list_customers

    list_customers(as_json=as_json)


@customers.command()
@click.argument("customer_id", metavar="ID")
def erase(customer_id: str) -> None:
    """Erase everything of a customer and print a signed receipt."""
    from vitrine.services.identity.enrolling import erase_customer

    erase_customer(customer_id)
