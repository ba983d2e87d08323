"""The report as tables for spreadsheets and other programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from vitrine.campaigns.figure import Figure
from vitrine.campaigns.figures import REPORTED
from vitrine.campaigns.summary import CampaignFigures, Figures
from vitrine.campaigns.totals import Origin, Totals
from vitrine.services.analytics.curves import curves
from vitrine.services.analytics.days import local, zone_of
from vitrine.services.analytics.hours import hour_map, quantities
from vitrine.services.analytics.reactions import reactions
from vitrine.services.analytics.section import creative_rows, stand_rows
from vitrine.services.analytics.story import story
from vitrine.services.analytics.timeline import Bar, timeline

Value = str | int | float | None
ORIGINS: Final[Mapping[Origin, str]] = {
    "people": "real",
    "synthetic": "synthetic",
    "virtual": "before a virtual player",
}


@dataclass(frozen=True, slots=True)
class Column:
    """Hold the heading of a column, and the unit of its values as `Figure` names it."""

    heading: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Hold a table; names in it are as people gave them, and not safe for a spreadsheet yet."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]


def sheets_of(figures: Figures) -> list[Sheet]:
    """Return the tables of a report."""
    return [
        campaign_sheet(figures),
        part_sheet(figures, "Creatives"),
        part_sheet(figures, "Stands"),
        time_sheet(figures),
        hour_sheet(figures),
        second_sheet(figures),
        reaction_sheet(figures),
        definition_sheet(),
    ]


def figure_columns() -> list[Column]:
    """Return a column for each figure."""
    columns = []
    for figure in REPORTED:
        heading = f"{figure.title} {figure.bound}".strip()
        columns.append(Column(heading, figure.unit))
    return columns


def campaign_sheet(figures: Figures) -> Sheet:
    """Return a line for each campaign."""
    names = figures.names
    columns = [
        Column("Campaign"),
        Column("Advertiser"),
        Column("What happened"),
        Column("Visitors"),
        *figure_columns(),
    ]
    rows = []
    for campaign in figures.campaigns:
        row: list[Value] = [
            names.campaign(campaign.campaign_id),
            names.advertiser(campaign.advertiser),
            " ".join(story(campaign, names)),
            visitors(campaign),
        ]
        row += values_of(campaign.totals, campaign)
        rows.append(row)
    return Sheet("Campaigns", columns, rows)


def visitors(campaign: CampaignFigures) -> str:
    """Return whose figures a campaign's are."""
    if campaign.synthetic:
        return "synthetic"
    return ORIGINS[campaign.origin]


def part_sheet(figures: Figures, name: str) -> Sheet:
    """Return a line for each creative, or each stand, of each campaign."""
    columns = [
        Column("Campaign"),
        Column(name.removesuffix("s")),
        Column("Visitors"),
        *figure_columns(),
    ]
    names = figures.names
    rows = []
    for campaign in figures.campaigns:
        parts = stand_rows(campaign, names)
        if name == "Creatives":
            parts = creative_rows(campaign, names, {})
        for part in parts:
            row: list[Value] = [
                names.campaign(campaign.campaign_id),
                part.name,
                visitors(campaign),
            ]
            row += values_of(part.totals)
            rows.append(row)
    return Sheet(name, columns, rows)


def values_of(totals: Totals, campaign: CampaignFigures | None = None) -> list[Value]:
    """Return every figure of the report."""
    return [figure.value(totals, campaign) for figure in REPORTED]


def time_sheet(figures: Figures) -> Sheet:
    """Return the bars over time, in the time of each campaign's stands."""
    columns = [
        Column("Campaign"),
        Column("Visitors"),
        Column("From"),
        Column("To"),
        Column("Time zone"),
        Column("Plays"),
        Column("Face OTS ≥"),
        Column("Watchers"),
        Column("Attention time", "s"),
        Column("Face OTS spread over a longer span"),
    ]
    rows = []
    for campaign in figures.campaigns:
        zone = zone_of(campaign, figures.names)
        name = figures.names.campaign(campaign.campaign_id)
        bars = timeline([step.totals for step in campaign.steps], zone)
        whose = visitors(campaign)
        rows += [[name, whose, *bar_values(bar, zone)] for bar in bars]
    return Sheet("Over time", columns, rows)


def bar_values(bar: Bar, zone: str) -> list[Value]:
    """Return the values of a bar."""
    return [
        f"{local(bar.start_ns, zone):%Y-%m-%d %H:%M:%S}",
        f"{local(bar.end_ns, zone):%Y-%m-%d %H:%M:%S}",
        zone,
        round(bar.plays, 2),
        round(bar.ots, 2),
        round(bar.watchers, 2),
        round(bar.attention_s, 2),
        round(bar.spread_ots, 2),
    ]


def hour_sheet(figures: Figures) -> Sheet:
    """Return the hours of the week with what bid requests say of an impression then."""
    columns = [
        Column("Campaign"),
        Column("Visitors"),
        Column("Weekday"),
        Column("Hour"),
        Column("Plays"),
        Column("Face OTS ≥"),
        Column("imp.qty.multiplier", "×"),
        Column("imp.qty.sourcetype"),
        Column("imp.qty.vendor"),
    ]
    rows: list[Sequence[Value]] = []
    for campaign in figures.campaigns:
        name = figures.names.campaign(campaign.campaign_id)
        for hour in quantities(hour_map(campaign.steps, figures.names)):
            qty = hour["qty"]
            row: list[Value] = [name, visitors(campaign)]
            row += [hour["weekday"], hour["hour"]]
            row += [hour["plays"], hour["ots"]]
            row += [qty["multiplier"], qty["sourcetype"], qty["vendor"]]
            rows.append(row)
    return Sheet("Hours", columns, rows)


def second_sheet(figures: Figures) -> Sheet:
    """Return how many look in each second of each creative."""
    columns = [
        Column("Campaign"),
        Column("Visitors"),
        Column("Creative"),
        Column("Second"),
        Column("Present"),
        Column("Looking"),
        Column("Looking of those present", "%"),
    ]
    rows: list[Sequence[Value]] = []
    for campaign in figures.campaigns:
        name = figures.names.campaign(campaign.campaign_id)
        for curve in curves(campaign, figures.names):
            place = [name, visitors(campaign), curve.name]
            rows += [
                [*place, one.number, one.present, one.looking, one.share]
                for one in curve.seconds
            ]
    return Sheet("Seconds", columns, rows)


def reaction_sheet(figures: Figures) -> Sheet:
    """Return the reaction to each creative, where stands ask for it."""
    columns = [
        Column("Campaign"),
        Column("Visitors"),
        Column("Creative"),
        Column("Watchers judged"),
        Column("Reacted", "%"),
        Column("From", "%"),
        Column("To", "%"),
        Column("In words"),
    ]
    rows: list[Sequence[Value]] = []
    for campaign in figures.campaigns:
        name = figures.names.campaign(campaign.campaign_id)
        for one in reactions(campaign, figures.names):
            row: list[Value] = [name, visitors(campaign), one.name, one.judged]
            found = one.share
            if found is None:
                row += [None, None, None]
            else:
                row += [found.estimate, found.lower, found.upper]
            rows.append([*row, one.words])
    return Sheet("Reactions", columns, rows)


def definition_sheet() -> Sheet:
    """Return what each figure means."""
    columns = [Column("Figure"), Column("Unit"), Column("Bound"), Column("Definition")]
    rows = [
        [figure.title, unit_of(figure), figure.bound, figure.text]
        for figure in REPORTED
    ]
    return Sheet("Definitions", columns, rows)


def unit_of(figure: Figure) -> str:
    """Return the unit in which files have a figure: shares are of 1."""
    if figure.unit == "%":
        return "share"
    return figure.unit


def long_rows(figures: Figures) -> list[list[Value]]:
    """Return one line a figure of each campaign, creative and stand, headings first."""
    names = figures.names
    rows: list[list[Value]] = [
        ["campaign", "part", "id", "name", "figure", "value", "unit", "bound"]
    ]
    for campaign in figures.campaigns:
        id_ = campaign.campaign_id
        whole = [id_, "campaign", id_, names.campaign(id_)]
        rows += figure_rows(whole, campaign.totals, campaign)
        for row in creative_rows(campaign, names, {}):
            rows += figure_rows([id_, "creative", row.id, row.name], row.totals)
        for row in stand_rows(campaign, names):
            rows += figure_rows([id_, "stand", row.id, row.name], row.totals)
    return rows


def figure_rows(
    place: Sequence[Value],
    totals: Totals,
    campaign: CampaignFigures | None = None,
) -> list[list[Value]]:
    """Return one line a figure that has a value."""
    rows: list[list[Value]] = []
    for figure in REPORTED:
        value = figure.value(totals, campaign)
        if value is not None:
            rows.append([*place, figure.name, value, unit_of(figure), figure.bound])
    return rows
