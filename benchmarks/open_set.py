"""Print how often strangers are taken for customers, and customers are known, by whole visits.

    python -m benchmarks.visits --shared ../shared --output visits.npz
    python -m benchmarks.open_set visits.npz --calibrate
    python -m benchmarks.open_set visits.npz --plot docs/pictures/open-set.svg

The calibration compares visits of validation people with the templates of everybody else. The
figures are of held-out people only: in each of DRAWS draws, half of those with several pictures
are customers, with up to three templates of other photos or videos than the visit's, and all others
are strangers. The gallery is filled up to its size with people who are no one's visit: of 100
customers with validation people, of 1,000 also with people that the network was trained on. A visit
counts for what it leads to at its end or in between. Intervals are 95 %, a bootstrap over people.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.covered_faces import BARE
from benchmarks.open_set_protocol import (
    EACH,
    MODEL,
    RULES,
    Outcome,
    Share,
    added_up,
    calibration_of,
    draws,
    false_accepts,
    outcomes,
    own_places,
    recall,
    voted,
    with_videos,
)
from benchmarks.visits import LFW, YOUTUBE, Templates, Visit, load
from training.datasets.splits import part_of
from training.evaluation.subgroups import FACTORS, classes_of
from training.report.style import ACCENT, BLUE, GREY, drawing
from vitrine.customers.calibration import Calibration
from vitrine.customers.decision import View, decide
from vitrine.customers.gallery import Gallery
from vitrine.customers.records import Template
from vitrine.customers.visitors import StandDay

SIZES: Final = (100, 1_000)
"""Customers of a gallery."""
COLOURS: Final = (BLUE, ACCENT, GREY)
CURVE: Final = np.round(np.arange(0.30, 0.75, 0.01), 2)
RATES: Final = (1e-1, 1e-2, 1e-3)
"""False accepts of a stranger's visit that are asked for."""
GROUP_RATE: Final = 1e-2
"""Stated rate at which groups are compared: a smaller one leaves no false accepts to compare."""
COMPARED: Final = (1e-1, 1e-2, 3e-3)
"""False accepts at which the two rules are compared."""
FEWEST: Final = 20
"""Visits of a group that says anything."""

DAY: Final = date(2027, 1, 15)
CONSOLE: Final = Console(width=110)


def show_rates(found: Sequence[Outcome], calibration: Calibration, size: int) -> None:
    """Print what a stated rate gives, and what it should be."""
    templates = EACH * size
    table = Table(
        "stated rate",
        "threshold",
        "false accepts a stranger's visit",
        "recall",
        title=f"{size:,} customers, {templates:,} templates at most",
    )
    asked = {f"{rate:g}": calibration.threshold(rate, templates) for rate in RATES}
    asked["what the product takes"] = RULES.known(MODEL, templates)
    for name, threshold in asked.items():
        table.add_row(
            name,
            f"{threshold:.3f}",
            false_accepts(found, threshold).text(2),
            recall(found, threshold).text(),
        )
    CONSOLE.print(table)


def show_groups(found: Sequence[Outcome], threshold: float) -> None:
    """Print false accepts and recall of the groups that have FEWEST visits at least."""
    table = Table("group", "", "strangers", "false accepts", "customers", "recall")
    classes = classes_of([each.visit.look for each in found])
    for factor in FACTORS:
        for place, label in enumerate(factor.labels):
            chosen = np.flatnonzero(classes[factor.name] == place)
            some = [found[int(index)] for index in chosen]
            strangers = {each.visit.unit for each in some if not each.enrolled}
            customers = {each.visit.unit for each in some if each.enrolled}
            if min(len(strangers), len(customers)) < FEWEST:
                continue
            table.add_row(
                factor.name,
                label,
                f"{len(strangers)}",
                false_accepts(some, threshold).text(2),
                f"{len(customers)}",
                recall(some, threshold).text(),
            )
    CONSOLE.print(table)


def replay(visits: Sequence[Visit], templates: Templates, size: int) -> None:
    """Print what the product itself decides, in one gallery of `size` customers."""
    draw = next(draws(visits, templates, size))
    gallery = Gallery(templates_at(draw.places, templates), RULES)
    found = []
    turns = 0
    for visit in visits:
        enrolled = visit.person in draw.customers
        shown_to = gallery
        if enrolled:
            places = own_places(visit, templates)
            own = templates_at(places, templates)
            shown_to = gallery.replaced({visit.person: own})
        named = decided(visit, shown_to)
        turns += max(0, len(named) - 1)
        is_own = enrolled and named[-1:] == [visit.person]
        is_other = any(name not in (None, visit.person) for name in named)
        found.append(Outcome(visit, enrolled, float(is_own), float(is_other)))
    threshold = gallery.thresholds[MODEL]
    strangers = false_accepts(found, 1).text(2)
    customers = recall(found, 1).text()
    mistaken = [each.other == 1 for each in found if each.enrolled]
    CONSOLE.print(
        f"The product, {size:,} customers, threshold {threshold:.3f}: false accepts {strangers}, "
        f"recall {customers}, {sum(mistaken)} of {len(mistaken)} customers' visits taken for "
        f"another's, {turns} turns"
    )


def templates_at(places: NDArray[np.intp], templates: Templates) -> list[Template]:
    """Return the templates at these places, as the product has them."""
    found = []
    for place in places:
        person = str(templates.people[place])
        found.append(Template(person, MODEL, templates.vectors[place]))
    return found


def decided(visit: Visit, gallery: Gallery) -> list[str | None]:
    """Return the customers that a visit is taken for, one after the other."""
    day = StandDay("stand", DAY)
    track = day.begin("track", "camera", 0, 0)
    named = []
    for number, vector in enumerate(visit.vectors):
        view = View(vector, MODEL, number, float(visit.qualities[number]))
        decisions = decide(day, track, view, gallery, RULES)
        named += [decision.customer_id for decision in decisions]
    return named


def plot(path: Path, curves: Mapping[str, Sequence[Outcome]]) -> None:
    """Write false accepts and recall over the threshold as SVG, with their intervals.

    `curves`: by their names, as many as COLOURS at most.
    """
    with drawing(path, 8.0, 3.7, []) as figure:
        strangers, customers = figure.subplots(1, 2)
        _plot_curves(strangers, curves, false_accepts)
        strangers.set_title("Strangers' visits taken for a customer's")
        strangers.set_yscale("log")
        strangers.set_ylim(1e-4, 1)
        _plot_curves(customers, curves, recall)
        customers.set_title("Customers' visits taken for theirs")
        customers.set_ylim(0, 1)
        customers.legend(frameon=False)


def _plot_curves(
    axes: Axes,
    curves: Mapping[str, Sequence[Outcome]],
    measure: Callable[[Sequence[Outcome], float], Share],
) -> None:
    """Draw a measure over the threshold, with its interval, for each name."""
    for colour, (name, found) in zip(COLOURS, curves.items(), strict=False):
        figures = [measure(found, each) for each in CURVE]
        lows = [each.low for each in figures]
        highs = [each.high for each in figures]
        values = [each.value for each in figures]
        axes.plot(CURVE, values, color=colour, label=name)
        axes.fill_between(CURVE, lows, highs, color=colour, alpha=0.2, lw=0)
    axes.set_xlabel("least similarity")
    axes.grid(axis="y")


def main() -> None:
    """Print tables, or the rows of a calibration."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("visits", type=Path)
    parser.add_argument("--calibrate", action="store_true")
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    every, by_cover = load(options.visits)
    visits = [each for each in every if each.cover == BARE]
    templates = with_videos(visits, by_cover[BARE])
    calibration = calibration_of(visits, templates)
    rounded = [round(each, 3) for each in calibration.similarities]
    CONSOLE.print(f"calibration: {rounded} at {list(calibration.decades)} decades")
    if options.calibrate:
        return
    held_out = [each for each in visits if part_of(each.person) == "held-out"]
    curves = {}
    for size in SIZES:
        curves[size] = outcomes(held_out, templates, size, added_up)
        show_sources(curves[size], calibration, size)
        replay(held_out, templates, size)
        show_groups(curves[size], calibration.threshold(GROUP_RATE, EACH * size))
    compare(held_out, templates)
    if options.plot:
        named = {f"{size:,} customers": found for size, found in curves.items()}
        plot(options.plot, named)


def show_sources(found: Sequence[Outcome], calibration: Calibration, size: int) -> None:
    """Print what stated rates give, by the set that the visits come from."""
    for source in (LFW, YOUTUBE):
        some = [each for each in found if each.visit.source == source]
        CONSOLE.print(source)
        show_rates(some, calibration, size)


def compare(visits: Sequence[Visit], templates: Templates) -> None:
    """Print the recall of both rules where their false accepts are the same."""
    size = max(SIZES)
    table = Table(
        "false accepts",
        "recall, added up",
        "recall, voted",
        title=f"{size:,} customers",
    )
    added = outcomes(visits, templates, size, added_up)
    votes = outcomes(visits, templates, size, voted)
    for rate in COMPARED:
        row = [f"{rate:g}"]
        for found in (added, votes):
            strangers = [each.other for each in found if not each.enrolled]
            falling = np.sort(strangers)[::-1]
            place = int(rate * len(falling))
            threshold = float(falling[place])
            customers = recall(found, threshold).text()
            row.append(f"{customers} at {threshold:.3f}")
        table.add_row(*row)
    CONSOLE.print(table)


if __name__ == "__main__":
    main()
