"""Figures of an embedding from the similarities of pairs of pictures."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.floating]


def pair_scores(vectors: Scores, people: Sequence[str]) -> tuple[Scores, Scores]:
    """Return the cosines of all pairs of pictures (n, d): of one person, and of two people."""
    names = np.asarray(people)
    _, owners = np.unique(names, return_inverse=True)
    is_same = owners[:, None] == owners[None]
    cosines = vectors @ vectors.T
    # The upper triangle: each pair once, and no picture with itself.
    pairs = np.triu_indices(len(owners), 1)
    same = is_same[pairs]
    of_pairs = cosines[pairs]
    of_one = of_pairs[same]
    of_two = of_pairs[~same]
    return of_one, of_two


def threshold_at(different: Scores, far: float) -> float:
    """Return the lowest cosine that at most a share `far` of pairs of two people reach."""
    highest_first = np.sort(different)[::-1]
    passing = int(far * len(highest_first))
    first_refused = highest_first[passing]
    # Just above it, so that equal cosines are refused with it.
    threshold = np.nextafter(first_refused, np.inf)
    return float(threshold)


def tar_at(
    same: Scores,
    different: Scores,
    far: float,
) -> float:
    """Return the share of pairs of one person that pass at `threshold_at(different, far)`."""
    threshold = threshold_at(different, far)
    passed = same >= threshold
    return float(passed.mean())


def best_accuracy(same: Scores, different: Scores) -> float:
    """Return the share of right answers at the best threshold.

    Pairs of one and of two people weigh alike, however many there are of each.
    """
    same = np.sort(same)
    different = np.sort(different)
    thresholds = np.concatenate([same, different])
    same_below = np.searchsorted(same, thresholds)
    different_below = np.searchsorted(different, thresholds)
    missed = same_below / len(same)
    passed = 1 - missed
    refused = different_below / len(different)
    accuracy = (passed + refused) / 2
    return float(accuracy.max())
