"""`vitrine report`: the released campaign figures from the store."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "html"]),
    default="table",
    show_default=True,
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="The same as --format json.",
)
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
@click.option(
    "--campaign",
    metavar="ID",
    help="Only this campaign.  [default: all]",
)
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="The data folder of a `vitrine site`, instead of a Redis.",
)
@click.option(
    "--redis-url",
    metavar="URL",
    help="The store of analytics.  [default: VITRINE_REDIS_URL]",
)
def report(
    form: str,
    as_json: bool,
    output: Path | None,
    overwrite: bool,
    campaign: str | None,
    data: Path | None,
    redis_url: str | None,
) -> None:
    """Show what the campaigns did.

    \b
    vitrine report                                          a table in the terminal
    vitrine report --format html --output report.html       a page with plots and definitions
    vitrine report --json --campaign spring                 for other programs
    vitrine report --data mall/data                         of `vitrine site mall`

    Totals are released in steps of at least VITRINE_ANALYTICS_K_ANONYMITY people (10), so the
    newest visitors may still be missing.
    """
    from vitrine.services.analytics.reporting import show

    if as_json:
        form = "json"
    show(
        form,
        output,
        overwrite=overwrite,
        campaign=campaign,
        data=data,
        redis_url=redis_url,
    )
