"""Subgroups for whom the figures are clearly worse: the rule that names them, and the sentences."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from training.report.kinds import FACTORS, Kind
from training.report.results import Figures, Interval, Result

# Chosen, not measured: percentile intervals of fewer faces are too narrow to be trusted.
FEW: Final = 20
"""Classes of fewer faces are never named as a gap."""


@dataclass(frozen=True)
class Gap:
    """Hold a class whose interval lies wholly on the worse side of that of all other faces."""

    factor: str
    label: str
    figures: Figures
    kind: Kind

    def sentence(self) -> str:
        """Return the gap as a line of a list."""
        factor = FACTORS[self.factor]
        mine = self.kind.cell(self.figures)
        others = self.kind.cell(self.figures.rest)
        count = self.figures.count()
        return f"{factor} {self.label}: {self.kind.name} {mine}, other faces {others} (n = {count})"


def gaps(result: Result, kind: Kind) -> list[Gap]:
    """Return the gaps of one result, in the order of factors."""
    found = []
    for factor, label, figures in classes(result):
        mine = figures.interval(kind.key)
        others = figures.rest.interval(kind.key)
        if figures.count() < FEW or mine is None or others is None:
            continue
        if _is_worse(mine, others, kind):
            found.append(
                Gap(
                    factor,
                    label,
                    figures,
                    kind,
                )
            )
    return found


def classes(result: Result) -> Iterator[tuple[str, str, Figures]]:
    """Yield factor, class and figures, in the order of the page."""
    for factor in FACTORS:
        groups = result.subgroups.get(factor, {})
        for label, figures in groups.items():
            yield factor, label, figures


def thin(result: Result) -> list[str]:
    """Return the classes with too few faces to say anything, with their counts."""
    found = []
    for factor, label, figures in classes(result):
        count = figures.count()
        if count < FEW:
            found.append(f"{FACTORS[factor]} {label} ({count})")
    return found


def _is_worse(
    mine: Interval,
    others: Interval,
    kind: Kind,
) -> bool:
    """Return whether `mine` lies wholly on the worse side of `others`, without touching it."""
    my_low, my_high = mine
    low, high = others
    if kind.better == "higher":
        return my_high < low
    return my_low > high
