"""Result files: figures of the whole set, of its parts and of its subgroups, as one JSON object."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from rich.console import Console
from rich.table import Table

from training.datasets.splits import Grouped, part_of
from training.evaluation.arrays import Floats, Mask, Names, Numbers
from training.evaluation.intervals import interval_of_mean
from training.evaluation.subgroups import FACTORS, Look, classes_of

Json = dict[str, Any]
Figures = Callable[[Mask], Json]
"""The figures of some of the faces, with their intervals under `interval`."""

SHARES: Final = frozenset(
    {
        "detected",
        "failures",
        "recall",
        "accuracy",
        "balanced_accuracy",
        "rank1",
        "tar_at_far",
        "far",
    }
)
"""Printed as percentages."""
# Chosen, not measured: tables of several figures with intervals are wide.
WIDTH: Final = 180
"""Characters a line, where the output goes to a file."""


@dataclass(frozen=True)
class Columns:
    """Hold values of each face whose means are the figures, and the person in it."""

    values: Mapping[str, Floats]
    """(n,) each."""
    people: Names
    """(n,), or photos, where people have no names."""

    def figures(self, chosen: Mask) -> Json:
        """Return means and 95 % intervals of the chosen faces; NaN for none."""
        people = self.people[chosen]
        different_people = np.unique(people)
        means = {}
        intervals = {}
        for name, values in self.values.items():
            some = values[chosen]
            # numpy warns of the mean of nothing.
            means[name] = np.nan
            if len(some):
                means[name] = float(some.mean())
            intervals[name] = interval_of_mean(some, people)
        return {
            "n": int(chosen.sum()),
            "people": len(different_people),
            **means,
            "interval": intervals,
        }


def sets_of(faces: Sequence[Grouped], *, parts: bool = True) -> dict[str, Mask]:
    """Return a mask (n,) for each published split, and for the people that our split holds out.

    Faces outside published splits are in none of them; empty sets are left out.
    """
    splits = np.array([face.split for face in faces], dtype=np.str_)
    masks = {}
    for name in np.unique(splits):
        if name:
            masks[str(name)] = splits == name
    if parts:
        own_parts = [part_of(face.group) for face in faces]
        held_out = np.array(own_parts, dtype=np.str_) == "held-out"
        if held_out.any():
            masks["held-out"] = held_out
    return masks


def subgroups(figures: Figures, looks: Sequence[Look]) -> Json:
    """Return figures by label of each factor, None for a factor that no face has.

    `rest` are the figures of all other faces for which the factor was measured.
    """
    classes = classes_of(looks)
    found = {}
    for factor in FACTORS:
        of_factor = classes[factor.name]
        found[factor.name] = _groups(figures, of_factor, factor.labels)
    return found


def _groups(
    figures: Figures,
    classes: Numbers,
    labels: Sequence[str],
) -> Json | None:
    measured = classes >= 0
    groups = {}
    for number, label in enumerate(labels):
        chosen = classes == number
        if not chosen.any():
            continue
        rest = measured & ~chosen
        group = figures(chosen)
        group["rest"] = figures(rest)
        groups[label] = group
    # A factor without a class was not measured, which is told apart from an empty one.
    return groups or None


def write(result: Json, path: Path) -> None:
    """Write a result file at once: an interrupted run leaves no half file."""
    text = json.dumps(
        plain(result),
        indent=2,
        ensure_ascii=False,
        allow_nan=False,
    )
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text + "\n", encoding="utf-8")
    os.replace(partial, path)


def plain(value: Any) -> Any:
    """Return a value as JSON has it: NaN and infinities become null, arrays lists."""
    match value:
        case dict():
            return {str(key): plain(part) for key, part in value.items()}
        case list() | tuple() | np.ndarray():
            return [plain(part) for part in value]
        case bool() | np.bool_():
            return bool(value)
        case int() | np.integer():
            return int(value)
        case float() | np.floating():
            # JSON has no word for NaN and infinities.
            return float(value) if np.isfinite(value) else None
        case _:
            return value


def show(result: Json) -> None:
    """Print the figures, a row for each set and subgroup."""
    console = Console(markup=False, highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    digest = result["sha256"][:12]
    console.print(f"{result['model']}  {digest}…  {result['data']}")
    console.print(result["protocol"])
    console.print(_table(result))


def _table(result: Json) -> Table:
    intervals = result["interval"]
    names = [name for name in result if name in intervals]
    table = Table("faces of", "n", *names)
    cells = _cells(result, names)
    table.add_row("all", *cells)
    for name, figures in result["sets"].items():
        cells = _cells(figures, names)
        table.add_row(name, *cells)
    for factor, groups in result["subgroups"].items():
        table.add_section()
        # A factor that no face has is null.
        if groups is None:
            continue
        for label, figures in groups.items():
            cells = _cells(figures, names)
            table.add_row(f"{factor} {label}", *cells)
    return table


def _cells(figures: Json, names: Sequence[str]) -> list[str]:
    intervals = figures["interval"]
    cells = [str(figures["n"])]
    for name in names:
        value = figures.get(name)
        interval = intervals.get(name)
        cell = _cell(name, value, interval)
        cells.append(cell)
    return cells


def _cell(
    name: str,
    value: Any,
    interval: Any,
) -> str:
    if isinstance(value, dict):
        # Without intervals: there is no room for those of several rates in one cell.
        parts = []
        for key, part in value.items():
            written = _cell(name, part, None)
            parts.append(f"{key}: {written}")
        return "  ".join(parts)
    if value is None or not np.isfinite(value):
        return "–"
    form = ".3g"
    if name in SHARES:
        form = ".1%"
    written = format(value, form)
    if interval is None:
        return written
    low, high = interval
    return f"{written} ({low:{form}} – {high:{form}})"
