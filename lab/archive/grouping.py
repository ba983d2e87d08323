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
Link = tuple[float, int, int]
"""Minus the strength, and two faces: the strongest come first in a heap."""

# Log-odds that two faces are one person's, for as many pairs of one as of two people, with
# embedding_112, the network before today's: BIAS + COSINE·c + QUALITY·q + BOTH·c·q, with q of the
# poorer view. Fitted on the people of LFW who choose checkpoints, half of their pictures made
# worse: python -m benchmarks.archive calibrate
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
# Of each face: what is linked is compared. It bounds memory. Chosen, not measured.
NEIGHBOURS: Final = 64
# Faces of a group that stand for it, evenly spread, where it has more. Chosen, not measured.
SAMPLE: Final = 24
# Two faces of one photo are two people. Once in so many photos that is wrong: a mirror, a picture
# on a wall, or a stranger who is in the group by mistake. Chosen, not measured.
TOGETHER_SHARE: Final = 0.05
# Two groups whose mean has fallen to no less, since it was compared, are joined all the same: in
# the exact order, a group of thousands would take hours. Chosen, not measured.
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
    growing = _Growing(faces, fixed or [None] * len(faces))
    growing.grow(linked(faces))
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


def linked(faces: Faces) -> list[Link]:
    """Return the links of each face to those most like it."""
    count = len(faces)
    links: set[Link] = set()
    for start in range(0, count, CHUNK):
        rows = np.arange(start, min(start + CHUNK, count))
        odds = _odds(faces, rows, np.arange(count))
        odds[np.arange(len(rows)), rows] = -np.inf
        most = min(NEIGHBOURS, count)
        nearest = np.argpartition(-odds, most - 1, axis=1)[:, :most]
        for row, others in zip(rows.tolist(), nearest, strict=True):
            of_row = odds[row - start, others]
            strong = of_row >= HALF_STRONG + FAINTEST
            weights = strength(of_row[strong]).tolist()
            for other, weight in zip(others[strong].tolist(), weights, strict=True):
                links.add((-weight, min(row, other), max(row, other)))
    return sorted(links)


def _odds(faces: Faces, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Floats:
    cosines = faces.vectors[rows] @ faces.vectors[columns].T
    poorer = np.minimum.outer(faces.qualities[rows], faces.qualities[columns])
    return log_odds(cosines, poorer)


class _Growing:
    """Hold the groups while they grow together."""

    def __init__(self, faces: Faces, fixed: Sequence[int | None]) -> None:
        count = len(faces)
        self._faces = faces
        self._root = list(range(count))
        """Of each face: another one of its group, until one that is its own root."""
        self._members: list[list[int]] = [[face] for face in range(count)]
        self._photos: list[set[int]] = [{photo} for photo in faces.photos]
        self._fixed = list(fixed)
        self._compared: dict[tuple[int, int], tuple[int, float]] = {}
        """Faces in both groups together when they were compared, and the mean then."""
        self._join_fixed()

    def _join_fixed(self) -> None:
        first: dict[int, int] = {}
        for face, person in enumerate(self._fixed):
            if person is None:
                continue
            if person in first:
                self._join(self._group_of(first[person]), face)
            else:
                first[person] = face

    def grow(self, links: list[Link]) -> None:
        """Join groups, the strongest link first, while their mean strength is enough."""
        # A sorted list is a heap.
        while links:
            claimed, face, neighbour = heapq.heappop(links)
            one = self._group_of(face)
            other = self._group_of(neighbour)
            if one == other or not self._may_join(one, other):
                continue
            mean = self._mean(one, other, -claimed)
            if mean is None or mean < ENOUGH:
                continue
            if mean < -NEARLY * claimed:
                # Weaker than the link: its turn comes later.
                heapq.heappush(links, (-mean, face, neighbour))
            else:
                self._join(one, other)

    def labels(self) -> Labels:
        """Return the label of each face, in the order in which groups have their first one."""
        labels = np.full(len(self._root), -1, np.int64)
        groups = [sorted(members) for members in self._members if members]
        for number, members in enumerate(sorted(groups)):
            labels[members] = number
        return labels

    def _group_of(self, face: int) -> int:
        root = self._root
        while root[face] != face:
            root[face] = root[root[face]]
            face = root[face]
        return face

    def _mean(self, one: int, other: int, claimed: float) -> float | None:
        """Return the mean strength of all links that could be between two groups.

        None where the same groups were compared for another link, which has come or waits.
        """
        pair = (min(one, other), max(one, other))
        size = len(self._members[one]) + len(self._members[other])
        if size == 2:
            return claimed
        before = self._compared.get(pair)
        if before is not None and before[0] == size:
            return claimed if claimed == before[1] else None
        odds = _odds(self._faces, self._sample(one), self._sample(other))
        mean = float(strength(odds).mean(dtype=np.float64))
        self._compared[pair] = (size, mean)
        return mean

    def _sample(self, group: int) -> NDArray[np.int64]:
        members = self._members[group]
        step = -(-len(members) // SAMPLE)
        return np.array(members[::step])

    def _may_join(self, one: int, other: int) -> bool:
        if self._fixed[one] is not None and self._fixed[other] is not None:
            return False
        together = len(self._photos[one] & self._photos[other])
        fewer = min(len(self._photos[one]), len(self._photos[other]))
        return together <= TOGETHER_SHARE * fewer

    def _join(self, one: int, other: int) -> None:
        """Put the smaller group into the larger one."""
        if len(self._members[one]) < len(self._members[other]):
            one, other = other, one
        self._root[other] = one
        self._members[one] += self._members[other]
        self._members[other] = []
        self._photos[one] |= self._photos[other]
        self._photos[other] = set()
        if self._fixed[one] is None:
            self._fixed[one] = self._fixed[other]
