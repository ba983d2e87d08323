"""Totals advance for advertisers in steps of at least k people, so that no difference concerns fewer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from vitrine.campaigns.measure import Measure, Visitor
from vitrine.campaigns.windows import Cell, Row


@dataclass(frozen=True, slots=True)
class Entry:
    """What is added to the totals of a cell of one stand; `gone` visitors leave its reach."""

    cell: Cell
    advertiser: str
    synthetic: bool
    start_ns: int
    end_ns: int
    measure: Measure
    gone: frozenset[Visitor] = frozenset()

    def plus(self, later: Entry) -> Entry:
        """Both as one."""
        return Entry(
            self.cell,
            later.advertiser,
            self.synthetic or later.synthetic,
            min(self.start_ns, later.start_ns),
            max(self.end_ns, later.end_ns),
            self.measure.plus(later.measure),
            self.gone | later.gone,
        )

    def to_plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "cell": self.cell,
            "advertiser": self.advertiser,
            "synthetic": self.synthetic,
            "span": [self.start_ns, self.end_ns],
            "measure": self.measure.to_plain(),
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """The reverse of `to_plain`, after JSON."""
        start_ns, end_ns = plain["span"]
        measure = Measure.from_plain(plain["measure"])
        return cls(
            Cell(*plain["cell"]),
            plain["advertiser"],
            plain["synthetic"],
            start_ns,
            end_ns,
            measure,
        )


def entry_of(row: Row, measure: Measure) -> Entry:
    """A part of a row as an addition to the totals."""
    window = row.window
    return Entry(
        row.cell,
        window.advertiser,
        window.synthetic,
        window.start_ns,
        window.end_ns,
        measure,
    )


def release(
    pending: Mapping[Cell, Entry], step: int
) -> tuple[list[Entry], dict[Cell, Entry]]:
    """Splits what waits into what concerns at least `step` different people, and the rest."""
    ready = [entry for entry in pending.values() if len(entry.measure.visitors) >= step]
    released = {entry.cell for entry in ready}
    return ready, {
        cell: entry for cell, entry in pending.items() if cell not in released
    }
