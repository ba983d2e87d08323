"""The protocol of the open-set figures: visits, drawn galleries, and what comes of them.

The commands are `benchmarks.open_set` and those beside it, whose texts describe it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.visits import YOUTUBE, Templates, Visit
from training.datasets.splits import part_of
from training.evaluation.intervals import interval_of_mean
from vitrine.customers.calibration import Calibration
from vitrine.customers.evidence import Evidence
from vitrine.recognition import RecognitionSettings

# Chosen, not measured: the intervals are of people, and more draws do not narrow them.
DRAWS: Final = 20
# Chosen, not measured: pictures that an enrolment takes.
EACH: Final = 3
DECADES: Final = (1, 2, 3, 4, 5, 6)
"""Rows of the calibration: 0.1 to 1e-6 of the comparisons."""

Numbers = NDArray[np.float64]
Rule = Callable[[Visit, NDArray[np.float32]], Numbers]
RULES: Final = RecognitionSettings().rules()
# Its name alone: the vectors are those of the file.
MODEL: Final = "embedding_112_v2"


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
