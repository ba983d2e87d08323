"""`vitrine customers`: enrol, list and erase the customers who asked to be recognised."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from vitrine.customers.enrolment import FaceReader, read_picture
from vitrine.customers.gallery import Vector
from vitrine.errors import ConfigurationError, Invalid
from vitrine.sealing import HOW_TO, Sealer
from vitrine.settings import Settings
from vitrine.stores.customers import Consent, CustomerStore, Purpose
from vitrine.stores.redis import connect

DAY_NS = 86_400 * 10**9


@click.group()
def customers() -> None:
    """Enrol, list and erase customers who asked to be recognised.

    They live in Redis (VITRINE_REDIS_URL), encrypted with the key in VITRINE_KEY_FILE.
    """


def _store(settings: Settings) -> CustomerStore:
    if settings.key_file is None:
        raise ConfigurationError(f"set VITRINE_KEY_FILE; {HOW_TO}")
    return CustomerStore(
        connect(settings.redis_url.get_secret_value()), Sealer.load(settings.key_file)
    )


@customers.command()
@click.argument("name")
@click.argument(
    "images", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="IMAGE…"
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
    purposes: tuple[Purpose, ...],
    days: int,
    text: str,
) -> None:
    """Enrol the customer NAME with one or more pictures of their face.

    Enrolling records that the customer consented: ask first. Pictures are read and not kept. A picture
    without exactly one face is left out; without any good picture nobody is enrolled.
    """
    settings = Settings.load()
    store = _store(settings)
    reader = FaceReader.load(settings)
    vectors = [
        vector for path in images if (vector := _vector(reader, path)) is not None
    ]
    if not vectors:
        raise ConfigurationError(
            "nobody was enrolled: none of the pictures can be used"
        )
    now_ns = time.time_ns()
    consents = [
        Consent(
            purpose=p,
            granted_at_ns=now_ns,
            expires_at_ns=now_ns + days * DAY_NS,
            text_version=text,
        )
        for p in purposes
    ]
    customer_id = store.enrol(name, vectors, reader.embedder.model, consents, now_ns)
    click.echo(
        f"{customer_id}  {len(vectors)} of {len(images)} pictures, consent to {', '.join(purposes)}"
    )


def _vector(reader: FaceReader, path: Path) -> Vector | None:
    try:
        return reader.read(read_picture(path))
    except Invalid as error:
        click.echo(f"{path}: left out, {error}", err=True)
        return None


@customers.command("list")
def list_all() -> None:
    """List the customers and what they agreed to."""
    store = _store(Settings.load())
    now_ns = time.time_ns()
    table = Table("id", "name", "templates", "agreed to")
    for customer in store.customers():
        agreed = [
            c.purpose for c in customer.consents if customer.allows(c.purpose, now_ns)
        ]
        table.add_row(
            customer.customer_id,
            customer.name,
            str(customer.templates),
            ", ".join(agreed) or "expired",
        )
    Console().print(table)


@customers.command()
@click.argument("customer_id", metavar="ID")
def erase(customer_id: str) -> None:
    """Erase everything of a customer and print a signed receipt."""
    receipt = _store(Settings.load()).erase(customer_id, time.time_ns())
    click.echo(json.dumps(receipt, indent=2))
