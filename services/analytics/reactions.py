"""Reaction by creative: the share of watchers whose face changed, with its interval, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from vitrine.campaigns.summary import CampaignFigures
from vitrine.campaigns.totals import Totals
from vitrine.effects.effect import FEWEST_PEOPLE
from vitrine.effects.shares import FEWEST_GROUPS, Group, Share, share
from vitrine.mall.names import Names

# Faces also change because people speak: of their frames up to 3 in 100 look like a reaction
# (docs/metrics.md). A share that may be no more is none. Chosen, not measured in a mall.
SPEECH: Final = 0.03


@dataclass(frozen=True, slots=True)
class Second:
    """Count the reactions that show in the middle of a second of a creative."""

    number: int
    """Of the play; the first is 1."""
    reacting: int
    judged: int
    """Watchers of all plays."""

    @property
    def share(self) -> float:
        """The part of the watchers."""
        return self.reacting / self.judged


@dataclass(frozen=True, slots=True)
class Reaction:
    """Hold the reaction to one creative."""

    creative_id: str
    name: str
    judged: int
    """Watchers whose reactions were told."""
    share: Share | None
    """None where too little is told for an interval."""
    seconds: Sequence[Second]
    """Those that are told, of a creative with a measurable reaction."""

    @property
    def measurable(self) -> bool:
        """Tell whether more react than speech alone would explain."""
        return self.share is not None and self.share.lower > SPEECH

    @property
    def words(self) -> str:
        """Return what is known, in a sentence."""
        if self.share is None:
            return (
                f"Nothing can be said yet: {self.judged:,} watchers were judged, in fewer than "
                f"{FEWEST_GROUPS} steps of the release."
            )
        found = self.share
        interval = f"95 % interval {percent(found.lower)} to {percent(found.upper)}"
        told = f"{percent(found.estimate)} of {found.people:,} watchers ({interval})"
        if not self.measurable:
            return f"No measurable reaction: {told}."
        peak = max(self.seconds, key=lambda one: one.reacting, default=None)
        when = f" Most react in second {peak.number}." if peak is not None else ""
        return f"{told} reacted.{when}"


def percent(part: float) -> str:
    """Return a share for people."""
    return f"{100 * part:.1f} %"


def reactions(campaign: CampaignFigures, names: Names) -> list[Reaction]:
    """Return the reaction to each creative at stands that ask for it; none at others."""
    groups: defaultdict[str, list[Group]] = defaultdict(list)
    for step in campaign.steps:
        told = (step.totals.judged, step.totals.reacted)
        groups[step.cell.creative_id].append(told)
    found = []
    for creative, totals in campaign.by_creative().items():
        if not totals.judged:
            continue
        reaction = Reaction(
            creative_id=creative,
            name=names.creative(campaign.campaign_id, creative),
            judged=totals.judged,
            share=share(groups[creative]),
            seconds=seconds_of(totals),
        )
        found.append(reaction)
    return found


def seconds_of(totals: Totals) -> list[Second]:
    """Return the seconds in which at least ten were present: fewer are not told."""
    found = []
    pairs = zip(totals.present, totals.reacting, strict=False)
    for number, (present, reacting) in enumerate(pairs, 1):
        if present >= FEWEST_PEOPLE:
            # What was released of each may be of other revisions.
            shown = min(reacting, totals.judged)
            found.append(Second(number, shown, totals.judged))
    return found


def reactions_to_json(campaign: CampaignFigures, names: Names) -> dict[str, Any]:
    """Return the reaction to each creative."""
    found = {}
    for one in reactions(campaign, names):
        told: dict[str, Any] = {
            "judged": one.judged,
            "measurable": one.measurable,
            "finding": one.words,
            "seconds": [
                {"second": second.number, "reacting": second.reacting}
                for second in one.seconds
            ],
        }
        if one.share is not None:
            told["share"] = one.share.estimate
            told["lower"] = one.share.lower
            told["upper"] = one.share.upper
        found[one.creative_id] = told
    return found
