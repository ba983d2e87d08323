"""`vitrine export`: released figures as tables, and what an auditor needs beside them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vitrine.services.analytics.options import of_campaign, of_data, of_redis

if TYPE_CHECKING:
    from vitrine.services.analytics.exporting import TableForm


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--csv",
    "form",
    flag_value="csv",
    default="csv",
    help="Write CSV, safe to open in a spreadsheet.  [default]",
)
@click.option(
    "--parquet",
    "form",
    flag_value="parquet",
    help="Write Parquet, for a warehouse.",
)
@click.option(
    "--audit",
    is_flag=True,
    help="Write an audit pack, too.",
)
@of_campaign
@click.option(
    "--overwrite",
    is_flag=True,
    help="Replace files that are there.",
)
@of_data
@of_redis
def export(
    folder: Path,
    form: TableForm,
    audit: bool,
    campaign: str | None,
    overwrite: bool,
    data: Path | None,
    redis_url: str | None,
) -> None:
    """Write the released figures to FOLDER, as tables: steps, cells and campaigns.

    `steps` has what was released when, `cells` the sums since each campaign began. Everything in a
    report follows from them (docs/export.md). An audit pack is the report, definitions, rules of
    filtration, coverage, the cards of the models, and a program that computes the report again.
    """
    from vitrine.services.analytics.exporting import export_to
    from vitrine.services.analytics.reporting import Place

    paths = export_to(
        folder,
        form,
        audit=audit,
        campaign=campaign,
        overwrite=overwrite,
        place=Place(data, redis_url),
    )
    for path in paths:
        click.echo(path)
