"""`vitrine report`: the released campaign figures from the store."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console

from vitrine.campaigns.summary import Figures
from vitrine.errors import ConfigurationError
from vitrine.services.analytics.report import render_html, summary_table, to_json
from vitrine.settings import Settings
from vitrine.stores.campaign_figures import load_figures
from vitrine.stores.redis import connect


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "html"]),
    default="table",
    show_default=True,
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write here.  [default: the terminal]",
)
@click.option(
    "--campaign",
    metavar="ID",
    help="Only this campaign.  [default: all]",
)
@click.option(
    "--redis-url",
    metavar="URL",
    help="The store of analytics.  [default: VITRINE_REDIS_URL]",
)
def report(
    form: str,
    output: Path | None,
    campaign: str | None,
    redis_url: str | None,
) -> None:
    """Show what the campaigns did.

    \b
    vitrine report                                          a table in the terminal
    vitrine report --format html --output report.html       a page with plots and definitions
    vitrine report --format json --campaign spring          for other programs

    Totals are released in steps of at least VITRINE_ANALYTICS_K_ANONYMITY people (10), so the
    newest visitors may still be missing.
    """
    url = redis_url or Settings.load().redis_url.get_secret_value()
    with connect(url) as redis:
        figures = load_figures(redis, campaign=campaign)
    if campaign and not figures.campaigns:
        raise ConfigurationError(
            f"nothing has been released of a campaign {campaign!r} yet"
        )
    text = rendered(figures, form)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{output} cannot be written: {error}") from error


def rendered(figures: Figures, form: str) -> str:
    """Return the report in one of its forms."""
    if form == "json":
        return json.dumps(to_json(figures), indent=2) + "\n"
    if form == "html":
        return render_html(figures)
    console = Console()
    with console.capture() as captured:
        console.print(summary_table(figures))
    return captured.get()
