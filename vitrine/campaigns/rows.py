"""Rows: what goes to `campaign-windows` of a cell in a window, and its revisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vitrine.campaigns.figures import COLUMNS, columns_of
from vitrine.campaigns.totals import Cell, Totals
from vitrine.schemas import CampaignWindow


@dataclass(frozen=True, slots=True)
class Row:
    """Hold the totals of a published row.

    What was published follows from them: it would take two thirds of the memory of a row.
    """

    totals: Totals
    revision: int = 0
    correction: bool = False

    def window(self, cell: Cell) -> CampaignWindow:
        """Return the row as published."""
        return to_window(
            cell,
            self.totals,
            self.revision,
            correction=self.correction,
        )


def revise(
    cell: Cell,
    old: Row | None,
    totals: Totals,
) -> Row | None:
    """Return the row of the totals, as the next revision of `old`; None if nothing changed."""
    if old is None:
        return Row(totals)
    if totals == old.totals:
        return None
    same = Row(totals, old.revision, old.correction)
    published = old.window(cell)
    fresh = same.window(cell)
    # Names of visitors are not published: they make no revision.
    if fresh == published:
        return same
    return Row(
        totals,
        old.revision + 1,
        correction=is_lower(fresh, published),
    )


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
        virtual=cell.origin == "virtual",
        **columns_of(totals),
    )


def row_to_plain(row: Row) -> dict[str, Any]:
    """Return a row for JSON: its totals are here called `measure`."""
    totals = row.totals
    return {
        "window": {
            "advertiser": totals.advertiser,
            "synthetic": totals.synthetic,
            "start_ns": totals.start_ns,
            "end_ns": totals.end_ns,
            "revision": row.revision,
            "correction": row.correction,
        },
        "measure": totals.to_plain(),
    }


def row_from_plain(plain: Mapping[str, Any]) -> Row:
    """Return the reverse of `row_to_plain`; rows of before have more fields."""
    window = plain["window"]
    labels = Totals(
        advertiser=window["advertiser"],
        synthetic=window["synthetic"],
        start_ns=window["start_ns"],
        end_ns=window["end_ns"],
    )
    totals = Totals.from_plain(plain["measure"], labels)
    return Row(
        totals,
        window["revision"],
        window["correction"],
    )
