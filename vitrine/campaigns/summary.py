"""Campaigns as a report sees them: `Cell → Totals`, reach, and uplift, over all time and stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from vitrine.campaigns.effects import Uplift
from vitrine.campaigns.totals import Cell, Totals, add_up
from vitrine.mall.names import Names

# Released totals advance in steps of k people and never fall; exact ones are for the operator
# only.
Kind = Literal["released", "exact"]


@dataclass(frozen=True, slots=True)
class CampaignFigures:
    """Hold one campaign over all its time and stands."""

    campaign_id: str
    advertiser: str
    cells: Mapping[Cell, Totals]
    steps: Sequence[Totals]
    """What was added to the totals, each with the span that it concerns; by time."""
    reach: int
    reach_quality: Literal["exact", "estimated"]
    """Exact while the visitors of all its days are remembered, then by HyperLogLog (±0.8 %)."""
    uplift: Uplift

    @property
    def totals(self) -> Totals:
        """The totals of all creatives and stands."""
        return add_up(self.cells.values())

    @property
    def advertisers(self) -> frozenset[str]:
        """Return all whose campaign it is, or was: an id may be used again."""
        found = {totals.advertiser for totals in self.cells.values()}
        return frozenset(found - {""})

    @property
    def synthetic(self) -> bool:
        """True when synthetic visitors are counted."""
        return any(totals.synthetic for totals in self.cells.values())

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
