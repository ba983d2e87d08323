"""Snapshots of windows: what figures are rebuilt from where no event is left that names people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from vitrine.campaigns.rows import Row
from vitrine.campaigns.totals import SUMS, Cell, Totals, add_up, origin_told
from vitrine.campaigns.windows import Window
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
            **totals.seconds(),
        )
        found.append(row)
    return WindowSnapshot(
        stand_id=window.stand_id,
        start_ns=window.start_ns,
        end_ns=window.end_ns,
        rows=tuple(found),
    )


def latest(snapshots: Iterable[WindowSnapshot]) -> list[WindowSnapshot]:
    """Return the last snapshot of each window, in the order of time."""
    found = {}
    for one in snapshots:
        found[one.stand_id, one.start_ns] = one
    return [found[key] for key in sorted(found)]


def totals_of_cells(snapshots: Iterable[WindowSnapshot]) -> dict[Cell, Totals]:
    """Add up the snapshots of one stand by cell, of each window one."""
    parts: defaultdict[Cell, list[Totals]] = defaultdict(list)
    for one in snapshots:
        for row in one.rows:
            parts[cell_of(one, row)].append(totals_of(one, row))
    return {cell: add_up(found) for cell, found in parts.items()}


def cell_of(window: WindowSnapshot, row: SnapshotRow) -> Cell:
    """Return the cell of a row."""
    origin = origin_told(synthetic=row.synthetic, virtual=row.virtual)
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
        reacting=row.reacting,
    )
    # What was written before a sum was added lacks it.
    sums: dict[str, int] = dict(zip(SUMS, row.sums, strict=False))
    return replace(labels, **sums)  # type: ignore[arg-type]
