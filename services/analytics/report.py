"""The advertiser's report for the terminal and as JSON; `report_page` has it as a page."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from vitrine.campaigns import figures as table
from vitrine.campaigns.figures import REPORTED
from vitrine.campaigns.repeats import shares
from vitrine.campaigns.summary import CampaignFigures, Figures
from vitrine.campaigns.totals import Totals, add_up
from vitrine.effects.effect import Effect
from vitrine.effects.findings import finding, remarks
from vitrine.effects.outlook import outlook
from vitrine.mall.names import Names
from vitrine.services.analytics.comparisons import comparisons_to_json
from vitrine.services.analytics.curves import curves_to_json
from vitrine.services.analytics.days import zone_of
from vitrine.services.analytics.hours import hour_map, quantities
from vitrine.services.analytics.reactions import reactions_to_json
from vitrine.services.analytics.section import (
    display_sentence,
    stand_rows,
)
from vitrine.services.analytics.story import story

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
SYNTHETIC = "SYNTHETIC: these figures count computer-made visitors, not people."
VIRTUAL = (
    "VIRTUAL PLAYER: these figures are of people before a player that draws nothing."
)


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
    stands = {}
    for row in stand_rows(campaign, names):
        stands[row.id] = values(row.totals)
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
        "origin": campaign.origin,
        "synthetic": campaign.synthetic,
        "story": story(campaign, names),
        "time_zone": zone_of(campaign, names),
        "notice_by_sign": names.with_sign(campaign.stand_ids),
        "figures": values(campaign.totals, campaign),
        "reach_quality": campaign.reach_quality,
        "frequency_distribution": {
            name: visitors for name, visitors, _ in shares(campaign.repeats)
        },
        "creatives": creatives,
        "stands": stands,
        "attention_by_second": curves_to_json(campaign, names),
        "reactions": reactions_to_json(campaign, names),
        "hours": quantities(hour_map(campaign.steps, names)),
        "effects": [effect_to_json(effect) for effect in campaign.effects],
        "planned": asdict(campaign.planned) if campaign.planned else None,
        "creatives_compared": comparisons_to_json(campaign.creatives),
        "effects_together": remarks(campaign.effects),
        "cells": cells,
    }


def effect_to_json(effect: Effect) -> dict[str, Any]:
    """Return an effect with what it says in words."""
    found = finding(effect)
    ahead = outlook(effect)
    return asdict(effect) | {
        "outcome": effect.outcome.name,
        "per": effect.outcome.per,
        "unit": effect.outcome.unit,
        "outlook": asdict(ahead) if ahead else None,
        "finding": found.text,
        "advice": found.advice,
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
    if figures.virtual:
        notes.append(VIRTUAL)
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
        name = f"{names.campaign(id_)} {campaign.mark}".strip()
        lines.add_row(
            f"[bold]{escape(name)}[/]",
            *terminal_line(campaign.totals),
            table.REACH.shown(campaign.totals, campaign),
        )
        for creative, totals in campaign.by_creative().items():
            name = escape(names.creative(id_, creative))
            lines.add_row(f"  {name}", *terminal_line(totals), "")
    if not figures.campaigns:
        lines.add_row("nothing yet", *[""] * (len(TERMINAL) + 1))
    return lines


def _signs(figures: Figures) -> str:
    """Return the stands whose figures rest on a printed notice, by their names."""
    stand_ids: set[str] = set()
    for campaign in figures.campaigns:
        stand_ids |= campaign.stand_ids
    return escape(", ".join(figures.names.with_sign(stand_ids)))


def terminal_line(totals: Totals) -> list[str]:
    """Return the values of a line."""
    return [figure.shown(totals) for figure in TERMINAL.values()]
