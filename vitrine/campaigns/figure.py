"""A figure: how it follows from totals, what it is called, and where it is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log, sqrt
from typing import Literal

from vitrine.campaigns.definitions import Definition
from vitrine.campaigns.ledger import UNTOLD_WITH_NOISE
from vitrine.campaigns.summary import CampaignFigures
from vitrine.campaigns.totals import Totals

NANO = 1e-9
# Of a number with Laplace noise, in standard deviations; of sums of several it is more than 95 %.
NOISE_ERROR = log(20) / sqrt(2)
# What OpenMetrics wants at the end of a metric's name, by unit; names of times end in it already.
SUFFIXES = {"%": "_ratio", "points": "_points"}
# How a value is shown to people, by unit.
FORMATS = {
    "": "{:,.0f}",
    "%": "{:.1f} %",
    "s": "{:,.1f} s",
    "×": "{:,.2f}",
    "points": "{:,.1f}",
}


@dataclass(
    frozen=True,
    slots=True,
    kw_only=True,
)
class Figure:
    """Define one figure: how it follows from totals, what it is called, and where it is shown.

    A counter is a sum of `Totals`; a ratio is one figure of the table over another; a gauge is what
    `of_campaign` reads from a campaign.
    """

    name: str
    """In the report's JSON; `metric_name` follows from it."""
    kind: Literal["counter", "ratio", "gauge"]
    definition: Definition
    unit: Literal["", "s", "%", "×", "points"] = ""
    bound: Literal["", "≥", "≤"] = ""
    """The side of the figure that the true value lies on."""
    noise: str = ""
    """Of a counter that may be released privately, the field with the variance of its noise."""
    sum: str = ""
    """Of a counter, the field of `Totals`, in nanoseconds if the unit is seconds."""
    part: Figure | None = None
    """Of a ratio, the figure above the line."""
    whole: Figure | None = None
    """Of a ratio, the figure below the line."""
    times: int = 1
    """Of a ratio, what it is multiplied by, such as 1000 for a figure per thousand."""
    of_campaign: Callable[[CampaignFigures], float | None] | None = None
    title: str = ""
    """In the report; a figure without a title is not in it."""
    text: str = ""
    """In the report, in words for advertisers."""
    metric: str = ""
    """Help text of the metric; a figure without one is not exported."""
    column: str = ""
    """The field of `CampaignWindow`, if it has one."""
    digits: int = 0
    """Decimals of the column."""

    @property
    def metric_name(self) -> str:
        """The name in Prometheus, with its unit; counters end in `_total` there."""
        suffix = SUFFIXES.get(self.unit, "")
        return f"vitrine_campaign_{self.name}{suffix}"

    def value(
        self, totals: Totals, campaign: CampaignFigures | None = None
    ) -> float | None:
        """Return the figure in its unit (a share for `%`); None where it does not exist.

        Without `campaign`, that is for a creative or a cell, gauges of a campaign are None.
        """
        found = self._raw(totals, campaign)
        if found is None or self.unit != "s":
            return found
        return found * NANO

    def _raw(self, totals: Totals, campaign: CampaignFigures | None) -> float | None:
        if self.part is not None and self.whole is not None:
            part = self.part._raw(totals, campaign)
            whole = self.whole._raw(totals, campaign)
            quotient = ratio(part, whole)
            return quotient if quotient is None else self.times * quotient
        if totals.ots_noise and self.sum in UNTOLD_WITH_NOISE:
            return None
        if self.of_campaign is None:
            found: int = getattr(totals, self.sum)
            return found
        if campaign is None:
            return None
        return self.of_campaign(campaign)

    def shown(self, totals: Totals, campaign: CampaignFigures | None = None) -> str:
        """Return the value for people, a dash where there is none."""
        value = self.value(totals, campaign)
        if value is None:
            return "–"
        if self.unit == "%":
            value = 100 * value
        text = FORMATS[self.unit].format(value)
        error = self.error(totals)
        return f"{text} ± {error:,.0f}" if error else text

    def error(self, totals: Totals) -> float:
        """Return how far 95 of 100 values of a noisy figure are off at most; 0 without noise."""
        variance: int = getattr(totals, self.noise) if self.noise else 0
        return NOISE_ERROR * sqrt(variance)

    def column_value(self, totals: Totals) -> float:
        """Return what `CampaignWindow` holds: integers, rounded ratios, 0 for no value."""
        if self.sum:
            found: int = getattr(totals, self.sum)
            return found
        ratio_or_none = self._raw(totals, None)
        return round(ratio_or_none or 0.0, self.digits)


def ratio(part: float | None, whole: float | None) -> float | None:
    """Return the quotient; None where a side is missing, or there is nothing to divide by."""
    if part is None or not whole:
        return None
    return part / whole
