"""Exact totals beside the released ones, part by part: for operators only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, get_args

from vitrine.campaigns import figures as table
from vitrine.campaigns.figure import Figure
from vitrine.campaigns.periods import Days, within
from vitrine.campaigns.summary import CampaignFigures, Step
from vitrine.campaigns.totals import Cell, Totals, Visitor, add_up
from vitrine.mall.names import Names
from vitrine.services.analytics.days import local
from vitrine.stores.campaign_exact import ExactCampaign, ExactFigures

By = Literal["creative", "stand", "day", "hour"]
PARTS: Final[tuple[By, ...]] = get_args(By)
NOTE: Final = (
    "Exact, down to a single person: for operators only, and not for passing on. Reports and "
    "Prometheus have the released figures."
)
FIGURES: Final = (
    table.PLAYS,
    table.OTS,
    table.WATCHERS,
    table.ATTENTION_SECONDS,
    table.TOUCHES,
    table.OFFERS_REDEEMED,
    table.SALES,
)


@dataclass(frozen=True, slots=True)
class Line:
    """Hold one part of a campaign."""

    id: str
    name: str
    exact: Totals
    released: Totals | None = None
    """None where a part has no released figures: a step may be of several hours or days."""
    waiting: int = 0
    """Different visitors who wait for a step."""

    def differs(self, figure: Figure) -> bool:
        """Tell whether what is released of a figure is not all of it."""
        if self.released is None:
            return False
        return figure.value(self.exact) != figure.value(self.released)


def of_days(figures: ExactFigures, days: Days) -> ExactFigures:
    """Return the exact figures of some days; of these alone nothing is released."""
    if days.are_all:
        return figures
    found = []
    for campaign in figures.campaigns:
        exact = within(campaign.exact, days, figures.names.time_zone)
        found.append(ExactCampaign(exact, None, {}))
    return replace(figures, campaigns=tuple(found))


def whole(campaign: ExactCampaign, names: Names) -> Line:
    """Return a campaign as one line."""
    id_ = campaign.exact.campaign_id
    cells = list(campaign.exact.cells)
    return line_of(campaign, id_, names.campaign(id_), cells)


def lines(campaign: ExactCampaign, names: Names, by: By) -> list[Line]:
    """Return the parts of a campaign in order."""
    if by == "creative":
        id_ = campaign.exact.campaign_id
        return parts(
            campaign,
            lambda cell: cell.creative_id,
            lambda creative: names.creative(id_, creative),
        )
    if by == "stand":
        return parts(campaign, lambda cell: cell.stand_id, names.stand)
    return spans(campaign.exact, names, by)


def parts(
    campaign: ExactCampaign,
    id_of: Callable[[Cell], str],
    name_of: Callable[[str], str],
) -> list[Line]:
    """Return a line for each group of cells."""
    groups: defaultdict[str, list[Cell]] = defaultdict(list)
    for cell in campaign.exact.cells:
        groups[id_of(cell)].append(cell)
    return [line_of(campaign, id_, name_of(id_), groups[id_]) for id_ in sorted(groups)]


def line_of(
    campaign: ExactCampaign,
    id_: str,
    name: str,
    cells: Sequence[Cell],
) -> Line:
    """Return the line of some cells."""
    released = None
    if campaign.released is not None:
        known = campaign.released.cells
        released = add_up(known.get(cell, Totals()) for cell in cells)
    people: set[Visitor] = set()
    for cell in cells:
        people |= campaign.waiting.get(cell, frozenset())
    return Line(
        id=id_,
        name=name,
        exact=add_up(campaign.exact.cells[cell] for cell in cells),
        released=released,
        waiting=len(people),
    )


def spans(campaign: CampaignFigures, names: Names, by: By) -> list[Line]:
    """Return a line for each local day, or hour, in which anything was counted."""
    pattern = "%Y-%m-%d" if by == "day" else "%Y-%m-%d %H:00"
    groups: defaultdict[str, list[Step]] = defaultdict(list)
    for step in campaign.steps:
        began = local_start(step, names)
        groups[f"{began:{pattern}}"].append(step)
    found = []
    for name in sorted(groups):
        exact = add_up(step.totals for step in groups[name])
        found.append(Line(name, name, exact))
    return found


def local_start(step: Step, names: Names) -> datetime:
    """Return when the window of a step began, by the clock of its stand."""
    zone = names.time_zone(step.cell.stand_id)
    return local(step.totals.start_ns, zone)
