"""Subgroups for whom the figures are clearly worse: the rule that names them, and the sentences."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from training.report.kinds import FACTORS, Kind
from training.report.results import Figures, Interval, Result

FEW: Final = 20
"""Fewer faces than this name no gap: the interval itself is not to be trusted."""


@dataclass(frozen=True)
class Gap:
    """A class of a factor whose interval lies on the worse side of all other faces', without touching it."""

    factor: str
    label: str
    figures: Figures
    kind: Kind

    def sentence(self) -> str:
        """As a line of a list."""
        return (
            f"{FACTORS[self.factor]} {self.label}: {self.kind.name} {self.kind.cell(self.figures)}, "
            f"other faces {self.kind.cell(self.figures.rest)} (n = {self.figures.count()})"
        )


def gaps(result: Result, kind: Kind) -> list[Gap]:
    """Those of one result, in the order of factors."""
    found = []
    for factor, label, figures in classes(result):
        mine = figures.interval(kind.key)
        others = figures.rest.interval(kind.key)
        if mine and others and figures.count() >= FEW and _apart(mine, others, kind):
            found.append(Gap(factor, label, figures, kind))
    return found


def classes(result: Result) -> Iterator[tuple[str, str, Figures]]:
    """Factor, class and figures, in the order of the page."""
    for factor in FACTORS:
        for label, figures in result.subgroups.get(factor, {}).items():
            yield factor, label, figures


def thin(result: Result) -> list[str]:
    """Classes with too few faces to say anything."""
    return [
        f"{FACTORS[factor]} {label} ({figures.count()})"
        for factor, label, figures in classes(result)
        if figures.count() < FEW
    ]


def _apart(mine: Interval, others: Interval, kind: Kind) -> bool:
    """Whether `mine` lies wholly on the worse side."""
    return mine[1] < others[0] if kind.better == "higher" else mine[0] > others[1]
