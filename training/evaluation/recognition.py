"""From embeddings to figures: pairs told apart, matches at a rate of false matches, nearest neighbours.

A unit is what is left out together: a picture, or a whole video. Same-person pairs are of different units.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Numbers = NDArray[np.intp]

MOST_PAIRS: Final = 10
"""Same-person pairs of one person, so that a few with hundreds of pictures do not decide."""
FOLDS: Final = 10
SEED: Final = 6
BLOCK: Final = 512
BINS: Final = 65_536
"""Of similarities −1…1."""
NEVER: Final = -1.0
"""Similarity of a face that was missed to any other."""
FARS: Final = {"1e-2": 1e-2, "1e-3": 1e-3, "1e-4": 1e-4}
ENOUGH: Final = 10
"""False matches that a rate must rest on: below that many the true rate could be anything."""


@dataclass(frozen=True)
class Gallery:
    """n embedded pictures."""

    vectors: Floats
    """(n, d), length 1; any numbers where the face was missed."""
    found: NDArray[np.bool_]
    person: Numbers
    """(n,), numbers of people."""
    unit: Numbers
    """(n,), numbers of units."""

    def __getitem__(self, chosen: NDArray[np.bool_]) -> Gallery:
        return Gallery(
            self.vectors[chosen],
            self.found[chosen],
            self.person[chosen],
            self.unit[chosen],
        )

    def similarity(self, pairs: Numbers) -> NDArray[np.float32]:
        """Cosines of pairs (k, 2) of pictures → (k,)."""
        first, second = pairs.T
        cosines = np.einsum("ij,ij->i", self.vectors[first], self.vectors[second])
        return np.where(
            self.found[first] & self.found[second], cosines, np.float32(NEVER)
        )

    def rows(self) -> Iterator[tuple[Numbers, Floats]]:
        """Blocks of pictures, and their cosines with all pictures (b, n)."""
        for start in range(0, len(self.person), BLOCK):
            rows = np.arange(start, min(start + BLOCK, len(self.person)))
            cosines = self.vectors[rows] @ self.vectors.T
            cosines[~self.found[rows]] = NEVER
            cosines[:, ~self.found] = NEVER
            yield rows, cosines


@dataclass(frozen=True)
class Pairs:
    """As many pairs of one person as of two people, in folds that share nobody."""

    pictures: Numbers
    """(k, 2)."""
    same: NDArray[np.bool_]
    fold: Numbers


def draw_pairs(gallery: Gallery) -> Pairs:
    """At most MOST_PAIRS of each person; within each fold as many different-person pairs, drawn at random."""
    rng = np.random.default_rng(SEED)
    people = rng.permutation(np.unique(gallery.person))
    pictures = list[tuple[int, int]]()
    same = list[bool]()
    fold = list[int]()
    members = {int(p): np.flatnonzero(gallery.person == p) for p in people}
    for number, some in enumerate(
        np.array_split(people, max(1, min(FOLDS, len(people) // 2)))
    ):
        own = [
            pair for p in some for pair in _pairs_of(members[int(p)], gallery.unit, rng)
        ]
        other = [_strangers(some, members, rng) for _ in own] if len(some) > 1 else []
        pictures += own + other
        same += [True] * len(own) + [False] * len(other)
        fold += [number] * (len(own) + len(other))
    return Pairs(
        np.array(pictures, np.intp).reshape(-1, 2),
        np.array(same, np.bool_),
        np.array(fold, np.intp),
    )


def _pairs_of(
    pictures: Numbers, unit: Numbers, rng: np.random.Generator
) -> list[tuple[int, int]]:
    pairs = [
        (int(a), int(b)) for a, b in combinations(pictures, 2) if unit[a] != unit[b]
    ]
    if len(pairs) <= MOST_PAIRS:
        return pairs
    return [pairs[i] for i in sorted(rng.choice(len(pairs), MOST_PAIRS, replace=False))]


def _strangers(
    people: Numbers, members: dict[int, Numbers], rng: np.random.Generator
) -> tuple[int, int]:
    one, two = rng.choice(len(people), 2, replace=False)
    return int(rng.choice(members[int(people[one])])), int(
        rng.choice(members[int(people[two])])
    )


def told_right(pairs: Pairs, similarity: NDArray[np.floating]) -> NDArray[np.float64]:
    """1 for each pair told right at the threshold that is best on the other folds; NaN with one fold only."""
    right = np.full(len(pairs.same), np.nan)
    for fold in np.unique(pairs.fold):
        here = pairs.fold == fold
        if here.all():
            return right
        threshold = best_threshold(similarity[~here], pairs.same[~here])
        right[here] = (similarity[here] >= threshold) == pairs.same[here]
    return right


def best_threshold(similarity: NDArray[np.floating], same: NDArray[np.bool_]) -> float:
    """The similarity that tells most pairs right, midway between two of them; the lowest such."""
    order = np.argsort(similarity, kind="stable")
    values = similarity[order].astype(np.float64)
    is_same = same[order]
    right = np.concatenate([[0], np.cumsum(~is_same)]) + np.concatenate(
        [np.cumsum(is_same[::-1])[::-1], [0]]
    )
    edges = np.concatenate(
        [[values[0] - 1], (values[:-1] + values[1:]) / 2, [values[-1] + 1]]
    )
    distinct = np.concatenate([[True], values[1:] > values[:-1], [True]])
    return float(edges[distinct][right[distinct].argmax()])


@dataclass(frozen=True)
class Impostors:
    """How similar pictures of different people are, all of them with all others."""

    counts: NDArray[np.int64]
    """(BINS,) pairs by similarity."""

    @classmethod
    def of(cls, gallery: Gallery) -> Impostors:
        counts = np.zeros(BINS, np.int64)
        for rows, cosines in gallery.rows():
            later = np.arange(rows[0] + 1, len(gallery.person))  # each pair once
            wanted = (gallery.person[rows][:, None] != gallery.person[later]) & (
                rows[:, None] < later
            )
            bins = ((cosines[:, later][wanted] + 1) * np.float32(BINS / 2)).astype(
                np.int32
            )
            counts += np.bincount(np.clip(bins, 0, BINS - 1), minlength=BINS)
        return cls(counts)

    @cached_property
    def total(self) -> int:
        return int(self.counts.sum())

    def threshold(self, far: float) -> float:
        """The lowest similarity that at most a share `far` of the pairs reaches; NaN for too few pairs."""
        if self.total * far < ENOUGH:
            return np.nan
        reached = np.cumsum(self.counts[::-1])[::-1]
        return float(int((reached > far * self.total).sum()) * 2 / BINS - 1)


def nearest_is_same(gallery: Gallery) -> NDArray[np.float64]:
    """1 where the most similar picture of all other units shows the same person, 0 where not.

    NaN for people with one unit, who are nobody's match: they only distract. A missed face is never right.
    """
    right = np.full(len(gallery.person), np.nan)
    units = {
        int(p): len(np.unique(gallery.unit[gallery.person == p]))
        for p in np.unique(gallery.person)
    }
    asked = np.array([units[int(p)] > 1 for p in gallery.person], np.bool_)
    for rows, cosines in gallery.rows():
        cosines[gallery.unit[rows][:, None] == gallery.unit] = -np.inf
        cosines[:, ~gallery.found] = -np.inf
        nearest = cosines.argmax(axis=1)
        correct = (
            (gallery.person[nearest] == gallery.person[rows])
            & gallery.found[rows]
            & gallery.found[nearest]
        )
        right[rows] = np.where(asked[rows], correct, np.nan)
    return right


def false_matches(
    gallery: Gallery, threshold: float
) -> tuple[Numbers, NDArray[np.float32]]:
    """Pairs (k, 2) of pictures of different people from this similarity on, each once, and how similar."""
    pairs = [np.zeros((0, 2), np.intp)]
    values = [np.zeros(0, np.float32)]
    for rows, cosines in gallery.rows():
        above, column = np.nonzero(cosines >= threshold)
        row = rows[above]
        kept = (column > row) & (gallery.person[row] != gallery.person[column])
        pairs.append(np.stack([row[kept], column[kept]], axis=1))
        values.append(cosines[above[kept], column[kept]])
    return np.concatenate(pairs), np.concatenate(values)


def pairs_by_class(classes: Numbers, person: Numbers, count: int) -> NDArray[np.int64]:
    """(count,): pairs of different people whose higher class is that one; class −1 is in no pair."""
    people, whose = np.unique(person, return_inverse=True)
    table = np.zeros((len(people), count), np.int64)
    known = classes >= 0
    np.add.at(table, (whose[known], classes[known]), 1)
    upto = np.cumsum(table, axis=1)
    everybody = upto.sum(axis=0)
    pairs = everybody * (everybody - 1) // 2 - (upto * (upto - 1) // 2).sum(axis=0)
    return np.asarray(np.diff(pairs, prepend=0))
