"""Print what a large gallery costs: memory, start, search, and a customer who comes or goes.

    OPENBLAS_NUM_THREADS=1 python -m benchmarks.gallery_scale --templates 1000000
    OPENBLAS_NUM_THREADS=1 python -m benchmarks.gallery_scale --templates 1000000 --tried

Customers are random directions in 128 dimensions, spread so that strangers are as alike as ours
were measured to be (`OURS_CALIBRATED`). Three templates of each, and the views that are asked for,
are the direction with noise, at a cosine of 0.7 to each other. Times are the processor's, as the
machine may be busy with other things; in brackets the time on the clock. Recall is the share of
searches that return the template that is nearest by exact comparison.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import faiss
import numpy as np
import psutil
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from vitrine.customers.gallery import Gallery
from vitrine.customers.records import Template
from vitrine.recognition import RecognitionSettings

MODEL: Final = "embedding_112_v2"
DIMENSIONS: Final = 128
# Chosen, not measured: pictures that an enrolment takes.
EACH: Final = 3
# Chosen, not measured: two views of the same person at different times.
ALIKE: Final = 0.7
# Of each number less than of the one before: with it one in 1,000 strangers reaches 0.39, one in
# 1,000,000 0.56, where 0.38 and 0.56 were measured.
SPREAD: Final = np.exp(-0.0175 * np.arange(DIMENSIONS)).astype(np.float32)
SEARCHES: Final = 1_500
CHANGES: Final = 10
SEARCHES_TRIED: Final = 200
SLICE: Final = 50
"""Searches of which the truth is computed at once."""
LEARNED_FROM: Final = 32_000
COMPARED: Final = (64, 256)
TRIED: Final = (
    "PQ32x4fs",
    "RR128,PQ32x4fs",
    "RR128,PQ64x4fs",
    "RR128,RaBitQfs",
    "SQ8",
)
"""Recipes of Faiss: product quantisation by fast scan, also after a random turn; RaBitQ; and eight
bits a number."""
MEGABYTE: Final = 1e6

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Durations:
    """Hold how long something took, again and again, in milliseconds."""

    processor: NDArray[np.float64]
    clock: NDArray[np.float64]

    def at(self, percentile: float) -> str:
        """Return a percentile, as text."""
        processor = np.percentile(self.processor, percentile)
        clock = np.percentile(self.clock, percentile)
        return f"{processor:.2f} ms ({clock:.2f})"


def timed(work: Callable[[int], object], count: int) -> Durations:
    """Do something `count` times, with the number of the time, and return how long it took."""
    processor = []
    clock = []
    for number in range(count):
        began = time.perf_counter()
        busy = time.thread_time()
        work(number)
        processor.append(time.thread_time() - busy)
        clock.append(time.perf_counter() - began)
    return Durations(1e3 * np.array(processor), 1e3 * np.array(clock))


def joined(parts: Sequence[Durations]) -> Durations:
    """Return the durations of several, one after the other."""
    processor = np.concatenate([part.processor for part in parts])
    clock = np.concatenate([part.clock for part in parts])
    return Durations(processor, clock)


def directions(count: int, rng: np.random.Generator) -> Vectors:
    """Return random unit vectors (count, 128), spread like embeddings."""
    vectors = rng.standard_normal((count, DIMENSIONS), dtype=np.float32)
    vectors *= SPREAD
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def views_of(people: Vectors, rng: np.random.Generator) -> Vectors:
    """Return a view of each person (n, 128); two of one person have the cosine ALIKE."""
    across = directions(len(people), rng)
    along = (across * people).sum(axis=1, keepdims=True)
    across -= along * people
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    mixed = np.sqrt(ALIKE) * people + np.sqrt(1 - ALIKE) * across
    return np.asarray(mixed, np.float32)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Hold templates (n, 128), whose they are, and views (k, 128) with the nearest template."""

    vectors: Vectors
    owners: list[str]
    views: Vectors
    nearest: NDArray[np.int64]

    @classmethod
    def drawn(cls, count: int, searches: int) -> Crowd:
        """Return so many templates, and as many views as there are searches."""
        rng = np.random.default_rng(0)
        people = directions(-(-count // EACH), rng)
        kept = [views_of(people, rng) for _ in range(EACH)]
        vectors = np.concatenate(kept)[:count]
        owners = [f"c{number % len(people)}" for number in range(count)]
        searched = rng.integers(len(people), size=searches)
        views = views_of(people[searched], rng)
        nearest = []
        for start in range(0, searches, SLICE):
            similarities = vectors @ views[start : start + SLICE].T
            nearest.append(similarities.argmax(axis=0))
        return cls(vectors, owners, views, np.concatenate(nearest))

    def templates(self) -> list[Template]:
        """Return the templates, as they are enrolled."""
        found = []
        for owner, vector in zip(self.owners, self.vectors, strict=True):
            found.append(Template(owner, MODEL, vector))
        return found


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--templates", type=int, default=100_000)
    parser.add_argument(
        "--tried", action="store_true", help="compare other ways of Faiss to search"
    )
    options = parser.parse_args()
    if options.tried:
        tried(Crowd.drawn(options.templates, SEARCHES_TRIED))
        return
    table = costs(Crowd.drawn(options.templates, SEARCHES))
    Console().print(table)


def costs(crowd: Crowd) -> Table:
    """Return what a gallery of these templates costs."""
    rules = RecognitionSettings().rules()
    templates = crowd.templates()
    memory = resident()
    began = time.process_time()
    gallery = Gallery(templates, rules)
    start_s = time.process_time() - began
    memory = resident() - memory
    index = gallery._indexes[MODEL]
    newcomer = [Template("new", MODEL, crowd.views[0])] * EACH
    found: list[str] = []

    def ask(number: int) -> None:
        (nearest,) = index.nearest(crowd.views[number], 1)
        found.append(nearest.customer_id)

    def decide(number: int) -> None:
        gallery.match(crowd.views[number], MODEL)

    def add(_: int) -> None:
        gallery.replaced({"new": newcomer})

    def remove(number: int) -> None:
        gallery.replaced({f"c{number}": []})

    # The first searches fill the processor's caches.
    timed(ask, SEARCHES)
    found.clear()
    search = timed(ask, SEARCHES)
    right = [crowd.owners[place] for place in crowd.nearest]
    recall = np.mean(np.array(found) == np.array(right))
    matched = timed(decide, SEARCHES)
    comes = timed(add, CHANGES)
    goes = timed(remove, CHANGES)
    table = Table("templates", f"{len(crowd.owners):,}")
    table.add_row("index", type(index).__name__)
    table.add_row("memory, besides the templates as read", f"{memory:.0f} MB")
    table.add_row("start, from templates in memory", f"{start_s:.2f} s")
    table.add_row("recall of the nearest one", f"{recall:.4f} of {SEARCHES}")
    for name, durations in (("search", search), ("decision", matched)):
        table.add_row(f"{name}, median", durations.at(50))
        table.add_row(f"{name}, p95", durations.at(95))
    table.add_row("a customer comes, p95", comes.at(95))
    table.add_row("a customer goes, p95", goes.at(95))
    return table


def tried(crowd: Crowd) -> None:
    """Print what recipes of Faiss cost, with the most promising templates compared exactly."""
    faiss.omp_set_num_threads(1)
    for recipe in TRIED:
        began = time.process_time()
        index = faiss.index_factory(DIMENSIONS, recipe, faiss.METRIC_INNER_PRODUCT)
        index.train(crowd.vectors[:LEARNED_FROM])
        index.add(crowd.vectors)
        build_s = time.process_time() - began
        for compared in COMPARED:
            found = np.zeros(len(crowd.views), np.int64)
            ask = partial(_compare, crowd, index, compared, found)
            durations = timed(ask, len(crowd.views))
            recall = np.mean(found == crowd.nearest)
            Console().print(
                f"{recipe}, {compared} compared: recall {recall:.4f}, "
                f"median {durations.at(50)}, p95 {durations.at(95)}, built in {build_s:.1f} s"
            )


def _compare(
    crowd: Crowd,
    index: faiss.Index,
    compared: int,
    found: NDArray[np.int64],
    number: int,
) -> None:
    """Search for a view, and put the place of the nearest template into `found`."""
    view = crowd.views[number]
    _, places = index.search(view[np.newaxis], compared)
    there = places[0][places[0] >= 0]
    similarities = crowd.vectors[there] @ view
    found[number] = there[similarities.argmax()]


def resident() -> float:
    """Return the memory of the process, in MB."""
    return float(psutil.Process().memory_info().rss) / MEGABYTE


if __name__ == "__main__":
    main()
