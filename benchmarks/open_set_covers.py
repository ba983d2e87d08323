"""Print how strangers and customers with a mask or dark glasses fare, by whole visits.

    python -m benchmarks.visits --shared ../shared --output visits.npz
    python -m benchmarks.open_set_covers visits.npz --plot docs/pictures/open-set-covers.svg

The protocol is that of `benchmarks.open_set`, with the photos of held-out people. Covers are drawn
over the faces (`benchmarks.covered_faces`); templates are bare, as people enrol, or have the same
cover drawn over them. The last columns show what a threshold of the group's own would give: the one
that GROUP_RATE of its strangers reach.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from rich.table import Table

from benchmarks.covered_faces import BARE, COVERS
from benchmarks.open_set import CONSOLE, GROUP_RATE, plot
from benchmarks.open_set_protocol import (
    EACH,
    MODEL,
    RULES,
    Outcome,
    added_up,
    calibration_of,
    false_accepts,
    outcomes,
    recall,
    with_videos,
)
from benchmarks.visits import LFW, Templates, Visit, load
from training.datasets.splits import part_of

SIZE: Final = 100
"""Customers of the gallery: one of 1,000 has people in it whom the network was trained on."""


def thresholds(visits: Sequence[Visit], templates: Templates) -> dict[str, float]:
    """Return the thresholds that are told of: at GROUP_RATE, and the product's."""
    bare = [each for each in visits if each.cover == BARE]
    calibration = calibration_of(bare, with_videos(bare, templates))
    return {
        f"stated {GROUP_RATE:g}": calibration.threshold(GROUP_RATE, EACH * SIZE),
        "the product's": RULES.known(MODEL, EACH * SIZE),
    }


def own_threshold(found: Sequence[Outcome]) -> float:
    """Return the similarity that GROUP_RATE of the strangers' visits reach."""
    strangers = [each.other for each in found if not each.enrolled]
    return float(np.quantile(strangers, 1 - GROUP_RATE))


def show(
    covers: Mapping[str, Sequence[Outcome]],
    asked: Mapping[str, float],
) -> None:
    """Print a row for each cover and threshold."""
    table = Table(
        "visits, templates",
        "of",
        "threshold",
        "false accepts",
        "recall",
        "own threshold",
        "recall there",
    )
    for name, found in covers.items():
        visits = {each.visit.unit for each in found}
        own = own_threshold(found)
        for rule, threshold in asked.items():
            table.add_row(
                name,
                f"{len(visits)}",
                f"{threshold:.3f}, {rule}",
                false_accepts(found, threshold).text(2),
                recall(found, threshold).text(),
                f"{own:.3f}",
                recall(found, own).text(),
            )
    CONSOLE.print(table)


def main() -> None:
    """Print the table, and draw the curves of bare templates."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("visits", type=Path)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    visits, templates = load(options.visits)
    asked = thresholds(visits, templates[BARE])
    held_out = [
        each
        for each in visits
        if part_of(each.person) == "held-out" and each.source == LFW
    ]
    curves = {}
    rows = {}
    for cover in COVERS:
        some = [each for each in held_out if each.cover == cover]
        curves[cover] = outcomes(some, templates[BARE], SIZE, added_up)
        rows[f"{cover}, {BARE}"] = curves[cover]
        if cover != BARE:
            alike = outcomes(some, templates[cover], SIZE, added_up)
            rows[f"{cover}, {cover}"] = alike
    show(rows, asked)
    if options.plot:
        plot(options.plot, curves)


if __name__ == "__main__":
    main()
