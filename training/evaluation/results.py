"""Result files: the figures of the whole set, of its parts and of its subgroups, as one JSON object."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from training.datasets.splits import Grouped, part_of
from training.evaluation.intervals import interval_of_mean
from training.evaluation.subgroups import FACTORS, Look, classes_of

Json = dict[str, Any]
Mask = NDArray[np.bool_]
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
WIDTH: Final = 180
"""Characters, where the output goes to a file."""


@dataclass(frozen=True)
class Columns:
    """Values of each face whose means are the figures, and whose face it is."""

    values: Mapping[str, NDArray[np.floating]]
    """(n,) each."""
    people: NDArray[np.str_]
    """(n,), or photos, where people have no names."""

    def figures(self, chosen: Mask) -> Json:
        """Means and 95 % intervals of the chosen faces; NaN for none."""
        people = self.people[chosen]
        means = {name: _mean(values[chosen]) for name, values in self.values.items()}
        intervals = {
            name: interval_of_mean(v[chosen], people) for name, v in self.values.items()
        }
        counts = {"n": int(chosen.sum()), "people": len(np.unique(people))}
        return {**counts, **means, "interval": intervals}


def _mean(values: NDArray[np.floating]) -> float:
    return float(values.mean()) if len(values) else np.nan


def sets_of(faces: Sequence[Grouped], *, parts: bool = True) -> dict[str, Mask]:
    """Published splits, where there are any, and people that our own split holds out."""
    splits = np.array([face.split for face in faces], dtype=np.str_)
    masks = {str(name): splits == name for name in np.unique(splits) if name}
    if parts:
        held_out = np.array(
            [part_of(face.group) == "held-out" for face in faces], dtype=np.bool_
        )
        masks["held-out"] = held_out
    return {name: mask for name, mask in masks.items() if mask.any()}


def subgroups(figures: Figures, looks: Sequence[Look]) -> Json:
    """Figures by label of each factor, `rest` those of all other measured faces; None where none is."""
    classes = classes_of(looks)
    return {
        factor.name: _groups(figures, classes[factor.name], factor.labels)
        for factor in FACTORS
    }


def _groups(
    figures: Figures, classes: NDArray[np.intp], labels: Sequence[str]
) -> Json | None:
    measured = classes >= 0
    groups = {
        label: figures(classes == number)
        | {"rest": figures(measured & (classes != number))}
        for number, label in enumerate(labels)
        if (classes == number).any()
    }
    return groups or None


def write(result: Json, path: Path) -> None:
    """Atomic: an interrupted run leaves no half file."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(
        json.dumps(plain(result), indent=2, ensure_ascii=False, allow_nan=False) + "\n",
        encoding="utf-8",
    )
    os.replace(partial, path)


def plain(value: Any) -> Any:
    """As JSON has it: NaN and infinities become null, arrays lists."""
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
            return float(value) if np.isfinite(value) else None
        case _:
            return value


def show(result: Json) -> None:
    """Prints the figures, a row for each set and subgroup."""
    console = Console(markup=False, highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    console.print(f"{result['model']}  {result['sha256'][:12]}…  {result['data']}")
    console.print(result["protocol"])
    names = [name for name in result if name in result["interval"]]
    table = Table("faces of", "n", *names)
    table.add_row("all", *_cells(result, names))
    for name, figures in result["sets"].items():
        table.add_row(name, *_cells(figures, names))
    for factor, groups in result["subgroups"].items():
        table.add_section()
        for label, figures in (groups or {}).items():
            table.add_row(f"{factor} {label}", *_cells(figures, names))
    console.print(table)


def _cells(figures: Json, names: Sequence[str]) -> list[str]:
    return [
        str(figures["n"]),
        *(
            _cell(name, figures.get(name), figures["interval"].get(name))
            for name in names
        ),
    ]


def _cell(name: str, value: Any, interval: Any) -> str:
    if isinstance(value, dict):
        return "  ".join(
            f"{key}: {_cell(name, part, None)}" for key, part in value.items()
        )
    if value is None or not np.isfinite(value):
        return "–"
    form = "{:.1%}" if name in SHARES else "{:.3g}"
    bounds = (
        ""
        if interval is None
        else " ({} – {})".format(*(form.format(bound) for bound in interval))
    )
    return form.format(value) + bounds
