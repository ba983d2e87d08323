"""Rebuild a stand whose figures were lost: from snapshots up to a floor, from events after it."""

from __future__ import annotations

from collections.abc import Iterable

from vitrine.campaigns.snapshots import DayTotals, days_of
from vitrine.campaigns.stand import Change, Stand
from vitrine.campaigns.totals import Totals, add_up
from vitrine.schemas import WindowSnapshot


def restore(
    stand: Stand,
    snapshots: Iterable[WindowSnapshot],
    time_zone: str,
) -> Change:
    """Return what the snapshots before the stand's floor add to totals that are empty.

    Reach and slots are not among it: they rest on who the people were.
    """
    change = Change(
        stand=stand,
        events=stand.events.draft(),
        open_windows=set(stand.open_windows),
        watermark_ns=stand.watermark_ns,
        closed_ns=stand.closed_ns,
    )
    final = [one for one in snapshots if one.start_ns < stand.floor.start_ns]
    for cell, days in days_of(final, time_zone).items():
        for day in days:
            change.exact.append((cell, day.totals))
        if people_of(days) >= stand.rules.k_anonymity:
            change.released += [(cell, day.totals) for day in days]
        else:
            change.pending[cell] = sum_of(days)
    return change


def people_of(days: Iterable[DayTotals]) -> int:
    """Return how many different people days concern at least: nobody is followed across days."""
    return sum(day.people for day in days)


def sum_of(days: Iterable[DayTotals]) -> Totals:
    """Return the totals of all days."""
    return add_up(day.totals for day in days)
