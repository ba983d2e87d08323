"""Pairs of pictures, told apart by a threshold.

Same-person pairs are of different units: see `training.evaluation.gallery`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.evaluation.arrays import Doubles, Floats, Mask, Numbers
from training.evaluation.gallery import Gallery

# Chosen, not measured: the few people with hundreds of pictures must not decide.
MOST_PAIRS: Final = 10
"""Same-person pairs of one person."""
# As in the protocol of LFW (Huang et al. 2007).
FOLDS: Final = 10
SEED: Final = 6

Pair = tuple[int, int]
Members = dict[int, Numbers]
"""The pictures of each person."""


@dataclass(frozen=True)
class Pairs:
    """Hold as many pairs of one person as of two people, in folds that share nobody."""

    pictures: Numbers
    """(k, 2)."""
    same: Mask
    fold: Numbers


@dataclass
class _Drawn:
    """Collect pairs."""

    pictures: list[Pair] = field(default_factory=list)
    same: list[bool] = field(default_factory=list)
    fold: list[int] = field(default_factory=list)

    def add(
        self,
        pairs: list[Pair],
        fold: int,
        *,
        same: bool,
    ) -> None:
        count = len(pairs)
        self.pictures += pairs
        self.same += [same] * count
        self.fold += [fold] * count

    def pairs(self) -> Pairs:
        pictures = np.array(self.pictures, np.intp)
        same = np.array(self.same, np.bool_)
        fold = np.array(self.fold, np.intp)
        # Of two columns also where no pair was drawn.
        return Pairs(
            pictures.reshape(-1, 2),
            same,
            fold,
        )


def draw_pairs(gallery: Gallery) -> Pairs:
    """Draw at most MOST_PAIRS of each person, and within each fold as many of different people."""
    rng = np.random.default_rng(SEED)
    people = rng.permutation(np.unique(gallery.person))
    members: Members = {}
    for person in people.tolist():
        is_own = gallery.person == person
        members[person] = np.flatnonzero(is_own)
    drawn = _Drawn()
    for number, some in enumerate(_folds(people)):
        own: list[Pair] = []
        for person in some.tolist():
            pictures = members[person]
            own += _pairs_of(pictures, gallery.unit, rng)
        drawn.add(own, number, same=True)
        if len(some) > 1:
            others = [_strangers(some, members, rng) for _ in own]
            drawn.add(others, number, same=False)
    return drawn.pairs()


def _folds(people: Numbers) -> list[Numbers]:
    # A pair of different people takes two people in a fold.
    possible = len(people) // 2
    count = max(1, min(FOLDS, possible))
    return np.array_split(people, count)


def _pairs_of(
    pictures: Numbers,
    unit: Numbers,
    rng: np.random.Generator,
) -> list[Pair]:
    """Return pairs of pictures of one person, of different units."""
    pairs = []
    for one, other in combinations(pictures.tolist(), 2):
        if unit[one] != unit[other]:
            pairs.append((one, other))
    if len(pairs) <= MOST_PAIRS:
        return pairs
    chosen = rng.choice(len(pairs), MOST_PAIRS, replace=False)
    return [pairs[index] for index in sorted(chosen)]


def _strangers(
    people: Numbers,
    members: Members,
    rng: np.random.Generator,
) -> Pair:
    """Return a picture of one of these people and a picture of another."""
    places = rng.choice(len(people), 2, replace=False)
    one, other = people[places].tolist()
    first = rng.choice(members[one])
    second = rng.choice(members[other])
    return int(first), int(second)


def told_right(pairs: Pairs, similarity: Floats) -> Doubles:
    """Return 1 for each pair told right at the threshold that is best on the other folds, else 0.

    NaN where there is one fold only.
    """
    right = np.full(len(pairs.same), np.nan)
    for fold in np.unique(pairs.fold):
        here = pairs.fold == fold
        others = ~here
        if not others.any():
            return right
        other_similarity = similarity[others]
        threshold = best_threshold(other_similarity, pairs.same[others])
        said_same = similarity[here] >= threshold
        right[here] = said_same == pairs.same[here]
    return right


def best_threshold(similarity: Floats, same: Mask) -> float:
    """Return the similarity that tells most pairs right, midway between two; the lowest such."""
    order = np.argsort(similarity, kind="stable")
    values = similarity[order].astype(np.float64)
    is_same = same[order]
    # Between each two pairs, and at both ends: the different below, the same from there on.
    different_below = _counts_below(~is_same)
    same_below = _counts_below(is_same)
    same_above = is_same.sum() - same_below
    right = different_below + same_above
    lower = values[:-1]
    higher = values[1:]
    # 1 beyond both ends: any amount would do.
    middles = (lower + higher) / 2
    edges = np.hstack([values[0] - 1, middles, values[-1] + 1])
    # No threshold separates two equal similarities.
    distinct = np.hstack([True, higher > lower, True])
    best = right[distinct].argmax()
    threshold = edges[distinct][best]
    return float(threshold)


def _counts_below(chosen: Mask) -> Numbers:
    """Return how many are chosen before each of n places and before the end, (n + 1,)."""
    counts = np.cumsum(chosen)
    return np.hstack([0, counts])


def pairs_by_class(
    classes: Numbers,
    person: Numbers,
    count: int,
) -> NDArray[np.int64]:
    """Count the pairs of different people by the higher class of their two pictures, (count,).

    Class −1 is in no pair.
    """
    people, whose = np.unique(person, return_inverse=True)
    known = classes >= 0
    rows = whose[known]
    columns = classes[known]
    table = np.zeros((len(people), count), np.int64)
    # `table[rows, columns] += 1` would count a person's class once.
    np.add.at(table, (rows, columns), 1)
    # Pictures of each person in this class or a lower one.
    upto = np.cumsum(table, axis=1)
    of_one_person = _pairs_among(upto).sum(axis=0)
    all_upto = upto.sum(axis=0)
    different = _pairs_among(all_upto) - of_one_person
    # Less those of the lower classes, which are the pairs of the class before.
    of_class = np.diff(different, prepend=0)
    return np.asarray(of_class)


def _pairs_among(count: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of pairs that so many things make."""
    return count * (count - 1) // 2
