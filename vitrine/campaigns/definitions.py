"""What each figure of the report means: one table that the HTML page, the JSON and the terminal share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

from vitrine.campaigns.figures import ratio
from vitrine.campaigns.measure import Sums

NANO = 1e-9
Value = float | None


@dataclass(frozen=True, slots=True)
class Definition:
    """A figure of a campaign or a creative; `value` takes its sums and its reach."""

    key: str
    title: str
    unit: str
    text: str
    value: Callable[[Sums, int | None], Value]
    bound: str = ""
    """Which side the true value lies on: `≥` or `≤` the figure."""

    def shown(self, sums: Sums, reach: int | None) -> str:
        """The value for people."""
        value = self.value(sums, reach)
        if value is None:
            return "–"
        return FORMATS[self.unit].format(100 * value if self.unit == "%" else value)


FORMATS = {
    "": "{:,.0f}",
    "%": "{:.1f} %",
    "s": "{:,.1f} s",
    "×": "{:,.2f}",
    "points": "{:,.1f}",
}
"""By unit."""

DEFINITIONS = (
    Definition(
        "plays", "Plays", "",
        "Times a creative was on a screen from start to end, as the player that drew it reports.",
        lambda sums, _: sums.plays,
    ),
    Definition(
        "ots", "Opportunities to see", "",
        "Visitors present for at least 1 s while a creative played; one for each visitor and play. Seen by "
        "their faces, so people who look away throughout are missed: a lower bound.",
        lambda sums, _: sums.ots, "≥",
    ),
    Definition(
        "watchers", "Watchers", "",
        "Opportunities to see with at least one look at the screen of 0.3 s or more.",
        lambda sums, _: sums.watchers,
    ),
    Definition(
        "conversion", "Conversion ratio", "%",
        "Watchers over opportunities to see. As those are a lower bound, this is an upper one.",
        lambda sums, _: ratio(sums.watchers, sums.ots), "≤",
    ),
    Definition(
        "attention_seconds", "Attention time", "s",
        "Time that visitors had their head turned to the screen during plays.",
        lambda sums, _: sums.attention_ns * NANO,
    ),
    Definition(
        "dwell_seconds", "Dwell time", "s",
        "Time that visitors were present during plays.",
        lambda sums, _: sums.dwell_ns * NANO,
    ),
    Definition(
        "attraction", "Attraction ratio", "%",
        "Attention time over dwell time.",
        lambda sums, _: ratio(sums.attention_ns, sums.dwell_ns),
    ),
    Definition(
        "engagement", "Engagement", "points",
        "Mean engagement score during plays, 0 to 100, weighted by time.",
        lambda sums, _: sums.score_ns / sums.scored_ns if sums.scored_ns else None,
    ),
    Definition(
        "reach", "Reach", "",
        "Different visitors with an opportunity to see; a visitor is counted again on another day.",
        lambda _, reach: reach,
    ),
    Definition(
        "frequency", "Frequency", "×",
        "Opportunities to see for each visitor reached.",
        lambda sums, reach: ratio(sums.ots, reach or 0),
    ),
    Definition(
        "multiplier", "Impression multiplier", "×",
        "Opportunities to see for each play, as in OpenRTB 2.6 imp.qty.",
        lambda sums, _: ratio(sums.ots, sums.plays), "≥",
    ),
    Definition("touches", "Touches", "", "Touches of the screen.", lambda sums, _: sums.touches),
    Definition("offers_shown", "Offers shown", "", "Offers shown.", lambda sums, _: sums.offers_shown),
    Definition(
        "offers_redeemed", "Offers redeemed", "", "Codes redeemed.", lambda sums, _: sums.offers_redeemed
    ),
    Definition(
        "coverage", "Coverage", "%",
        "Usable share of the cameras' time in the windows of these figures; nothing was seen in the rest.",
        lambda sums, _: sums.coverage if sums.camera_ns else None,
    ),
)  # fmt: skip
BY_KEY = {definition.key: definition for definition in DEFINITIONS}


def wilson(part: int, whole: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927), opportunities taken as independent; needs whole > 0."""
    z = 1.959964
    share = part / whole
    centre = (share + z * z / (2 * whole)) / (1 + z * z / whole)
    half = (
        z
        * sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
        / (1 + z * z / whole)
    )
    return max(0.0, centre - half), min(1.0, centre + half)
