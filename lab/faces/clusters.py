"""Groups of shapes: k-means, the elbow, and how far groups are people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from vitrine.lab.faces.face_videos import Floats
from vitrine.lab.faces.shapes import Shapes, Words, describe

# As in the study.
GROUPS: Final = 6
MOST_GROUPS: Final = 12
SEED: Final = 0
STARTS: Final = 3


@dataclass(frozen=True, slots=True)
class Group:
    """Hold one group of shapes."""

    mean: Floats
    """(68, 2)."""
    share: float
    people: int
    words: Words


@dataclass(frozen=True, slots=True)
class Clusters:
    """Hold what clustering finds."""

    elbow: list[tuple[int, float]]
    """Number of groups, and the mean squared distance of a shape from its group's mean."""
    groups: list[Group]
    """The largest first."""
    purity: float
    """With as many groups as people: the share of frames whose group is mostly their person's."""
    chance: float
    """The purity when the same groups are filled at random."""
    video_purity: float
    """The share of frames that belong to the commonest video of their group."""
    people: int


def cluster(shapes: Shapes, advance: Callable[[], None]) -> Clusters:
    """Group shapes. `advance` is called MOST_GROUPS + 2 times, after each step."""
    points = shapes.flat.reshape(len(shapes), -1)
    elbow = []
    labels = np.zeros(len(shapes), np.intp)
    means = np.zeros((0, points.shape[1]))
    for number in range(1, min(MOST_GROUPS, len(shapes)) + 1):
        found = _k_means(points, number)
        elbow.append((number, float(found.inertia_) / len(shapes)))
        if number <= GROUPS:
            labels = found.labels_
            means = found.cluster_centers_
        advance()
    groups = _groups(shapes, labels, means)
    advance()
    people = len(shapes.people)
    by_person = _k_means(points, people).labels_
    shuffled = np.random.default_rng(SEED).permutation(by_person)
    advance()
    return Clusters(
        elbow=elbow,
        groups=groups,
        purity=purity(by_person, shapes.person),
        chance=purity(shuffled, shapes.person),
        video_purity=purity(by_person, shapes.video),
        people=people,
    )


def _k_means(points: Floats, number: int) -> KMeans:
    return KMeans(number, n_init=STARTS, random_state=SEED).fit(points)


def _groups(shapes: Shapes, labels: NDArray[np.intp], means: Floats) -> list[Group]:
    usual = shapes.flat.mean(axis=0)
    groups = []
    for number, mean in enumerate(means):
        inside = labels == number
        shape = mean.reshape(-1, 2)
        group = Group(
            mean=shape,
            share=float(inside.mean()),
            people=len(set(shapes.person[inside].tolist())),
            words=describe(shape, usual),
        )
        groups.append(group)
    return sorted(groups, key=lambda group: -group.share)


def purity(labels: NDArray[np.intp], names: NDArray[np.str_]) -> float:
    """Return the share of frames (n,) that have the commonest name of their group."""
    right = 0
    for label in np.unique(labels):
        _, counts = np.unique(names[labels == label], return_counts=True)
        right += int(counts.max())
    return right / len(labels)
