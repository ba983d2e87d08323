"""Group faces by person without knowing how many people there are.

Faces are linked to those most like them. Each link has a strength between 0 and 1, calibrated on
pairs of known people by their cosine and the quality of the poorer view. Groups grow together, the
strongest first, while the mean strength of all links that could be between two of them is enough:
a single strange pair joins no two large groups, and the parts of one person, of which many pairs
are unlike, still find each other.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]
Links = list[dict[int, float]]

# Log-odds that two faces of embedding_112 are one person's, for as many pairs of one as of two
# people: BIAS + COSINE·c + QUALITY·q + BOTH·c·q, with q of the poorer view. Fitted on the people of
# LFW who choose checkpoints, half of their pictures made worse:
# python -m benchmarks.archive calibrate
COSINE: Final = 21.77
QUALITY: Final = -8.20
BOTH: Final = 12.54
BIAS: Final = -2.53
# In an archive pairs of two people are thousands of times as many. Log-odds at which a link has
# half its strength, and mean strength from which two groups are one person. Of a grid on people
# of LFW and YouTube Faces who choose checkpoints, by the same command: the most precise of those
# within 0.01 of the best F, as precision falls with the size of an archive.
HALF_STRONG: Final = 4.0
ENOUGH: Final = 0.12
# Weaker links count as none: some 1 % of the strength.
FAINTEST: Final = -4.5
# Of each face. Groups up to this size are compared as if all links were there; it bounds memory.
NEIGHBOURS: Final = 64
# Two faces of one photo are two people. Once in so many photos that is wrong: a mirror, a picture
# on a wall, or a stranger who is in the group by mistake. Chosen, not measured.
TOGETHER_SHARE: Final = 0.05
# A pair whose mean has fallen to no less since it was proposed is joined all the same: in the exact
# order, a group of thousands would take hours. Chosen, not measured.
NEARLY: Final = 0.9
# Faces compared with all others at once: 1,000 × 100,000 cosines take 400 MB.
CHUNK: Final = 1_000


@dataclass(frozen=True, eq=False)
class Faces:
    """Hold what grouping looks at, of n faces."""

    vectors: Floats
    """(n, d), of length 1."""
    qualities: Floats
    """(n,), 0…1."""
    photos: Sequence[int]
    """(n,): faces of the same number are in the same photo."""

    def __len__(self) -> int:
        return len(self.photos)


def group(faces: Faces, fixed: Sequence[int | None] = ()) -> Labels:
    """Return a label for each face, the same one for one person; labels count from 0.

    `fixed` gives some faces a person whom the user has looked at: these stay together, and two of
    them are never joined.
    """
    if not len(faces):
        return np.zeros(0, np.int64)
    links = linked(faces)
    growing = _Growing(links, faces.photos, fixed or [None] * len(faces))
    growing.grow()
    return growing.labels()


def log_odds(cosines: Floats, poorer: Floats) -> Floats:
    """Return the log-odds that pairs are of one person, by cosine and the poorer quality."""
    return np.asarray(
        BIAS + COSINE * cosines + QUALITY * poorer + BOTH * cosines * poorer,
        np.float32,
    )


def strength(odds: Floats) -> Floats:
    """Return the strength of links, 0…1."""
    return np.asarray(1 / (1 + np.exp(HALF_STRONG - odds)), np.float32)


def linked(faces: Faces) -> Links:
    """Return the links of each face: the other face and the strength, in both directions."""
    count = len(faces)
    links: Links = [{} for _ in range(count)]
    for start in range(0, count, CHUNK):
        rows = np.arange(start, min(start + CHUNK, count))
        cosines = faces.vectors[rows] @ faces.vectors.T
        poorer = np.minimum.outer(faces.qualities[rows], faces.qualities)
        odds = log_odds(cosines, poorer)
        odds[np.arange(len(rows)), rows] = -np.inf
        _link_nearest(links, rows, odds)
    return links


def _link_nearest(links: Links, rows: NDArray[np.int64], odds: Floats) -> None:
    most = min(NEIGHBOURS, odds.shape[1])
    nearest = np.argpartition(-odds, most - 1, axis=1)[:, :most]
    for row, others in zip(rows.tolist(), nearest, strict=True):
        of_row = odds[row - rows[0], others]
        strong = of_row >= HALF_STRONG + FAINTEST
        weights = strength(of_row[strong]).tolist()
        for other, weight in zip(others[strong].tolist(), weights, strict=True):
            links[row][other] = weight
            links[other][row] = weight


class _Growing:
    """Hold the groups while they grow together."""

    def __init__(
        self,
        links: Links,
        photos: Sequence[int],
        fixed: Sequence[int | None],
    ) -> None:
        count = len(links)
        self._sums = links
        """Of each group: the sum of the strengths to each group that it is linked with."""
        self._members: list[list[int]] = [[face] for face in range(count)]
        self._photos: list[set[int]] = [{photo} for photo in photos]
        self._fixed = list(fixed)
        self._heap: list[tuple[float, int, int]] = []
        self._join_fixed()

    def _join_fixed(self) -> None:
        first: dict[int, int] = {}
        for face, person in enumerate(self._fixed):
            if person is None:
                continue
            if person in first:
                self._join(first[person], face)
            else:
                first[person] = face

    def grow(self) -> None:
        """Join groups, the strongest pair first, while any is strong enough."""
        for one, sums in enumerate(self._sums):
            for other in sums:
                if one < other:
                    self._propose(one, other)
        while self._heap:
            negative, one, other = heapq.heappop(self._heap)
            mean = self._mean(one, other)
            if mean < -NEARLY * negative:
                # One of them has grown: its turn comes later, or it is part of another now.
                self._propose(one, other)
            elif self._may_join(one, other):
                self._join(one, other)

    def labels(self) -> Labels:
        """Return the label of each face, in the order in which groups have their first one."""
        labels = np.full(len(self._sums), -1, np.int64)
        groups = [sorted(members) for members in self._members if members]
        for number, members in enumerate(sorted(groups)):
            labels[members] = number
        return labels

    def _propose(self, one: int, other: int) -> None:
        mean = self._mean(one, other)
        if mean >= ENOUGH:
            heapq.heappush(self._heap, (-mean, one, other))

    def _mean(self, one: int, other: int) -> float:
        """Return the mean strength of the links that can be between two groups, 0 without any."""
        total = self._sums[one].get(other, 0.0)
        if not total:
            return 0.0
        smaller, larger = sorted((len(self._members[one]), len(self._members[other])))
        possible = smaller * min(larger, NEIGHBOURS)
        return total / possible

    def _may_join(self, one: int, other: int) -> bool:
        if self._fixed[one] is not None and self._fixed[other] is not None:
            return False
        together = len(self._photos[one] & self._photos[other])
        fewer = min(len(self._photos[one]), len(self._photos[other]))
        return together <= TOGETHER_SHARE * fewer

    def _join(self, one: int, other: int) -> None:
        """Put the group with fewer links into the one with more.

        Only pairs whose sum has grown are proposed anew: the means of others can only have fallen,
        and that is seen when their turn comes. So a group of thousands costs no more a step.
        """
        if len(self._sums[one]) < len(self._sums[other]):
            one, other = other, one
        of_one = self._sums[one]
        of_one.pop(other, None)
        gained = []
        for neighbour, total in self._sums[other].items():
            if neighbour == one:
                continue
            gained.append(neighbour)
            theirs = self._sums[neighbour]
            theirs.pop(other)
            joined = of_one.get(neighbour, 0.0) + total
            of_one[neighbour] = joined
            theirs[one] = joined
        self._sums[other] = {}
        self._members[one] += self._members[other]
        self._members[other] = []
        self._photos[one] |= self._photos[other]
        self._photos[other] = set()
        if self._fixed[one] is None:
            self._fixed[one] = self._fixed[other]
        for neighbour in gained:
            self._propose(min(one, neighbour), max(one, neighbour))
