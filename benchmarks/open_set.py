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
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.covered_faces import BARE
from benchmarks.visits import LFW, YOUTUBE, Templates, Visit, load
from training.datasets.splits import part_of
from training.evaluation.intervals import interval_of_mean
from training.evaluation.subgroups import FACTORS, classes_of
from training.report.style import ACCENT, BLUE, GREY, drawing
from vitrine.customers.calibration import Calibration
from vitrine.customers.decision import View, decide
from vitrine.customers.evidence import Evidence
from vitrine.customers.gallery import Gallery
from vitrine.customers.records import Template
from vitrine.customers.visitors import StandDay
from vitrine.recognition import RecognitionSettings

SIZES: Final = (100, 1_000)
"""Customers of a gallery."""
# Chosen, not measured: the intervals are of people, and more draws do not narrow them.
DRAWS: Final = 20
# Chosen, not measured: pictures that an enrolment takes.
EACH: Final = 3
COLOURS: Final = (BLUE, ACCENT, GREY)
CURVE: Final = np.round(np.arange(0.30, 0.75, 0.01), 2)
RATES: Final = (1e-1, 1e-2, 1e-3)
"""False accepts of a stranger's visit that are asked for."""
DECADES: Final = (1, 2, 3, 4, 5, 6)
"""Rows of the calibration: 0.1 to 1e-6 of the comparisons."""
GROUP_RATE: Final = 1e-2
"""Stated rate at which groups are compared: a smaller one leaves no false accepts to compare."""
COMPARED: Final = (1e-1, 1e-2, 3e-3)
"""False accepts at which the two rules are compared."""
FEWEST: Final = 20
"""Visits of a group that says anything."""

Numbers = NDArray[np.float64]
Rule = Callable[[Visit, NDArray[np.float32]], Numbers]
RULES: Final = RecognitionSettings().rules()
# Its name alone: the vectors are those of the file.
MODEL: Final = "embedding_112"
DAY: Final = date(2027, 1, 15)
CONSOLE: Final = Console(width=110)


def added_up(visit: Visit, templates: NDArray[np.float32]) -> Numbers:
    """Return the highest similarity that the product's evidence had with templates (n, d): (n,)."""
    highest = np.full(len(templates), -1.0)
    evidence = Evidence()
    for vector, quality in zip(visit.vectors, visit.qualities, strict=True):
        evidence.add(vector, float(quality))
        direction = evidence.direction()
        if evidence.views >= RULES.views and direction is not None:
            highest = np.maximum(highest, templates @ direction)
    return highest


def voted(visit: Visit, templates: NDArray[np.float32]) -> Numbers:
    """Return the highest threshold at which a vote would have named each template (n, d): (n,).

    Three views at least, and six tenths of all: what came before evidence was added up.
    """
    similar = visit.vectors @ templates.T
    highest = np.full(len(templates), -1.0)
    for count in range(3, len(similar) + 1):
        needed = max(3, int(np.ceil(0.6 * count)))
        so_far = np.sort(similar[:count], axis=0)
        highest = np.maximum(highest, so_far[count - needed])
    return highest


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold what a visit had with a gallery: its own templates, and the most similar other one."""

    visit: Visit
    enrolled: bool
    own: float
    """−1 where nothing was compared."""
    other: float


def own_places(visit: Visit, templates: Templates) -> NDArray[np.intp]:
    """Return the places of up to EACH templates of the visitor, of other photos or videos."""
    is_own = templates.people == visit.person
    is_other_unit = templates.units != visit.unit
    return np.flatnonzero(is_own & is_other_unit)[:EACH]


@dataclass(frozen=True, slots=True)
class Draw:
    """Hold who is enrolled, and the places of their templates."""

    customers: frozenset[str]
    places: NDArray[np.intp]


def draws(
    visits: Sequence[Visit],
    templates: Templates,
    size: int,
) -> Iterator[Draw]:
    """Yield DRAWS galleries of `size` customers."""
    pictures = Counter(templates.people)
    people = sorted({each.person for each in visits})
    several = [person for person in people if pictures[person] > 1]
    fillers = _fillers(templates, size)
    rng = np.random.default_rng(0)
    for _ in range(DRAWS):
        chosen = rng.permutation(several)[: len(several) // 2]
        customers = [str(person) for person in chosen[:size]]
        missing = size - len(customers)
        customers += [str(person) for person in rng.permutation(fillers)[:missing]]
        places = [np.flatnonzero(templates.people == each)[:EACH] for each in customers]
        yield Draw(frozenset(customers), np.concatenate(places))


def outcomes(
    visits: Sequence[Visit],
    templates: Templates,
    size: int,
    rule: Rule,
) -> list[Outcome]:
    """Return the outcomes of all visits in DRAWS galleries of `size` customers."""
    every = [rule(visit, templates.vectors) for visit in visits]
    found = []
    for draw in draws(visits, templates, size):
        owners = templates.people[draw.places]
        for visit, similar in zip(visits, every, strict=True):
            others = draw.places[owners != visit.person]
            own = -1.0
            enrolled = visit.person in draw.customers
            if enrolled:
                places = own_places(visit, templates)
                own = float(similar[places].max(initial=-1.0))
            other = float(similar[others].max())
            found.append(Outcome(visit, enrolled, own, other))
    return found


def _fillers(templates: Templates, size: int) -> list[str]:
    """Return people who fill a gallery: outside all training as far as they suffice."""
    people = sorted(set(templates.people))
    validation = [each for each in people if part_of(each) == "validation"]
    if size <= len(validation):
        return validation
    trained = [each for each in people if part_of(each) == "train"]
    return validation + trained


def with_videos(visits: Sequence[Visit], templates: Templates) -> Templates:
    """Return the templates, and the best view of each video as one more."""
    videos = [visit for visit in visits if visit.source == YOUTUBE]
    best = [visit.vectors[np.argmax(visit.qualities)] for visit in videos]
    people = [visit.person for visit in videos]
    units = [visit.unit for visit in videos]
    return Templates(
        np.vstack([templates.vectors, *best]),
        np.concatenate([templates.people, people]),
        np.concatenate([templates.units, units]),
    )


def calibration_of(visits: Sequence[Visit], templates: Templates) -> Calibration:
    """Return how similar visits of validation people are to the templates of everybody else."""
    compared = []
    for visit in visits:
        if part_of(visit.person) != "validation" or len(visit.vectors) < RULES.views:
            continue
        others = templates.vectors[templates.people != visit.person]
        compared.append(added_up(visit, others))
    falling = np.sort(np.concatenate(compared))[::-1]
    similarities = []
    for decade in DECADES:
        place = int(len(falling) * 10.0**-decade)
        similarities.append(float(falling[place]))
    return Calibration(similarities, DECADES)


@dataclass(frozen=True, slots=True)
class Share:
    """Hold a share of visits, and its interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[bool], visits: Sequence[Outcome]) -> Share:
        """Return the share of the visits (n,) whose value is True."""
        numbers = np.array(values, np.float64)
        people = [each.visit.person for each in visits]
        interval = interval_of_mean(numbers, people)
        if interval is None:
            raise SystemExit("found one person, expected two at least")
        return cls(float(numbers.mean()), *interval)

    def text(self, digits: int = 1) -> str:
        """Return it in percent."""
        ends = f"{100 * self.low:.{digits}f}–{100 * self.high:.{digits}f}"
        return f"{100 * self.value:.{digits}f} % ({ends})"


def false_accepts(found: Sequence[Outcome], threshold: float) -> Share:
    """Return the share of strangers' visits that are taken for a customer's."""
    strangers = [each for each in found if not each.enrolled]
    values = [each.other >= threshold for each in strangers]
    return Share.of(values, strangers)


def recall(found: Sequence[Outcome], threshold: float) -> Share:
    """Return the share of customers' visits that are taken for theirs."""
    customers = [each for each in found if each.enrolled]
    values = [each.own >= threshold and each.own > each.other for each in customers]
    return Share.of(values, customers)


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
            own = templates_at(own_places(visit, templates), templates)
            shown_to = gallery.replaced({visit.person: own})
        named = decided(visit, shown_to)
        turns += max(0, len(named) - 1)
        is_own = enrolled and named[-1:] == [visit.person]
        is_other = any(name not in (None, visit.person) for name in named)
        found.append(Outcome(visit, enrolled, float(is_own), float(is_other)))
    strangers = false_accepts(found, 1)
    mistaken = [each.other == 1 for each in found if each.enrolled]
    CONSOLE.print(
        f"The product, {size:,} customers, threshold {gallery.thresholds[MODEL]:.3f}: false "
        f"accepts {strangers.text(2)}, recall {recall(found, 1).text()}, {sum(mistaken)} of "
        f"{len(mistaken)} customers' visits taken for another's, {turns} turns"
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
        panels = figure.subplots(1, 2)
        for measure, axes in zip((false_accepts, recall), panels, strict=True):
            for colour, (name, found) in zip(COLOURS, curves.items(), strict=False):
                figures = [measure(found, each) for each in CURVE]
                lows = [each.low for each in figures]
                highs = [each.high for each in figures]
                values = [each.value for each in figures]
                axes.plot(CURVE, values, color=colour, label=name)
                axes.fill_between(CURVE, lows, highs, color=colour, alpha=0.2, lw=0)
            axes.set_xlabel("least similarity")
            axes.grid(axis="y")
        panels[0].set_title("Strangers' visits taken for a customer's")
        panels[0].set_yscale("log")
        panels[0].set_ylim(1e-4, 1)
        panels[1].set_title("Customers' visits taken for theirs")
        panels[1].set_ylim(0, 1)
        panels[1].legend(frameon=False)


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
            strangers = np.sort([each.other for each in found if not each.enrolled])[
                ::-1
            ]
            threshold = float(strangers[int(rate * len(strangers))])
            row.append(f"{recall(found, threshold).text()} at {threshold:.3f}")
        table.add_row(*row)
    CONSOLE.print(table)


if __name__ == "__main__":
    main()
