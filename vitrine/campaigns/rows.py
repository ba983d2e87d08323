"""Rows: what goes to `campaign-windows` of a cell in a window, and its revisions."""

from __future__ import annotations

from dataclasses import dataclass

from vitrine.campaigns.figures import COLUMNS, columns_of
from vitrine.campaigns.totals import Cell, Totals
from vitrine.schemas import CampaignWindow


@dataclass(frozen=True, slots=True)
class Row:
    """Hold a row as published, its totals, and the peak of those over all revisions."""

    window: CampaignWindow
    totals: Totals
    peak: Totals


def revise(
    cell: Cell,
    old: Row | None,
    totals: Totals,
) -> Row | None:
    """Return the row of the totals, as the next revision of `old`; None if nothing changed."""
    if old is None:
        return Row(to_window(cell, totals), totals, totals)
    if totals == old.totals:
        return None
    published = old.window
    peak = old.peak.peak(totals)
    fresh = to_window(
        cell,
        totals,
        published.revision,
        correction=published.correction,
    )
    # Names of visitors and goals are not published: they make no revision.
    if fresh == published:
        return Row(published, totals, peak)
    window = to_window(
        cell,
        totals,
        published.revision + 1,
        correction=is_lower(fresh, published),
    )
    return Row(window, totals, peak)


def is_lower(fresh: CampaignWindow, published: CampaignWindow) -> bool:
    """Tell whether some figure is lower than in the revision before."""
    return any(getattr(fresh, name) < getattr(published, name) for name in COLUMNS)


def emptied(old: Row) -> Totals:
    """Return totals without any figure, for a row whose plays and interactions went elsewhere."""
    return Totals(
        advertiser=old.totals.advertiser,
        synthetic=old.totals.synthetic,
        start_ns=old.totals.start_ns,
        end_ns=old.totals.end_ns,
    )


def to_window(
    cell: Cell,
    totals: Totals,
    revision: int = 0,
    *,
    correction: bool = False,
) -> CampaignWindow:
    """Return what is published of totals."""
    return CampaignWindow(
        campaign_id=cell.campaign_id,
        advertiser=totals.advertiser,
        creative_id=cell.creative_id,
        stand_id=cell.stand_id,
        start_ns=totals.start_ns,
        end_ns=totals.end_ns,
        revision=revision,
        correction=correction,
        synthetic=totals.synthetic,
        **columns_of(totals),
    )
