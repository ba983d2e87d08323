"""Released figures as tables for a warehouse: every sum as it is, nothing divided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from vitrine.campaigns.summary import CampaignFigures, Figures
from vitrine.campaigns.totals import SUMS, Totals
from vitrine.clock import SECOND_NS
from vitrine.services.analytics.days import zone_of
from vitrine.services.analytics.sheets import Value
from vitrine.services.analytics.spreadsheets import csv_text

Cell = str | int | bool | None | datetime


@dataclass(frozen=True, slots=True)
class Export:
    """Hold a table of the export; its rows have a value for each column."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]


def tables_of(figures: Figures) -> list[Export]:
    """Return the tables: what was released when, its sums so far, and what each campaign is."""
    return [step_table(figures), cell_table(figures), campaign_table(figures)]


def step_table(figures: Figures) -> Export:
    """Return each step of the release; of a long campaign the oldest are no longer kept."""
    columns = (
        "campaign",
        "origin",
        "creative",
        "stand",
        "time_zone",
        "starts",
        "ends",
        *SUMS,
    )
    rows = []
    for campaign in figures.campaigns:
        for step in campaign.steps:
            cell = step.cell
            zone = figures.names.time_zone(cell.stand_id)
            row: list[Cell] = [cell.campaign_id, campaign.origin]
            row += [cell.creative_id, cell.stand_id, zone]
            row += [moment(step.totals.start_ns), moment(step.totals.end_ns)]
            rows.append([*row, *step.totals.sums().values()])
    return Export("steps", columns, rows)


def cell_table(figures: Figures) -> Export:
    """Return the sums of each creative at each stand since the campaign began."""
    columns = (
        "campaign",
        "origin",
        "creative",
        "creative_name",
        "stand",
        "stand_name",
        "synthetic",
        *SUMS,
    )
    names = figures.names
    rows = []
    for campaign in figures.campaigns:
        for cell, totals in sorted(campaign.cells.items()):
            row: list[Cell] = [
                cell.campaign_id,
                campaign.origin,
                cell.creative_id,
                names.creative(cell.campaign_id, cell.creative_id),
                cell.stand_id,
                names.stand(cell.stand_id),
                totals.synthetic,
            ]
            rows.append([*row, *totals.sums().values()])
    return Export("cells", columns, rows)


def campaign_table(figures: Figures) -> Export:
    """Return what is known of a campaign as a whole."""
    columns = (
        "campaign",
        "origin",
        "name",
        "advertiser",
        "advertiser_name",
        "time_zone",
        "synthetic",
        "reach",
        "reach_quality",
    )
    names = figures.names
    rows: list[list[Cell]] = []
    for campaign in figures.campaigns:
        row: list[Cell] = [
            campaign.campaign_id,
            campaign.origin,
            names.campaign(campaign.campaign_id),
            campaign.advertiser,
            names.advertiser(campaign.advertiser),
            zone_of(campaign, names),
            campaign.synthetic,
            campaign.reach,
            campaign.reach_quality,
        ]
        rows.append(row)
    return Export("campaigns", columns, rows)


def coverage_table(figures: Figures) -> Export:
    """Return for how long the cameras could see, by campaign and stand, in seconds."""
    columns = ("campaign", "origin", "stand", "stand_name", "usable_s", "camera_s")
    rows = []
    for campaign in figures.campaigns:
        for stand_id in sorted(campaign.stand_ids):
            totals = at_stand(campaign, stand_id)
            row: list[Cell] = [
                campaign.campaign_id,
                campaign.origin,
                stand_id,
                figures.names.stand(stand_id),
                totals.usable_ns // SECOND_NS,
                totals.camera_ns // SECOND_NS,
            ]
            rows.append(row)
    return Export("coverage", columns, rows)


def at_stand(campaign: CampaignFigures, stand_id: str) -> Totals:
    """Return the totals of a campaign at one stand."""
    sums = Totals()
    for cell, totals in campaign.cells.items():
        if cell.stand_id == stand_id:
            sums = sums.plus(totals)
    return sums


def moment(at_ns: int) -> datetime:
    """Return a moment in UTC, to the second: windows begin and end on whole ones."""
    return datetime.fromtimestamp(at_ns // SECOND_NS, UTC)


def csv_of(table: Export) -> str:
    """Return a table as CSV; moments as ISO 8601, names never as formulas."""
    rows: list[Sequence[Value]] = [table.columns]
    rows += [[csv_value(cell) for cell in row] for row in table.rows]
    return csv_text(rows)


def csv_value(cell: Cell) -> Value:
    """Return a cell as CSV has it."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%dT%H:%M:%SZ}"
    return cell
