"""The usual ways to group faces, to compare ours with; each by the cosine alone.

Their thresholds were chosen on the same people by the same rule as ours
(python -m benchmarks.archive calibrate).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from vitrine.lab.archive.grouping import Faces, Labels, group

Method = Literal["links", "hac", "dbscan", "whispers"]
THRESHOLDS: Final[dict[Method, float]] = {
    "hac": 0.30,
    "dbscan": 0.46,
    "whispers": 0.48,
}
"""Least cosine: of the mean of all pairs, of neighbours, of links."""
CORE: Final = 3
"""Faces that are near each other where a group of DBSCAN is dense."""
ROUNDS: Final = 20


def method_of(name: Method) -> Callable[[Faces], Labels]:
    """Return a way to group faces by its name."""
    if name == "links":
        return group
    return lambda faces: WAYS[name](faces, THRESHOLDS[name])


def hac(faces: Faces, least: float) -> Labels:
    """Join the two groups with the greatest mean cosine, while it is `least` or more."""
    if len(faces) < 2:
        return np.zeros(len(faces), np.int64)
    distances = _distances(faces)
    tree = linkage(squareform(distances, checks=False), "average")
    return np.asarray(fcluster(tree, 1 - least, "distance") - 1, np.int64)


def dbscan(faces: Faces, least: float) -> Labels:
    """Group what is dense (Ester et al. 1996); what is not stays alone."""
    from sklearn.cluster import DBSCAN  # noqa: PLC0415 - a second to import

    if not len(faces):
        return np.zeros(0, np.int64)
    found = DBSCAN(eps=1 - least, min_samples=CORE, metric="precomputed")
    labels = np.asarray(found.fit_predict(_distances(faces)), np.int64)
    alone = np.flatnonzero(labels < 0)
    labels[alone] = labels.max() + 1 + np.arange(len(alone))
    return labels


def whispers(faces: Faces, least: float) -> Labels:
    """Let each face take the label that its neighbours weigh most (Biemann 2006)."""
    cosines = faces.vectors @ faces.vectors.T
    np.fill_diagonal(cosines, 0)
    cosines[cosines < least] = 0
    labels = np.arange(len(faces))
    rng = np.random.default_rng(0)
    for _ in range(ROUNDS):
        for face in rng.permutation(len(faces)):
            neighbours = np.flatnonzero(cosines[face])
            if len(neighbours):
                weights = np.bincount(labels[neighbours], cosines[face][neighbours])
                labels[face] = weights.argmax()
    return labels


WAYS: Final[dict[Method, Callable[[Faces, float], Labels]]] = {
    "hac": hac,
    "dbscan": dbscan,
    "whispers": whispers,
}
METHODS: Final[tuple[Method, ...]] = ("links", *WAYS)


def pairwise(
    labels: NDArray[np.int64], people: NDArray[np.int64]
) -> tuple[float, float, float]:
    """Return F, precision and recall over all pairs of faces."""
    together = _pairs(labels)
    truly = _pairs(people)
    both = _pairs(labels * (people.max() + 1) + people)
    precision = both / max(together, 1)
    recall = both / max(truly, 1)
    return 2 * precision * recall / max(precision + recall, 1e-9), precision, recall


def _pairs(labels: NDArray[np.int64]) -> int:
    _, sizes = np.unique(labels, return_counts=True)
    return int((sizes * (sizes - 1) // 2).sum())


def _distances(faces: Faces) -> NDArray[np.float64]:
    cosines = (faces.vectors @ faces.vectors.T).astype(np.float64)
    distances = np.clip(1 - cosines, 0, 2)
    np.fill_diagonal(distances, 0)
    return (distances + distances.T) / 2
