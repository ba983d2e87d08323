"""Snapshots of windows: what figures are rebuilt from where no event is left that names people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from vitrine.campaigns.rows import Row
from vitrine.campaigns.totals import SUMS, Cell, Origin, Totals
from vitrine.campaigns.windows import Window
from vitrine.ids import local_day
from vitrine.schemas import SnapshotRow, WindowSnapshot


def snapshot(window: Window, rows: Mapping[Cell, Row]) -> WindowSnapshot:
    """Return what is to be known of a window once everybody in it is forgotten."""
    found = []
    for cell in sorted(rows):
        totals = rows[cell].totals
        row = SnapshotRow(
            campaign_id=cell.campaign_id,
            advertiser=totals.advertiser,
            creative_id=cell.creative_id,
            synthetic=totals.synthetic,
            virtual=cell.origin == "virtual",
            people=totals.people,
            sums=tuple(totals.sums().values()),
            present=totals.present,
            looking=totals.looking,
        )
        found.append(row)
    return WindowSnapshot(
        stand_id=window.stand_id,
        start_ns=window.start_ns,
        end_ns=window.end_ns,
        rows=tuple(found),
    )


@dataclass(frozen=True, slots=True)
class DayTotals:
    """Hold what a cell adds up on one local day, and how many people that concerns at least."""

    totals: Totals
    people: int
    """Of the window with most of them: who was in several windows is not known any more."""


Days = Mapping[Cell, list[DayTotals]]


def latest(snapshots: Iterable[WindowSnapshot]) -> list[WindowSnapshot]:
    """Return the last snapshot of each window, in the order of time."""
    found = {}
    for one in snapshots:
        found[one.stand_id, one.start_ns] = one
    return [found[key] for key in sorted(found)]


def days_of(snapshots: Iterable[WindowSnapshot], time_zone: str) -> Days:
    """Add up the snapshots of one stand by cell and local day."""
    days: dict[tuple[Cell, str], DayTotals] = {}
    for one in latest(snapshots):
        day = local_day(one.start_ns, time_zone).isoformat()
        for row in one.rows:
            cell = cell_of(one, row)
            totals = totals_of(one, row)
            people = row.people
            known = days.get((cell, day))
            if known is not None:
                totals = known.totals.plus(totals)
                people = max(people, known.people)
            days[cell, day] = DayTotals(totals, people)
    found: defaultdict[Cell, list[DayTotals]] = defaultdict(list)
    for (cell, _), totals_of_day in days.items():
        found[cell].append(totals_of_day)
    return found


def cell_of(window: WindowSnapshot, row: SnapshotRow) -> Cell:
    """Return the cell of a row."""
    origin: Origin = "people"
    if row.synthetic:
        origin = "synthetic"
    elif row.virtual:
        origin = "virtual"
    return Cell(row.campaign_id, row.creative_id, window.stand_id, origin)


def totals_of(window: WindowSnapshot, row: SnapshotRow) -> Totals:
    """Return the totals of a row, without visitors."""
    labels = Totals(
        advertiser=row.advertiser,
        synthetic=row.synthetic,
        start_ns=window.start_ns,
        end_ns=window.end_ns,
        present=row.present,
        looking=row.looking,
    )
    # What was written before a sum was added lacks it.
    sums: dict[str, int] = dict(zip(SUMS, row.sums, strict=False))
    return replace(labels, **sums)  # type: ignore[arg-type]
