"""Print what the search and the network of the product decide, side by side, by whole visits.

    python -m benchmarks.visits --shared ../shared --output visits.npz
    OPENBLAS_NUM_THREADS=1 python -m benchmarks.open_set_methods visits.npz

Galleries and strangers are those of the first draw of `benchmarks.open_set`. Of each customer up to
three pictures are enrolled and at least one is not; the visits of the others are shown to both. The
time of a comparison is told with and without a training beside it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from threading import Event, Thread
from time import perf_counter
from typing import Final

import numpy as np
from rich.table import Table

from benchmarks.covered_faces import BARE
from benchmarks.open_set import (
    CONSOLE,
    SIZES,
    decided,
    templates_at,
)
from benchmarks.open_set_protocol import (
    EACH,
    MODEL,
    RULES,
    Outcome,
    Share,
    draws,
    with_videos,
)
from benchmarks.visits import Templates, Visit, load
from training.datasets.splits import part_of
from vitrine.customers.gallery import Gallery
from vitrine.customers.learned import LearnedGallery
from vitrine.customers.records import Template
from vitrine.services.identity.learner import Learner

COMPARISONS: Final = 2_000
"""Of which the 95th percentile is told."""


def enrolled(
    visits: Sequence[Visit], templates: Templates, size: int
) -> tuple[list[Template], set[str]]:
    """Return the templates of a gallery, and the photos and videos that they show."""
    draw = next(draws(visits, templates, size))
    places: list[int] = []
    for person in sorted(set(templates.people[draw.places])):
        own = np.flatnonzero(templates.people == person)
        most = min(EACH, max(1, len(own) - 1))
        places += own[:most].tolist()
    chosen = np.array(places)
    return templates_at(chosen, templates), set(templates.units[chosen])


def compared(
    visits: Sequence[Visit], gallery: Gallery, shown: set[str]
) -> list[Outcome]:
    """Return what the product decides about visits that no template shows, 1 for yes."""
    found = []
    for visit in visits:
        if visit.unit in shown:
            continue
        named = decided(visit, gallery)
        is_customer = visit.person in gallery.customers
        is_own = is_customer and named[-1:] == [visit.person]
        is_other = any(name not in (None, visit.person) for name in named)
        found.append(Outcome(visit, is_customer, float(is_own), float(is_other)))
    return found


def comparison_ms(gallery: Gallery, visits: Sequence[Visit]) -> float:
    """Return the 95th percentile of the time of a comparison, in milliseconds."""
    times = []
    for number in range(COMPARISONS):
        vector = visits[number % len(visits)].vectors[0]
        began = perf_counter()
        gallery.match(vector, MODEL)
        times.append(1e3 * (perf_counter() - began))
    return float(np.percentile(times, 95))


def beside_training(learner: Learner, work: Callable[[], float]) -> float:
    """Return what `work` does while the learner trains."""
    ended = Event()
    training = Thread(target=learner.train, args=[ended])
    training.start()
    try:
        return work()
    finally:
        ended.set()
        training.join()


def show(
    visits: Sequence[Visit],
    templates: Templates,
    size: int,
) -> None:
    """Print both methods on one gallery."""
    chosen, shown = enrolled(visits, templates, size)
    learner = Learner()
    gallery = learner.improved(LearnedGallery(chosen, RULES))
    began = perf_counter()
    learner.train(Event())
    trained_s = perf_counter() - began
    methods = {"knn": Gallery(chosen, RULES), "fnn": learner.improved(gallery)}
    table = Table(
        "method",
        "false accepts",
        "recall",
        "customers taken for others",
        "comparison, p95",
        "beside a training",
        title=f"{size:,} customers, {len(chosen):,} templates, trained in {trained_s:.1f} s",
    )
    for method, named_by in methods.items():
        found = compared(visits, named_by, shown)
        strangers = [each for each in found if not each.enrolled]
        customers = [each for each in found if each.enrolled]
        ask = partial(comparison_ms, named_by, visits)
        alone = ask()
        busy = beside_training(learner, ask)
        mistaken = sum(each.other for each in customers)
        table.add_row(
            method,
            Share.of([bool(each.other) for each in strangers], strangers).text(2),
            Share.of([bool(each.own) for each in customers], customers).text(),
            f"{mistaken:.0f} of {len(customers)}",
            f"{alone:.2f} ms",
            f"{busy:.2f} ms",
        )
    CONSOLE.print(table)


def main() -> None:
    """Print a table for each size of a gallery."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("visits", type=Path)
    options = parser.parse_args()
    every, by_cover = load(options.visits)
    bare = [each for each in every if each.cover == BARE]
    templates = with_videos(bare, by_cover[BARE])
    held_out = [each for each in bare if part_of(each.person) == "held-out"]
    for size in SIZES:
        show(held_out, templates, size)


if __name__ == "__main__":
    main()
