"""`vitrine report`: the released campaign figures from the store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from vitrine.services.analytics.options import of_campaign, of_data, of_redis

if TYPE_CHECKING:
    from vitrine.services.analytics.exact import By
    from vitrine.services.analytics.forms import Form


Command = TypeVar("Command", bound=Callable[..., object])


def flag(form: str) -> Callable[[Command], Command]:
    """Return the option that is short for `--format FORM`."""
    return click.option(
        f"--{form}",
        "form",
        flag_value=form,
        help=f"The same as --format {form}.",
    )


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "html", "csv", "xlsx", "pdf"]),
    default="table",
    show_default=True,
)
@flag("json")
@flag("html")
@flag("csv")
@flag("xlsx")
@flag("pdf")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write here.  [default: the terminal]",
)
@click.option(
    "--overwrite",
    is_flag=True,
    help="Replace the file of --output if it is there.",
)
@of_campaign
@click.option(
    "--from",
    "first",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DAY",
    help="Only from this day on, at the stand, such as 2027-03-01.",
)
@click.option(
    "--to",
    "last",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DAY",
    help="Only to this day, which is included.",
)
@click.option(
    "--mail",
    "recipients",
    multiple=True,
    metavar="ADDRESS",
    help="Send it there, as a page unless told otherwise; may be given more than once.",
)
@click.option(
    "--webhook",
    metavar="URL",
    help="Send it there, signed.",
)
@click.option(
    "--config",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where the pictures of creatives are.  [default: VITRINE_CONFIG]",
)
@click.option(
    "--exact",
    is_flag=True,
    help="Exact totals, for operators only; the audit log says who read them.",
)
@click.option(
    "--by",
    type=click.Choice(["creative", "stand", "day", "hour"]),
    default="creative",
    show_default=True,
    help="Of exact totals, what a line is.",
)
@of_data
@of_redis
def report(
    form: Form,
    output: Path | None,
    overwrite: bool,
    campaign: str | None,
    first: datetime | None,
    last: datetime | None,
    recipients: tuple[str, ...],
    webhook: str | None,
    config: Path | None,
    exact: bool,
    by: By,
    data: Path | None,
    redis_url: str | None,
) -> None:
    """Show what the campaigns did.

    \b
    vitrine report                                   a table in the terminal
    vitrine report --html --output report.html       a page with charts and definitions
    vitrine report --pdf --output report.pdf         the same on A4
    vitrine report --json --campaign spring          for other programs
    vitrine report --from 2027-03-01 --to 2027-03-07 of a week
    vitrine report --pdf --mail ann@example.com      sent (docs/reports.md has a schedule)
    vitrine report --data mall/data                  of `vitrine site mall`
    vitrine report --exact --by hour                 what operators may know beside it

    Totals are released in steps of at least VITRINE_ANALYTICS_K_ANONYMITY people (10), so the
    newest visitors may still be missing. A step counts whole, on the day on which it ends.
    """
    from vitrine.services.analytics.exact_report import show_exact
    from vitrine.services.analytics.reporting import Place, Target, days_of, show

    days = days_of(
        first.date() if first else None,
        last.date() if last else None,
    )
    target = Target(output, overwrite, recipients, webhook)
    place = Place(data, redis_url, config)
    if exact:
        show_exact(
            form,
            target,
            by=by,
            campaign=campaign,
            days=days,
            place=place,
        )
        return
    show(
        form,
        target,
        campaign=campaign,
        days=days,
        place=place,
    )
