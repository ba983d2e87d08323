"""What a slot tells of two creatives of a campaign, where chance chose which of them was shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from vitrine.campaigns.audience import Audience
from vitrine.campaigns.intervals import length
from vitrine.campaigns.windows import OTS_NS
from vitrine.clock import SECOND_NS
from vitrine.effects.creatives import LEAST_CHANCE
from vitrine.effects.slots import Pair, Side
from vitrine.schemas import Play

# Of sums of seconds, in the store.
DIGITS = 6


@dataclass(slots=True)
class Views:
    """Add up the views of one of two creatives."""

    people: set[str] = field(default_factory=set)
    weight: float = 0.0
    outcome: float = 0.0
    longest_s: float = 0.0

    def side(self) -> Side:
        """Return the sums, without anybody's name."""
        return Side(
            len(self.people),
            round(self.weight, DIGITS),
            round(self.outcome, DIGITS),
            round(self.longest_s, DIGITS),
        )


def pairs_of(
    plays: Iterable[Play],
    audience: Audience,
    day: date,
) -> tuple[Pair, ...]:
    """Return the pairs of creatives that plays of one campaign in a slot were chosen between."""
    found: defaultdict[tuple[str, str], dict[str, Views]] = defaultdict(dict)
    # In order of time: sums of fractions depend on it.
    for play in sorted(plays, key=lambda one: (one.start_ns, one.play_id)):
        for other, probability in others_of(play).items():
            chance = play.probability / (play.probability + probability)
            if not LEAST_CHANCE <= chance <= 1 - LEAST_CHANCE:
                continue
            first, second = sorted((play.creative_id, other))
            sides = found[first, second]
            views = sides.setdefault(play.creative_id, Views())
            add_views(views, play, 1 / chance, audience, day)
    pairs = []
    for (first, second), sides in sorted(found.items()):
        both = [sides.get(name, Views()).side() for name in (first, second)]
        pairs.append(Pair(first, second, *both))
    return tuple(pairs)


def others_of(play: Play) -> dict[str, float]:
    """Return the other creatives of the campaign that might have been shown, as logged."""
    found = {}
    for name, probability in play.alternatives.items():
        campaign_id, _, creative_id = name.partition("/")
        if campaign_id == play.campaign_id and creative_id != play.creative_id:
            found[creative_id] = probability
    return found


def add_views(
    views: Views,
    play: Play,
    weight: float,
    audience: Audience,
    day: date,
) -> None:
    """Add everybody who had an opportunity to see a play."""
    views.longest_s = max(views.longest_s, (play.end_ns - play.start_ns) / SECOND_NS)
    for name, present in audience.during(play.start_ns, play.end_ns, day).items():
        if length(present.presence) < OTS_NS:
            continue
        views.people.add(name)
        views.weight += weight
        views.outcome += weight * length(present.attention) / SECOND_NS
