"""Print how people fare who wear another mask, or other glasses, than those drawn for them.

    python -m benchmarks.other_covers --shared ../shared

Held-out people of LFW, a visit of each photo as in `benchmarks.visits`, but with VIEWS views. They
are bare, or wear one of OTHER_COVERS. Enrolled are bare pictures, the same with one of COVERS drawn
over them, or both, whose similarities are then added. First the customers: recall at the threshold
that a share of the strangers with that cover reaches, in galleries of 100. Then the visitors of a
day: two photos of one person, by their first two good views.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.covered_faces import BARE, OTHER_COVERS
from benchmarks.open_set_protocol import (
    MODEL,
    RULES,
    Share,
    added_up,
    draws,
    own_places,
)
from benchmarks.visits import (
    Networks,
    Templates,
    Visit,
    covered,
    embedded,
    photo_visits,
)
from training.datasets.people import read_people
from training.datasets.splits import part_of
from training.evaluation.intervals import interval_of_mean
from training.evaluation.models import load_embedder, load_landmarker
from training.pictures.aligned import aligned_people
from vitrine.vision.quality import QualityScore

VIEWS: Final = 3
"""Of a photo: half as many as in `benchmarks.visits` are good where a mask is on."""
SIZE: Final = 100
"""Customers of a gallery."""
RATES: Final = (1e-2, 1e-3)
"""Shares of the strangers."""
DRAWN: Final = {"black mask": "mask", "white mask": "mask", "brown glasses": "glasses"}
"""What is drawn over the templates, by what people wear."""
PAIRS: Final = (
    (BARE, BARE),
    ("black mask", "black mask"),
    ("white mask", "white mask"),
    ("brown glasses", "brown glasses"),
    (BARE, "black mask"),
    (BARE, "white mask"),
    (BARE, "brown glasses"),
    ("black mask", "white mask"),
)
MOST_PHOTOS: Final = 6
"""Of a person, so that the few with hundreds do not decide."""
CONSOLE: Final = Console(width=120)

Numbers = NDArray[np.float64]
Visits = Mapping[str, Sequence[Visit]]


@dataclass(frozen=True, slots=True)
class Scores:
    """Hold similarities of the visits of one cover."""

    own: Numbers
    """Of customers (n,), with their own templates."""
    people: list[str]
    """Whose each of them is."""
    others: Numbers
    """Of strangers, in all galleries: with the most similar customer."""

    def recall(self, rate: float) -> tuple[float, str]:
        """Return the threshold that a share of the strangers reach, and recall there."""
        threshold = float(np.quantile(self.others, 1 - rate))
        return threshold, share(self.own >= threshold, self.people)


def share(values: NDArray[np.bool_], people: Sequence[str]) -> str:
    """Return a share in percent, with its interval over people."""
    numbers = values.astype(np.float64)
    interval = interval_of_mean(numbers, people)
    if interval is None:
        raise SystemExit("found one person, expected two at least")
    return Share(float(numbers.mean()), *interval).text()


def scores(visits: Sequence[Visit], enrolled: Sequence[Templates]) -> Scores:
    """Return the similarities of visits with templates: the mean of all that are enrolled."""
    several = [visit for visit in visits if len(visit.vectors) >= RULES.views]
    similar = []
    for visit in several:
        each = [added_up(visit, templates.vectors) for templates in enrolled]
        similar.append(np.mean(each, axis=0))
    templates = enrolled[0]
    own = []
    people = []
    for visit, similarities in zip(several, similar, strict=True):
        places = own_places(visit, templates)
        if len(places):
            own.append(similarities[places].max())
            people.append(visit.person)
    others = []
    for draw in draws(several, templates, SIZE):
        owners = templates.people[draw.places]
        for visit, similarities in zip(several, similar, strict=True):
            if visit.person not in draw.customers:
                strangers = draw.places[owners != visit.person]
                others.append(similarities[strangers].max())
    return Scores(np.array(own), people, np.array(others))


def show_customers(visits: Visits, templates: Mapping[str, Templates]) -> None:
    """Print recall by what people wear and what is enrolled."""
    columns = [f"threshold, recall at {rate:g}" for rate in RATES]
    table = Table("wears", "enrolled", "visits", *columns)
    for worn, drawn in DRAWN.items():
        bare = templates[BARE]
        cover = templates[drawn]
        for name, enrolled in (
            (BARE, [bare]),
            (drawn, [cover]),
            (f"{BARE} and {drawn}", [bare, cover]),
        ):
            found = scores(visits[worn], enrolled)
            cells = []
            for rate in RATES:
                threshold, recall = found.recall(rate)
                cells.append(f"{threshold:.3f}: {recall}")
            table.add_row(worn, name, f"{len(found.own)}", *cells)
    CONSOLE.print(table)


def tracks_of(visits: Sequence[Visit]) -> dict[str, dict[str, NDArray[np.float32]]]:
    """Return the unit vector of the first good views, by person and photo."""
    found: dict[str, dict[str, NDArray[np.float32]]] = defaultdict(dict)
    for visit in visits:
        if len(visit.vectors) >= RULES.views:
            total = visit.vectors[: RULES.views].sum(axis=0)
            found[visit.person][visit.unit] = total / np.linalg.norm(total)
    return found


def show_visitors(visits: Visits, photos: Mapping[str, Sequence[str]]) -> None:
    """Print how often two photos of a person are one visitor. `photos`: of each person."""
    threshold = RULES.visitor(MODEL)
    tracks = {cover: tracks_of(some) for cover, some in visits.items()}
    table = Table("first, then", "both can be compared", "one visitor", "of others")
    for before, after in PAIRS:
        compared = []
        of_pairs = []
        alike = []
        of_alike = []
        for person, units in photos.items():
            for unit, other in combinations(sorted(units)[:MOST_PHOTOS], 2):
                first = tracks[before].get(person, {}).get(unit)
                second = tracks[after].get(person, {}).get(other)
                both = first is not None and second is not None
                compared.append(both)
                of_pairs.append(person)
                if first is not None and second is not None:
                    alike.append(first @ second >= threshold)
                    of_alike.append(person)
        mistaken = others_alike(tracks[before], tracks[after], threshold)
        table.add_row(
            f"{before}, {after}",
            share(np.array(compared), of_pairs),
            f"{share(np.array(alike), of_alike)} of {len(alike)}",
            f"{100 * mistaken:.3f} %",
        )
    CONSOLE.print(table)


def others_alike(
    before: Mapping[str, Mapping[str, NDArray[np.float32]]],
    after: Mapping[str, Mapping[str, NDArray[np.float32]]],
    threshold: float,
) -> float:
    """Return which share of pairs of different people reach the threshold."""
    reached = 0
    pairs = 0
    for person, units in before.items():
        ours = np.stack(list(units.values()))
        strangers = [each for each in after if each != person]
        theirs = np.stack([view for each in strangers for view in after[each].values()])
        similar = ours @ theirs.T
        reached += int((similar >= threshold).sum())
        pairs += similar.size
    return reached / pairs


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shared", type=Path, required=True)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    landmarker, _ = load_landmarker(None)
    embedder, _ = load_embedder(None)
    networks = Networks(landmarker, embedder, QualityScore.load())
    every = aligned_people(read_people(options.shared / "data/lfw_aligned_144.zip"))
    parts = [part_of(person) for person in every.people]
    untrained = [place for place, part in enumerate(parts) if part != "train"]
    held_out = [place for place, part in enumerate(parts) if part == "held-out"]
    people = every.some(untrained)
    templates = {BARE: embedded(people, embedder)}
    for drawn in sorted(set(DRAWN.values())):
        templates[drawn] = embedded(covered(people, drawn), embedder)
    shown = every.some(held_out)
    visits = {}
    for cover in (BARE, *OTHER_COVERS):
        faces = covered(shown, cover)
        visits[cover] = list(photo_visits(faces, networks, cover, VIEWS))
    show_customers(visits, templates)
    photos: dict[str, list[str]] = defaultdict(list)
    for person, unit in zip(shown.people, shown.videos, strict=True):
        photos[person].append(unit)
    show_visitors(visits, photos)


if __name__ == "__main__":
    main()
