"""The figures of some of a campaign's days, from the steps in which they were released."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from vitrine.campaigns.summary import CampaignFigures, Step
from vitrine.campaigns.totals import Cell, Totals, add_up
from vitrine.clock import SECOND_NS
from vitrine.ids import local_day

ZoneOf = Callable[[str], str]
"""Stand → time zone."""


@dataclass(frozen=True, slots=True)
class Days:
    """Hold local days of the stands, both included; None is open.

    Raises ValueError where the last comes before the first.
    """

    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        if self.first is None or self.last is None:
            return
        if self.last < self.first:
            raise ValueError(f"{self.last} is before {self.first}")

    @property
    def are_all(self) -> bool:
        """Tell whether no day is left out."""
        return self.first is None and self.last is None

    def hold(self, day: date) -> bool:
        """Tell whether a day is among them."""
        if self.first is not None and day < self.first:
            return False
        return self.last is None or day <= self.last


def within(
    campaign: CampaignFigures,
    days: Days,
    zone_of: ZoneOf,
) -> CampaignFigures:
    """Return the figures of the days: whole steps only, each on the day on which it ends.

    A step is never cut, so what two periods differ by concerns as many people as a step does.
    Reach is of the whole campaign only; effects stay those of the whole campaign.
    """
    if days.are_all:
        return campaign
    steps = []
    for step in campaign.steps:
        zone = zone_of(step.cell.stand_id)
        # The last second, as a window that ends at midnight is of the day before.
        if days.hold(local_day(step.totals.end_ns - SECOND_NS, zone)):
            steps.append(step)
    return replace(
        campaign,
        cells=cells_of(steps, campaign),
        steps=tuple(steps),
        reach=None,
        repeats=Counter(),
    )


def cells_of(
    steps: Sequence[Step],
    campaign: CampaignFigures,
) -> dict[Cell, Totals]:
    """Return the sums of steps by cell, with the labels that the cells of the campaign have."""
    parts: defaultdict[Cell, list[Totals]] = defaultdict(list)
    for step in steps:
        parts[step.cell].append(step.totals)
    cells = {}
    for cell in sorted(parts):
        labels = campaign.cells.get(cell, Totals())
        cells[cell] = replace(
            add_up(parts[cell]),
            advertiser=labels.advertiser,
            synthetic=labels.synthetic,
        )
    return cells


def untimed_plays(campaign: CampaignFigures) -> int:
    """Return the plays of a whole campaign whose time is no longer kept: the oldest steps go."""
    timed = sum(step.totals.plays for step in campaign.steps)
    return max(0, campaign.totals.plays - timed)
