"""The plain rotation of one stand: what comes by share when nobody is answered."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Final

from vitrine.mall import Campaign, Creative, Stand
from vitrine.mall.hours import local_time
from vitrine.programme.blocks import BLOCK, Blocks
from vitrine.programme.picking import Pick
from vitrine.programme.playlist import (
    HOUSE,
    Candidate,
    Choice,
    Usable,
    among,
    drawn,
    house,
    rotating,
)

APART: Final = "keeps advertisers of one category apart"
"""The reason of the house between campaigns that compete."""


@dataclass(slots=True)
class Rotation:
    """Draw campaigns by their shares, in blocks, and then one of the campaign's creatives.

    Campaigns of the highest priority come first; others when none of those may be shown now. The
    probability of a creative is that of its campaign, given all draws before, times its own among
    the creatives of the campaign, which are drawn in blocks, too.
    """

    block: int = BLOCK
    """Draws in a block, of campaigns and of a campaign's creatives."""
    _campaigns: dict[int, Blocks] = field(default_factory=dict)
    """Priority → the blocks of its campaigns."""
    _creatives: dict[str, Blocks] = field(default_factory=dict)
    """Campaign → the blocks of its creatives."""

    def candidates(
        self,
        campaigns: Sequence[Campaign],
        stand: Stand,
        at_ns: int,
        usable: Usable,
        last: Campaign | None,
    ) -> list[Candidate]:
        """Return what may be shown from `at_ns` on, after `last`; weights are probabilities.

        It is the house where nothing else runs, and between campaigns that must not follow each
        other. Asked again, it returns the same until the next `draw`.
        """
        local = local_time(at_ns, stand.time_zone)
        able: dict[int, dict[str, tuple[Campaign, list[Creative]]]] = {}
        for campaign in campaigns:
            creatives = rotating(campaign, local, usable)
            if creatives:
                alike = able.setdefault(campaign.priority, {})
                alike[campaign.id] = campaign, creatives
        for priority in sorted(able, reverse=True):
            found = self._of_priority(priority, able[priority], last)
            if found:
                return found
        return [house()]

    def _of_priority(
        self,
        priority: int,
        able: dict[str, tuple[Campaign, list[Creative]]],
        last: Campaign | None,
    ) -> list[Candidate]:
        weights = {}
        apart = set()
        for name, (campaign, _) in able.items():
            weights[name] = campaign.share
            if last is not None and campaign.competes_with(last):
                apart.add(name)
        blocks = self._campaigns.setdefault(priority, Blocks(self.block))
        last_id = None if last is None else last.id
        found = []
        for name, chance in blocks.chances(weights, apart, last_id).items():
            campaign, creatives = able[name]
            alike = {creative.id: 1.0 for creative in creatives}
            of_campaign = self._creatives.setdefault(name, Blocks(self.block))
            within = of_campaign.chances(alike)
            for creative in creatives:
                weight = chance * within.get(creative.id, 0.0)
                if weight > 0:
                    found.append(Candidate(campaign, creative, weight))
        return found

    def draw(
        self,
        campaigns: Sequence[Campaign],
        stand: Stand,
        at_ns: int,
        usable: Usable,
        last: Campaign | None,
        draw: float,
        pick: Pick | None = None,
    ) -> Choice:
        """Return the play from `at_ns` on, at the place `draw` in [0, 1), and count it.

        `pick` has the last word on which creative of the campaign comes.
        """
        candidates = self.candidates(campaigns, stand, at_ns, usable, last)
        choice = drawn(candidates, stand, at_ns, draw)
        local = local_time(at_ns, stand.time_zone)
        if choice.campaign is not HOUSE:
            if pick is not None:
                creatives = rotating(choice.campaign, local, usable)
                choice = _picked(choice, candidates, creatives, pick, stand, at_ns)
            self._campaigns[choice.campaign.priority].take(choice.campaign.id)
            # What a policy chose is no draw of the rotation.
            if choice.picked is None or choice.picked.choose == "rotate":
                self._creatives[choice.campaign.id].take(choice.creative.id)
            return choice
        if any(rotating(campaign, local, usable) for campaign in campaigns):
            return replace(choice, reason=APART)
        return choice

    def keep_only(self, campaign_ids: Set[str]) -> None:
        """Forget all campaigns but these."""
        for name in self._creatives.keys() - campaign_ids:
            del self._creatives[name]


def _picked(
    choice: Choice,
    candidates: Sequence[Candidate],
    creatives: Sequence[Creative],
    pick: Pick,
    stand: Stand,
    at_ns: int,
) -> Choice:
    """Return the choice with the creative that `pick` names, where there is one to choose."""
    campaign = choice.campaign
    own = [each for each in candidates if each.campaign is campaign]
    chance = sum(each.weight for each in own)
    within = {each.creative.id: each.weight / chance for each in own}
    able = len(own) if campaign.choose == "rotate" else len(creatives)
    if able < 2:
        return choice
    picked = pick(campaign, creatives, choice.creative, within, choice.arm)
    if picked.choose == "rotate":
        # One that the rotation could not but draw tells nothing of the others.
        return replace(choice, picked=picked) if len(own) > 1 else choice
    others = [each for each in candidates if each.campaign is not campaign]
    learned = []
    for creative in creatives:
        weight = chance * picked.probabilities[creative.id]
        learned.append(Candidate(campaign, creative, weight))
    place = creatives.index(picked.creative)
    adapted = among(learned[place], [*learned, *others], stand, at_ns)
    return replace(adapted, reason=f"learned for {campaign.goal}", picked=picked)
