"""Principal components of shapes and textures, and how people differ in them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
People = NDArray[np.intp]
"""(n,): the number of the person, 0 to count − 1, of each of n samples."""


@dataclass(frozen=True)
class Pca:
    """Hold the principal components of samples."""

    mean: Floats
    """(d,)."""
    components: Floats
    """(k, d), each scaled by its standard deviation, so that `weights` have unit variance."""
    weights: Floats
    """(n, k) of the samples."""


def pca(samples: Floats, count: int) -> Pca:
    """Return the first principal components of (n, d) samples, by the Gram matrix in float64."""
    mean = samples.mean(axis=0)
    off = samples - mean
    centred = off.astype(np.float64)
    # Far smaller than the (d, d) covariance of textures, with the same values other than 0.
    gram = centred @ centred.T
    values, vectors = np.linalg.eigh(gram)
    # `eigh` gives the smallest first.
    largest_first = values[::-1]
    largest = largest_first[:count]
    left = np.fliplr(vectors)[:, :count]
    scale = np.sqrt(largest)
    projected = left.T @ centred
    right = projected / scale[:, None]
    # An eigenvector's sign is free; fixed, so that the file is the same on every machine.
    sums = right.sum(axis=1)
    sign = np.sign(sums)
    root = np.sqrt(len(samples))
    deviation = sign * scale / root
    components = right * deviation[:, None]
    weights = left * sign * root
    return Pca(
        mean,
        components.astype(np.float32),
        weights.astype(np.float32),
    )


def covariance_factors(weights: Floats, people: People) -> tuple[Floats, Floats]:
    """Return factors F of the covariances between and within people.

    F @ noise (k,) has that covariance.
    """
    means: list[Floats] = []
    rest: list[Floats] = []
    freedom = 0
    for person in range(_count(people)):
        is_own = people == person
        members = weights[is_own]
        mean = members.mean(axis=0)
        means.append(mean)
        # The mean of each person takes one degree of freedom.
        freedom += len(members) - 1
        if len(members) > 1:
            off = members - mean
            rest.append(off)
    person_means = np.stack(means)
    between = np.cov(person_means.T)
    deviations = np.concatenate(rest)
    products = deviations.T @ deviations
    within = products / freedom
    return _factor(between), _factor(within)


def _factor(covariance: NDArray[np.floating]) -> Floats:
    values, vectors = np.linalg.eigh(covariance)
    # Rounding leaves some values just below 0.
    variances = np.maximum(values, 0)
    factor = vectors * np.sqrt(variances)
    return np.asarray(factor, np.float32)


def expression_directions(
    samples: Floats,
    shapes: Floats,
    people: People,
) -> Floats:
    """Return what a smile and an open mouth change in samples (n, d), (2, d).

    For two deviations of the measure. A regression on mouth width and inner lip opening within
    people, so that no one's own mouth shows.
    """
    width = _distances(shapes, 48, 54)
    opening = _distances(shapes, 62, 66)
    measured = np.stack([width, opening], axis=1)
    mouths = _within(measured, people)
    changes = _within(samples, people)
    slopes, *_ = np.linalg.lstsq(
        mouths,
        changes,
        rcond=None,
    )
    deviations = mouths.std(axis=0)
    # Two was chosen, not measured.
    steps = 2 * deviations[:, None]
    directions = slopes * steps
    return np.asarray(directions, np.float32)


def _distances(
    shapes: Floats,
    one: int,
    other: int,
) -> Floats:
    """Return how far two points of each shape (n, 68, 2) are from each other, (n,)."""
    apart = shapes[:, other] - shapes[:, one]
    distances = np.linalg.norm(apart, axis=1)
    return np.asarray(distances)


def _within(values: Floats, people: People) -> Floats:
    """Return the values less the mean of their person."""
    means: list[Floats] = []
    for person in range(_count(people)):
        own = values[people == person]
        mean = own.mean(axis=0)
        means.append(mean)
    person_means = np.stack(means)
    of_each = person_means[people]
    return np.asarray(values - of_each, np.float32)


def _count(people: People) -> int:
    """Return how many people there are: they are numbered from 0."""
    return int(people.max()) + 1


def quantised(components: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Return rows as int8 with one scale a row: components ≈ int8 × scale."""
    sizes = np.abs(components)
    largest = sizes.max(axis=1, keepdims=True)
    # 127 is the largest int8 whose negative fits too.
    scale = largest / 127
    rounded = np.rint(components / scale)
    return rounded.astype(np.int8), scale.astype(np.float32)
