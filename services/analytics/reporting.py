"""The released campaign figures, in the form that somebody asks for."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

import click

from vitrine.campaigns.summary import Figures
from vitrine.errors import ConfigurationError
from vitrine.output import check_free, write_output
from vitrine.services.analytics.report import render_html, summary_table, to_json
from vitrine.settings import Settings
from vitrine.stores.campaign_figures import load_figures
from vitrine.stores.redis import connect
from vitrine.terminal import console


def show(
    form: str,
    output: Path | None,
    *,
    overwrite: bool,
    campaign: str | None,
    data: Path | None,
    redis_url: str | None,
) -> None:
    """Print the figures, or write them to `output`. Raises ConfigurationError."""
    if output is not None and not overwrite:
        check_free(output)
    with ExitStack() as stack:
        if data is not None:
            # The image of analytics holds no embedded store.
            from vitrine.stores.data_folder import store_of  # noqa: PLC0415

            url = stack.enter_context(store_of(data))
        else:
            url = redis_url or Settings.load().redis_url.get_secret_value()
        redis = stack.enter_context(connect(url))
        figures = load_figures(redis, campaign=campaign)
    if campaign and not figures.campaigns:
        raise ConfigurationError(
            f"nothing has been released of a campaign {campaign!r} yet"
        )
    text = rendered(figures, form)
    if output is None:
        click.echo(text, nl=False)
    else:
        write_output(output, text)


def rendered(figures: Figures, form: str) -> str:
    """Return the report in one of its forms."""
    if form == "json":
        return json.dumps(to_json(figures), indent=2) + "\n"
    if form == "html":
        return render_html(figures)
    screen = console()
    with screen.capture() as captured:
        screen.print(summary_table(figures))
    return captured.get()
