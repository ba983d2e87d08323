"""Attention within a creative: of those present in each second of it, the share that looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from vitrine.campaigns.summary import CampaignFigures
from vitrine.campaigns.totals import Totals
from vitrine.effects.effect import FEWEST_PEOPLE
from vitrine.mall.names import Names

HEIGHT: Final = 100.0
"""Of the drawing, in its own units; a second is one unit wide."""


@dataclass(frozen=True, slots=True)
class Second:
    """Count who was present in the middle of a second of a creative, over all plays."""

    number: int
    """Of the play; the first is 1."""
    present: int
    looking: int

    @property
    def share(self) -> float:
        """The part of those present who look."""
        return self.looking / self.present

    @property
    def height(self) -> float:
        """Of the bar, of HEIGHT."""
        return HEIGHT * self.share

    @property
    def words(self) -> str:
        """Return the second in words, for who points at it."""
        return (
            f"Second {self.number}: {self.share:.0%} of {self.present:,} present look"
        )


@dataclass(frozen=True, slots=True)
class Curve:
    """Hold the attention within one creative."""

    creative_id: str
    name: str
    seconds: Sequence[Second]
    """Those in which enough people were present."""

    @property
    def length(self) -> int:
        """The last second that is told."""
        return self.seconds[-1].number

    @property
    def words(self) -> str:
        """Return the curve in a sentence: where most look, and how it ends."""
        most = max(self.seconds, key=lambda one: (one.share, -one.number))
        last = self.seconds[-1]
        text = f"Most look in second {most.number}: {most.share:.0%}"
        if last is most:
            return f"{text}."
        return f"{text}; in second {last.number} it is {last.share:.0%}."


def curves(campaign: CampaignFigures, names: Names) -> list[Curve]:
    """Return the curve of each creative of which any second is told."""
    found = []
    for creative, totals in campaign.by_creative().items():
        seconds = seconds_of(totals)
        if seconds:
            name = names.creative(campaign.campaign_id, creative)
            found.append(Curve(creative, name, seconds))
    return found


def seconds_of(totals: Totals) -> list[Second]:
    """Return the seconds in which at least ten were present: fewer are not told."""
    found = []
    for place, present in enumerate(totals.present):
        if present < FEWEST_PEOPLE:
            continue
        looking = totals.looking[place] if place < len(totals.looking) else 0
        # Each count has its own peak over revisions: one may have fallen since.
        found.append(Second(place + 1, present, min(looking, present)))
    return found


def curves_to_json(campaign: CampaignFigures, names: Names) -> dict[str, Any]:
    """Return the seconds of each creative."""
    return {
        curve.creative_id: [
            {"second": one.number, "present": one.present, "looking": one.looking}
            for one in curve.seconds
        ]
        for curve in curves(campaign, names)
    }
