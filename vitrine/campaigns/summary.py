"""Campaigns as a report sees them: `Cell → Totals`, reach, effects, over all time and stands."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from vitrine.campaigns.repeats import Classes
from vitrine.campaigns.totals import Cell, Origin, Totals, add_up, line_of
from vitrine.effects.creatives import Difference
from vitrine.effects.effect import Effect
from vitrine.effects.outcomes import Outcome
from vitrine.effects.plan import Planned
from vitrine.mall.names import Names

# Released totals advance in steps of k people and never fall; exact ones are for the operator
# only.
Kind = Literal["released", "exact"]


# How people are told at a glance whose figures they see.
MARKS: Final[Mapping[Origin, str]] = {
    "people": "",
    "synthetic": "SYNTHETIC",
    "virtual": "VIRTUAL PLAYER",
}


class Step(NamedTuple):
    """Hold what was added at once to the totals of a cell.

    `totals` has sums and the span that they concern, and neither visitors nor labels.
    """

    cell: Cell
    totals: Totals


@dataclass(frozen=True, slots=True)
class CampaignFigures:
    """Hold one campaign over all its time and stands; its figures are of one origin."""

    campaign_id: str
    advertiser: str
    cells: Mapping[Cell, Totals]
    steps: Sequence[Step]
    """What was added to the totals; by time."""
    reach: int | None
    """None of a part of the campaign's days: visitors are not kept by day."""
    reach_quality: Literal["exact", "estimated"]
    """Exact while the visitors of all its days are remembered, then by HyperLogLog (±0.8 %)."""
    effects: Sequence[Effect] = ()
    """What adapting did, an outcome each; empty where nothing was ever drawn."""
    creatives: Sequence[Difference] = ()
    """How creatives differ that chance chose between."""
    planned: Planned | None = None
    """The frozen plan of its experiment, and the one look."""
    repeats: Classes = field(default_factory=Counter)
    """Opportunities to see → visitors of final days; empty of a part of the campaign's days."""
    origin: Origin = "people"

    @property
    def line(self) -> str:
        """The name of the campaign's figures of this origin."""
        return line_of(self.campaign_id, self.origin)

    @property
    def totals(self) -> Totals:
        """The totals of all creatives and stands."""
        return add_up(self.cells.values())

    def effect_on(self, outcome: Outcome) -> Effect | None:
        """Return what adapting did to an outcome."""
        for effect in self.effects:
            if effect.outcome is outcome:
                return effect
        return None

    @property
    def advertisers(self) -> frozenset[str]:
        """Return all whose campaign it is, or was: an id may be used again."""
        found = {totals.advertiser for totals in self.cells.values()}
        return frozenset(found - {""})

    @property
    def synthetic(self) -> bool:
        """True when the visitors are synthetic."""
        return any(totals.synthetic for totals in self.cells.values())

    @property
    def mark(self) -> str:
        """What is shown beside the campaign's name; empty for people before a page."""
        return MARKS["synthetic" if self.synthetic else self.origin]

    @property
    def stand_ids(self) -> set[str]:
        """The stands that figures come from."""
        return {cell.stand_id for cell in self.cells}

    def by_creative(self) -> dict[str, Totals]:
        """Return the totals of each creative, over all stands."""
        creatives: defaultdict[str, list[Totals]] = defaultdict(list)
        for cell in sorted(self.cells):
            totals = self.cells[cell]
            creatives[cell.creative_id].append(totals)
        return {name: add_up(found) for name, found in creatives.items()}


@dataclass(frozen=True, slots=True)
class Figures:
    """Hold all campaigns, or those that were asked for."""

    totals: Kind
    campaigns: tuple[CampaignFigures, ...]
    names: Names = field(default_factory=Names)
    """What campaigns, creatives, stands and advertisers are called."""

    @property
    def synthetic(self) -> bool:
        """True when any figure counts synthetic visitors."""
        return any(campaign.synthetic for campaign in self.campaigns)

    @property
    def virtual(self) -> bool:
        """True when any figure is of people before a virtual player."""
        return any(campaign.origin == "virtual" for campaign in self.campaigns)
