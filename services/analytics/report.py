"""The advertiser's report: for the terminal, as JSON, and as one HTML page that needs nothing else."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape
from rich.box import SIMPLE_HEAD
from rich.table import Table

from vitrine.campaigns.definitions import BY_KEY, DEFINITIONS
from vitrine.campaigns.figures import CampaignFigures, Figures, load_figures
from vitrine.campaigns.measure import Sums

__all__ = ["Figures", "load_figures", "render_html", "summary_table", "to_json"]

HEADLINES = ("ots", "conversion", "attention_seconds", "reach")
COLUMNS = (
    "plays",
    "ots",
    "watchers",
    "conversion",
    "attention_seconds",
    "engagement",
    "touches",
    "coverage",
)
TERMINAL = {
    "plays": "plays",
    "ots": "OTS ≥",
    "watchers": "watchers",
    "conversion": "conv. ≤",
    "attention_seconds": "attention",
    "coverage": "coverage",
}
NOTE = "OTS is a lower bound (people who never face the camera are missed), the conversion ratio an upper one."
SYNTHETIC = "SYNTHETIC: these figures count computer-made visitors, not people."


def to_json(figures: Figures) -> dict[str, Any]:
    """All figures with their definitions."""
    return {
        "totals": figures.totals,
        "synthetic": figures.synthetic,
        "definitions": {
            d.key: {"unit": d.unit, "bound": d.bound, "text": d.text}
            for d in DEFINITIONS
        },
        "campaigns": [campaign_to_json(campaign) for campaign in figures.campaigns],
    }


def campaign_to_json(campaign: CampaignFigures) -> dict[str, Any]:
    """One campaign; `cells` are the sums that everything else follows from."""
    return {
        "campaign": campaign.campaign_id,
        "advertiser": campaign.advertiser,
        "synthetic": campaign.synthetic,
        "figures": values(campaign.sums, campaign.reach),
        "reach_quality": campaign.reach_quality,
        "creatives": {
            name: values(sums, None) for name, sums in campaign.by_creative().items()
        },
        "uplift": asdict(campaign.uplift),
        "cells": [
            {
                "creative": cell.creative_id,
                "stand": cell.stand_id,
                "synthetic": cell.synthetic,
            }
            | cell.sums._asdict()
            for cell in campaign.cells
        ],
    }


def values(sums: Sums, reach: int | None) -> dict[str, float | None]:
    """Every defined figure."""
    return {definition.key: definition.value(sums, reach) for definition in DEFINITIONS}


def summary_table(figures: Figures) -> Table:
    """One line a creative and one a campaign, for the terminal."""
    notes = [NOTE] + ([SYNTHETIC] if figures.synthetic else [])
    table = Table(
        title=f"Campaigns, {figures.totals} totals",
        caption="\n".join(notes),
        title_justify="left",
        caption_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("campaign")
    for title in (*TERMINAL.values(), "reach"):
        table.add_column(title, justify="right", no_wrap=True)
    for campaign in figures.campaigns:
        table.add_row(
            f"[bold]{campaign.campaign_id}[/]",
            *cells(campaign.sums),
            f"{campaign.reach:,}",
        )
        for creative, sums in campaign.by_creative().items():
            table.add_row(f"  {creative}", *cells(sums), "")
    if not figures.campaigns:
        table.add_row("nothing yet", *[""] * (len(TERMINAL) + 1))
    return table


def cells(sums: Sums) -> list[str]:
    """A line of the table."""
    return [BY_KEY[key].shown(sums, None) for key in TERMINAL]


def render_html(figures: Figures) -> str:
    """The page, with all styles and plots inside it."""
    from vitrine.services.analytics.plots import (  # noqa: PLC0415 - matplotlib is slow to load, and only the page draws
        plot_creatives,
        plot_funnel,
        plot_timeline,
        plot_uplift,
    )

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "pages"),
        autoescape=select_autoescape(),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    plots = {
        campaign.campaign_id: {
            "timeline": plot_timeline(
                campaign.steps, f"{campaign.campaign_id}-timeline"
            ),
            "funnel": plot_funnel(campaign.sums, f"{campaign.campaign_id}-funnel"),
            "creatives": plot_creatives(
                campaign.by_creative(), f"{campaign.campaign_id}-creatives"
            ),
            "uplift": plot_uplift(campaign.uplift, f"{campaign.campaign_id}-uplift"),
        }
        for campaign in figures.campaigns
    }
    return environment.get_template("report.html").render(
        figures=figures,
        plots=plots,
        definitions=DEFINITIONS,
        headlines=[BY_KEY[key] for key in HEADLINES],
        columns=[BY_KEY[key] for key in COLUMNS],
        period=period,
    )


def period(campaign: CampaignFigures) -> str:
    """First to last released window, UTC."""
    if not campaign.steps:
        return "no span known"
    first = datetime.fromtimestamp(
        min(step.start_ns for step in campaign.steps) / 1e9, UTC
    )
    last = datetime.fromtimestamp(
        max(step.end_ns for step in campaign.steps) / 1e9, UTC
    )
    if first.date() == last.date():
        return f"{first:%d %B %Y, %H:%M:%S} – {last:%H:%M:%S} UTC"
    return f"{first:%d %B %Y, %H:%M} – {last:%d %B %Y, %H:%M} UTC"
