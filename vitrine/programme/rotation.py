"""The plain rotation of one stand: what comes by share when nobody is answered."""

from __future__ import annotations

from collections.abc import Sequence
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
    probability of a creative is that of its campaign, given all draws before, divided by the number
    of the campaign's creatives: each of them may come at any time, so that the log can judge any
    policy that chooses among them.
    """

    block: int = BLOCK
    """Draws of campaigns in a block."""
    _campaigns: dict[int, Blocks] = field(default_factory=dict)
    """Priority → the blocks of its campaigns."""

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
            weight = chance / len(creatives)
            if weight > 0:
                found += [Candidate(campaign, each, weight) for each in creatives]
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
        if choice.campaign is not HOUSE:
            if pick is not None:
                choice = _picked(choice, candidates, pick, stand, at_ns)
            self._campaigns[choice.campaign.priority].take(choice.campaign.id)
            return choice
        local = local_time(at_ns, stand.time_zone)
        if any(rotating(campaign, local, usable) for campaign in campaigns):
            return replace(choice, reason=APART)
        return choice


def _picked(
    choice: Choice,
    candidates: Sequence[Candidate],
    pick: Pick,
    stand: Stand,
    at_ns: int,
) -> Choice:
    """Return the choice with the creative that `pick` names, where there is one to choose."""
    campaign = choice.campaign
    own = [each for each in candidates if each.campaign is campaign]
    if len(own) < 2:
        return choice
    creatives = [each.creative for each in own]
    chance = sum(each.weight for each in own)
    picked = pick(campaign, creatives, choice.creative, choice.arm)
    if picked.choose == "rotate":
        return replace(choice, picked=picked)
    others = [each for each in candidates if each.campaign is not campaign]
    learned = []
    for creative in creatives:
        weight = chance * picked.probabilities[creative.id]
        learned.append(Candidate(campaign, creative, weight))
    place = creatives.index(picked.creative)
    adapted = among(learned[place], [*learned, *others], stand, at_ns)
    return replace(adapted, reason=f"learned for {campaign.goal}", picked=picked)
