"""The advertiser's report: for the terminal, as JSON, and as one HTML page that stands alone."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, Template, select_autoescape
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from vitrine.campaigns import figures as table
from vitrine.campaigns.figures import REPORTED
from vitrine.campaigns.summary import CampaignFigures, Figures
from vitrine.campaigns.totals import Totals, add_up
from vitrine.mall.names import Names

PAGES = Path(__file__).parent / "pages"
HEADLINES = (table.OTS, table.CONVERSION, table.ATTENTION_SECONDS, table.REACH)
# Of each creative, in the page.
COLUMNS = (
    table.PLAYS,
    table.UNPROVEN_SHARE,
    table.OTS,
    table.WATCHERS,
    table.CONVERSION,
    table.ATTENTION_SECONDS,
    table.ENGAGEMENT,
    table.TOUCHES,
    table.COVERAGE,
)
# Heading → figure, in the terminal, where eighty columns have to do.
TERMINAL = {
    "plays": table.PLAYS,
    "OTS ≥": table.OTS,
    "watchers": table.WATCHERS,
    "conv. ≤": table.CONVERSION,
    "attention": table.ATTENTION_SECONDS,
    "coverage": table.COVERAGE,
}
NOTE = (
    "OTS is a lower bound (people who never face the camera are missed), "
    "the conversion ratio an upper one."
)
UNPROVEN = (
    "Display is unproven for {share} of the screen time: no browser said there that it drew "
    "the creative."
)
SYNTHETIC = "SYNTHETIC: these figures count computer-made visitors, not people."


def to_json(figures: Figures) -> dict[str, Any]:
    """Return all figures with their definitions."""
    definitions = {}
    for figure in REPORTED:
        definitions[figure.name] = {
            "unit": figure.unit,
            "bound": figure.bound,
            "text": figure.text,
        }
    return {
        "totals": figures.totals,
        "synthetic": figures.synthetic,
        "definitions": definitions,
        "campaigns": [
            campaign_to_json(campaign, figures.names) for campaign in figures.campaigns
        ],
    }


def campaign_to_json(
    campaign: CampaignFigures,
    names: Names,
) -> dict[str, Any]:
    """Return one campaign; `cells` are the sums that everything else follows from."""
    creatives = {}
    creative_names = {}
    for name, totals in campaign.by_creative().items():
        creatives[name] = values(totals)
        creative_names[name] = names.creative(campaign.campaign_id, name)
    cells: list[dict[str, Any]] = []
    for cell, totals in campaign.cells.items():
        place: dict[str, Any] = {
            "creative": cell.creative_id,
            "stand": cell.stand_id,
            "synthetic": totals.synthetic,
        }
        cells.append(place | totals.sums())
    return {
        "campaign": campaign.campaign_id,
        "name": names.campaign(campaign.campaign_id),
        "advertiser": campaign.advertiser,
        "advertiser_name": names.advertiser(campaign.advertiser),
        "creative_names": creative_names,
        "synthetic": campaign.synthetic,
        "notice_by_sign": names.with_sign(campaign.stand_ids),
        "figures": values(campaign.totals, campaign),
        "reach_quality": campaign.reach_quality,
        "creatives": creatives,
        "uplift": asdict(campaign.uplift),
        "cells": cells,
    }


def values(
    totals: Totals, campaign: CampaignFigures | None = None
) -> dict[str, float | None]:
    """Return every figure of the report."""
    return {figure.name: figure.value(totals, campaign) for figure in REPORTED}


def summary_table(figures: Figures) -> Table:
    """Return one line a campaign and one a creative, for the terminal."""
    notes = [NOTE]
    everything = add_up(campaign.totals for campaign in figures.campaigns)
    if everything.screen_ns > 0:
        notes.append(display_sentence(everything))
    signs = _signs(figures)
    if signs:
        notes.append(f"Notice of the cameras by a printed sign: {signs}.")
    if figures.synthetic:
        notes.append(SYNTHETIC)
    lines = Table(
        title=f"Campaigns, {figures.totals} totals",
        caption="\n".join(notes),
        title_justify="left",
        caption_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    # Too long for the terminal, a name goes on in the next line: nothing is cut off.
    lines.add_column("campaign", overflow="fold")
    for heading in (*TERMINAL, "reach"):
        lines.add_column(heading, justify="right", no_wrap=True)
    names = figures.names
    for campaign in figures.campaigns:
        id_ = campaign.campaign_id
        lines.add_row(
            f"[bold]{escape(names.campaign(id_))}[/]",
            *terminal_line(campaign.totals),
            table.REACH.shown(campaign.totals, campaign),
        )
        for creative, totals in campaign.by_creative().items():
            name = escape(names.creative(id_, creative))
            lines.add_row(f"  {name}", *terminal_line(totals), "")
    if not figures.campaigns:
        lines.add_row("nothing yet", *[""] * (len(TERMINAL) + 1))
    return lines


def display_sentence(totals: Totals) -> str:
    """Return how much of the screen time nobody proved, in words."""
    share = table.UNPROVEN_SHARE.shown(totals)
    return UNPROVEN.format(share=share)


def _signs(figures: Figures) -> str:
    """Return the stands whose figures rest on a printed notice, by their names."""
    stand_ids: set[str] = set()
    for campaign in figures.campaigns:
        stand_ids |= campaign.stand_ids
    return escape(", ".join(figures.names.with_sign(stand_ids)))


def terminal_line(totals: Totals) -> list[str]:
    """Return the values of a line."""
    return [figure.shown(totals) for figure in TERMINAL.values()]


def render_html(figures: Figures, back: str = "") -> str:
    """Return the page, with all styles and plots inside it.

    `back` is the address that a link above the report leads to.
    """
    plots = {}
    for campaign in figures.campaigns:
        plots[campaign.campaign_id] = plots_of(campaign, figures.names)
    return template("report.html").render(
        figures=figures,
        plots=plots,
        reported=REPORTED,
        headlines=HEADLINES,
        columns=COLUMNS,
        coverage=table.COVERAGE,
        period=period,
        display=display_sentence,
        back=back,
    )


def template(name: str) -> Template:
    """Return a page's template, which escapes what is put into it."""
    environment = Environment(
        loader=FileSystemLoader(PAGES),
        autoescape=select_autoescape(),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def plots_of(
    campaign: CampaignFigures,
    names: Names,
) -> dict[str, str]:
    """Return the plots of a campaign as SVG, by name."""
    # Matplotlib takes a second to load, and only the page draws.
    from vitrine.services.analytics import plots  # noqa: PLC0415

    name = campaign.campaign_id
    return {
        "timeline": plots.plot_timeline(campaign.steps, f"{name}-timeline"),
        "funnel": plots.plot_funnel(campaign.totals, f"{name}-funnel"),
        "creatives": plots.plot_creatives(
            _named(campaign, names),
            f"{name}-creatives",
        ),
        "uplift": plots.plot_uplift(campaign.uplift, f"{name}-uplift"),
    }


def _named(campaign: CampaignFigures, names: Names) -> dict[str, Totals]:
    """Return the totals of each creative by its name, with the id where two have one name."""
    named: dict[str, Totals] = {}
    for creative, totals in campaign.by_creative().items():
        name = names.creative(campaign.campaign_id, creative)
        if name in named:
            name = f"{name} ({creative})"
        named[name] = totals
    return named


def period(campaign: CampaignFigures) -> str:
    """Return the span from the first to the last released window, in UTC."""
    if not campaign.steps:
        return "no span known"
    first_ns = min(step.start_ns for step in campaign.steps)
    last_ns = max(step.end_ns for step in campaign.steps)
    first = datetime.fromtimestamp(first_ns / 1e9, UTC)
    last = datetime.fromtimestamp(last_ns / 1e9, UTC)
    if first.date() == last.date():
        return f"{first:%d %B %Y, %H:%M:%S} – {last:%H:%M:%S} UTC"
    return f"{first:%d %B %Y, %H:%M} – {last:%d %B %Y, %H:%M} UTC"
