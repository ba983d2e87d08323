"""Training runs as their folders tell of them: metrics.csv, and what lies beside it."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vitrine.errors import Invalid

METRICS: Final = "metrics.csv"
EPOCH: Final = "epoch"
BEST: Final = "best.pt"
"""Weights of the best epoch (training/state.py)."""


@dataclass(frozen=True, slots=True)
class Run:
    """Hold one run that has a record."""

    name: str
    """Its folder below the folder of all runs, as in `landmarks/2-photos`."""
    folder: Path
    has_weights: bool

    @property
    def metrics(self) -> Path:
        """Return the record: a row an epoch."""
        return self.folder / METRICS


def find_runs(folder: Path) -> list[Run]:
    """Return the runs below a folder, by name; none where there is no such folder."""
    runs = []
    for path in sorted(folder.rglob(METRICS)):
        run = Run(
            name=str(path.parent.relative_to(folder)),
            folder=path.parent,
            has_weights=(path.parent / BEST).is_file(),
        )
        runs.append(run)
    return runs


def read_curves(path: Path) -> Mapping[str, list[float]]:
    """Return the columns of a record, `epoch` among them, by name.

    Raises Invalid with file, row and reason. A last row that is not whole is left out: a run
    that goes on may be writing it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} cannot be read: {error}") from None
    whole = text[: text.rfind("\n") + 1]
    rows = list(csv.reader(whole.splitlines()))
    if not rows:
        raise Invalid(f"{path} has no row yet: the first epoch is not over")
    names = rows[0]
    if EPOCH not in names:
        raise Invalid(f"{path}, row 1: there is no column {EPOCH}")
    columns: dict[str, list[float]] = {name: [] for name in names}
    for number, row in enumerate(rows[1:], start=2):
        where = f"{path}, row {number}"
        if len(row) != len(names):
            raise Invalid(f"{where}: {len(row)} values, expected {len(names)}")
        for name, value in zip(names, row, strict=True):
            columns[name].append(_number(value, f"{where}, {name}"))
    return columns


def _number(text: str, where: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Invalid(f"{where}: {text!r} is no number") from None
