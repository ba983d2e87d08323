"""`vitrine customers`: enrol, list and erase the customers who asked to be recognised."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

import click


@click.group(short_help="Enrol, list and erase customers.")
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="The data folder of a `vitrine site`, with its store and its key.",
)
@click.pass_context
def customers(context: click.Context, data: Path | None) -> None:
    """Enrol, list and erase customers who asked to be recognised; withdraw consents.

    They live in Redis (VITRINE_REDIS_URL), each encrypted with a data key of their own. The data
    keys are in another one (VITRINE_KEYS_URL), encrypted with the key in VITRINE_KEY_FILE. Or all
    of it is in the data folder of a site: `vitrine customers --data mall/data list`.
    """
    context.obj = data


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
@click.option(
    "--tag",
    "tags",
    multiple=True,
    metavar="TAG",
    help="What the customer agreed to be addressed by (purpose `profile`); repeat it.",
)
@click.option("--level", default="", help="In the loyalty programme, such as gold.")
@click.option(
    "--even-so",
    is_flag=True,
    help="Enrol with poor pictures, of two people, or of somebody enrolled; the audit log says so.",
)
@click.pass_obj
def enrol(
    data: Path | None,
    name: str,
    images: tuple[Path, ...],
    purposes: tuple[str, ...],
    days: int,
    text: str,
    tags: tuple[str, ...],
    level: str,
    even_so: bool,
) -> None:
    """Enrol the customer NAME with one or more pictures of their face.

    Enrolling records that the customer consented: ask first. Pictures are read and not
    kept. A picture without exactly one face, or whose face recognition would not use, is
    left out, with what to do better. Nobody is enrolled without a good picture, with
    pictures of several people, or with those of somebody who is enrolled already.
    """
    from vitrine.services.customers.enrolling import Member, enrol_customer

    member = Member(
        name,
        images,
        # Said twice, it is agreed to once.
        purposes=list(dict.fromkeys(purposes)),
        days=days,
        text_version=text,
        tags=tags,
        level=level,
    )
    enrol_customer(data, member, even_so=even_so)


@customers.command("import")
@click.argument(
    "table",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="TABLE",
)
@click.pass_obj
def import_all(data: Path | None, table: Path) -> None:
    """Enrol the members of a loyalty programme from TABLE, a CSV file with a row for each.

    \b
    name       as it is listed
    pictures   files beside the table, with | between them
    purposes   recognise, profile, offers, with spaces between them
    text       the version of the consent text that was shown
    days       until it expires; 365 where it is left out
    consented  when, such as 2026-11-30; now where it is left out
    tags       what they agreed to be addressed by, with spaces between them
    level      in the loyalty programme, such as gold
    interests  that they chose, with spaces between them

    Rows are asked as `enrol` asks. A row that cannot be enrolled harms no other one.
    """
    from vitrine.services.customers.importing import import_members

    import_members(data, table)


@customers.command("list")
@click.option("--json", "as_json", is_flag=True, help="For other programs.")
@click.pass_obj
def list_all(data: Path | None, as_json: bool) -> None:
    """List the customers and what they agreed to."""
    from vitrine.services.customers.records import list_customers

    list_customers(data, as_json=as_json)


@customers.command()
@click.argument("customer_id", metavar="ID")
@click.argument("purpose", type=click.Choice(["profile", "offers"]))
@click.pass_obj
def withdraw(data: Path | None, customer_id: str, purpose: str) -> None:
    """End a customer's consent, at once, with what is kept for its PURPOSE alone.

    Who is not to be recognised any more is erased.
    """
    from vitrine.services.customers.records import withdraw_consent

    withdraw_consent(data, customer_id, purpose)


@customers.command()
@click.argument("customer_id", metavar="ID")
@click.option("--name", help="As they are listed.")
@click.option(
    "--tag",
    "tags",
    multiple=True,
    metavar="TAG",
    help="In place of all before; repeat it. An empty one leaves none.",
)
@click.option("--level", help="In the loyalty programme; an empty one for none.")
@click.pass_obj
def change(
    data: Path | None,
    customer_id: str,
    name: str | None,
    tags: tuple[str, ...],
    level: str | None,
) -> None:
    """Change what is known of a customer, where it is given.

    Tags and a level need a consent to a profile.
    """
    from vitrine.services.customers.records import change_customer

    change_customer(data, customer_id, name=name, tags=tags or None, level=level)


@customers.command()
@click.argument("customer_id", metavar="ID")
@click.pass_obj
def erase(data: Path | None, customer_id: str) -> None:
    """Erase everything of a customer and print a signed receipt."""
    from vitrine.services.customers.records import erase_customer

    erase_customer(data, customer_id)


@customers.command("erase-again")
@click.argument(
    "erasures",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
)
@click.pass_obj
def erase_anew(data: Path | None, erasures: Path) -> None:
    """After a key store was restored, erase who had been erased since, by FILE.

    FILE is an audit log (VITRINE_AUDIT_FILE), or receipts one after the other.
    """
    from vitrine.services.customers.sweeping import erase_again

    erase_again(data, erasures)


@customers.command()
@click.option(
    "--begin-anew",
    is_flag=True,
    help="Erase all customers: their records or their keys are lost for good.",
)
@click.pass_obj
def sweep(data: Path | None, begin_anew: bool) -> None:
    """Remove what no consent and no data key covers any more.

    Run it once after a backup was restored, and every minute otherwise.
    """
    from vitrine.services.customers.sweeping import sweep_customers

    sweep_customers(data, begin_anew=begin_anew)


@customers.command("verify-receipt")
@click.argument(
    "receipt",
    # As editors save it; what is no text is no receipt.
    type=click.File(encoding="utf-8-sig", errors="replace"),
    metavar="FILE",
)
@click.option(
    "--public-key",
    metavar="KEY",
    help="Of the site, as `receipt-key` prints it; without it, the site's own is used.",
)
@click.pass_obj
def verify(data: Path | None, receipt: TextIO, public_key: str | None) -> None:
    """Say whether the receipt in FILE (`-` reads one) is the site's, and unchanged."""
    from vitrine.services.customers.records import verify_receipt

    verify_receipt(data, receipt.read(), public_key)


@customers.command()
@click.option(
    "--source",
    default="synthetic:?scene=returning&seconds=400",
    show_default=True,
    help="A folder with a folder of pictures and videos for each person, or a synthetic mall.",
)
def methods(source: str) -> None:
    """Compare ways to tell people apart: nearest neighbours and a small network.

    On embeddings and on the 68 points, with frames split at random and with whole pictures, videos
    or visits left out. Nothing is stored, and no name is printed.
    """
    from vitrine.services.customers.methods import print_methods

    print_methods(source)


@customers.command("receipt-key")
@click.pass_obj
def receipt_key(data: Path | None) -> None:
    """Print the public key with which anybody can verify receipts."""
    from vitrine.services.customers.records import print_receipt_key

    print_receipt_key(data)


@customers.command("rotate-key")
@click.pass_obj
def rotate_key(data: Path | None) -> None:
    """Seal the data keys of all customers with the newest key, the last line of the key file.

    Add that line first, where `landmarks`, `identity` and `customers` have the file, and start them
    anew. What is interrupted is finished by the next run.
    """
    from vitrine.services.customers.records import rotate_key

    rotate_key(data)
